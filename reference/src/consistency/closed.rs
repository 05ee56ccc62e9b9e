//! Which operations prove something of a whole history by themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::effect::{self, Seen};
use crate::history::{History, Kind, State};

/// `kept` with what must not be left out, from the records of `universe`: every write that a read
/// kept could have seen, and between two operations of a session an indeterminate write, which parts it.
pub(crate) fn closed(history: &History, universe: &[usize], mut kept: BTreeSet<usize>) -> BTreeSet<usize> {
    loop {
        let before = kept.len();
        let mut seen: BTreeMap<u32, Vec<Seen>> = BTreeMap::new();
        let mut spans: BTreeMap<u16, (usize, usize)> = BTreeMap::new();
        for &i in &kept {
            let record = &history.records()[i];
            let states = seen.entry(record.register).or_default();
            let state = might_have_seen(history, i);
            if state != Seen::Nothing && !states.contains(&state) {
                states.push(state);
            }
            spans.entry(record.session).or_insert((i, i)).1 = i;
        }
        for &i in universe {
            let record = &history.records()[i];
            let parts = record.is_indeterminate_write()
                && spans.get(&record.session).is_some_and(|&(first, last)| first < i && i < last);
            let written = effect::written(history, record);
            let is_seen = |state: State| {
                seen.get(&record.register).is_some_and(|states| states.iter().any(|seen| seen.matches(state)))
            };
            if parts || written.is_some_and(is_seen) {
                kept.insert(i);
            }
        }
        if kept.len() == before {
            return kept;
        }
    }
}

/// What an operation saw, or for an indeterminate swap, what it saw if it took effect.
fn might_have_seen(history: &History, index: usize) -> Seen {
    let record = &history.records()[index];
    if record.kind == Kind::CompareAndSwap && record.is_indeterminate_write() {
        return Seen::State(history.swaps()[record.operand.swap_index()].expected);
    }
    effect::seen(history, record)
}
