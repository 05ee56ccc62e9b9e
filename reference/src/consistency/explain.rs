//! Explanations: the smallest sub-history that still breaks a level.
//!
//! A sub-history may leave out reads, and writes that no read kept could have seen; what is broken
//! in it is then broken in the whole too. Leaving out the only write that a read could have seen
//! would make a proof of something else. From the checker's witness, closed in this sense,
//! operations are left out one by one as long as the level stays broken: the result is minimal, in
//! that no single operation can be left out of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::consistency::ladder::Checker;
use crate::consistency::{Finding, Level, Witness};
use crate::history::effect::{self, Seen};
use crate::history::sub_history::sub_history;
use crate::history::{History, Kind};

/// The most sub-histories that are judged for one explanation.
const TRIALS_MAX: usize = 5_000;
/// The largest sub-history that is made smaller operation by operation.
const SHRUNK_OPERATIONS_MAX: usize = 1_000;
/// The most operations that all these sub-histories have together.
const JUDGED_OPERATIONS_MAX: usize = 1_000_000;

/// Why a level is broken, as small as it could be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The level that is broken.
    pub level: Level,
    /// Indices into the records of the history, ascending: a sub-history that breaks the level.
    pub operations: Vec<usize>,
    /// Why, as a chain: each line follows from those before it.
    pub because: Vec<String>,
}

/// Makes a witness as small as possible. `check` judges the level.
///
/// Convergence, last write and integrity keep the checker's witness: it is small, and what is
/// quiescent depends on writes that nothing read.
pub fn explain(history: &History, level: Level, check: Checker, witness: &Witness) -> Explanation {
    let as_given = || Explanation { level, operations: witness.operations.clone(), because: witness.because.clone() };
    if matches!(level, Level::Convergent | Level::LastWrite | Level::Integrity) {
        return as_given();
    }
    let everything: Vec<usize> = (0..history.records.len()).collect();
    let kept = closure(history, &everything, witness.operations.iter().copied().collect());
    if kept.len() > SHRUNK_OPERATIONS_MAX {
        return as_given();
    }
    // Where what the witness left out mattered after all, it stays as the checker gave it.
    let Some(broken) = broken_in(history, check, &kept) else { return as_given() };
    let Shrunk { kept, because } = shrink(history, check, Shrunk { kept, because: broken.because });
    Explanation { level, operations: kept.into_iter().collect(), because }
}

/// A closed set of operations that breaks the level, and why.
struct Shrunk {
    kept: BTreeSet<usize>,
    because: Vec<String>,
}

fn shrink(history: &History, check: Checker, mut shrunk: Shrunk) -> Shrunk {
    let (mut trials, mut judged) = (0, 0);
    loop {
        // Reads first, and the latest first: a write can go once nothing kept reads it.
        let mut candidates: Vec<usize> = shrunk.kept.iter().copied().collect();
        candidates.sort_by_key(|&i| (history.records[i].kind.is_write(), std::cmp::Reverse(i)));
        let size = shrunk.kept.len();
        for candidate in candidates {
            let universe: Vec<usize> = shrunk.kept.iter().copied().collect();
            let mut fewer = shrunk.kept.clone();
            fewer.remove(&candidate);
            // What a closed set lacks to be closed again is only what was taken from it.
            if trials >= TRIALS_MAX
                || judged >= JUDGED_OPERATIONS_MAX
                || closure(history, &universe, fewer.clone()).contains(&candidate)
            {
                continue;
            }
            trials += 1;
            judged += fewer.len();
            if let Some(smaller) = broken_in(history, check, &fewer) {
                shrunk = Shrunk { kept: fewer, because: smaller.because };
            }
        }
        if shrunk.kept.len() == size {
            return shrunk;
        }
    }
}

/// The witness in the sub-history of these operations, by their numbers in the whole.
fn broken_in(history: &History, check: Checker, kept: &BTreeSet<usize>) -> Option<Witness> {
    let indices: Vec<usize> = kept.iter().copied().collect();
    match check(&sub_history(history, &indices)) {
        Finding::Broken(witness) => {
            let operations = witness.operations.iter().map(|&i| indices[i]).collect();
            Some(Witness { operations, because: witness.because })
        }
        _ => None,
    }
}

/// Adds what must not be left out, from the records of `universe`: every write that a read kept
/// could have seen, and between two operations of a session an indeterminate write, which parts it.
fn closure(history: &History, universe: &[usize], mut kept: BTreeSet<usize>) -> BTreeSet<usize> {
    loop {
        let before = kept.len();
        let mut seen: BTreeMap<u32, Vec<Seen>> = BTreeMap::new();
        let mut spans: BTreeMap<u16, (usize, usize)> = BTreeMap::new();
        for &i in &kept {
            let record = &history.records[i];
            let states = seen.entry(record.register).or_default();
            let state = might_have_seen(history, i);
            if state != Seen::Nothing && !states.contains(&state) {
                states.push(state);
            }
            spans.entry(record.session).or_insert((i, i)).1 = i;
        }
        for &i in universe {
            let record = &history.records[i];
            let parts = record.is_indeterminate_write()
                && spans.get(&record.session).is_some_and(|&(first, last)| first < i && i < last);
            let written = effect::written(history, record);
            let is_seen = |state: u32| {
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
    let record = &history.records[index];
    if record.kind == Kind::CompareAndSwap && record.is_indeterminate_write() {
        return Seen::State(history.swaps[record.value as usize].expected);
    }
    effect::seen(history, record)
}
