//! A few operations of a register that are not linearizable, out of many.
//!
//! Some operations of a register prove something of the whole only if what is left out cannot help
//! them: for each operation that saw something, every write it can have seen must be among them.
//! Sets that are **closed** in this way are kept closed while they shrink.

use std::collections::{BTreeMap, BTreeSet};

use super::clusters::Verdict;
use super::decide::decide;
use super::operations::Operation;
use crate::consistency::budget::Budget;
use crate::consistency::shrink::shrink;
use crate::history::effect::Seen;
use crate::history::{NEVER, State};

/// What making a proof small may cost, in steps; what is left then is the proof. A register of
/// 1,000 operations gets a minimal one.
const STEPS_MAX: u64 = 1 << 29;
/// What judging one set may cost.
const STEPS_OF_ONE_MAX: u64 = 1 << 24;
/// The longest register whose first broken prefix is sought.
const CUT_MAX: usize = 1 << 17;

/// Indices of a closed few of the operations that are not linearizable, from around `core`.
pub(super) fn smallest(operations: &[Operation], core: &[usize], budget: &Budget) -> Vec<usize> {
    let smaller = Smaller::new(operations, budget.beside(STEPS_MAX));
    let few = smaller.window(core);
    shrink(few, |set, range| {
        let fewer = smaller.without(set, range);
        smaller.breaks(&fewer).then_some(fewer)
    })
}

/// The operations begun before the first response at which it is certain that there is no order.
/// Among these the proof is sought, so that it is about the first thing that went wrong. The search
/// begins at the `core` in which the whole was found to be broken: mostly it is near by, and each
/// prefix that is tried costs as much as the whole.
pub(super) fn first_broken_prefix(operations: &[Operation], core: &[usize], budget: &Budget) -> Option<Cut> {
    if operations.len() > CUT_MAX {
        return None;
    }
    let mut responses: Vec<u32> = operations.iter().map(|o| o.response).filter(|&r| r != NEVER).collect();
    responses.sort_unstable();
    let is_broken = |response: u32| {
        let prefix = renumbered(prefix(operations, response));
        matches!(decide(&prefix, &budget.beside(STEPS_OF_ONE_MAX)), Verdict::Broken(_))
    };
    let of_core = core.iter().map(|&i| operations[i].response).filter(|&r| r != NEVER).max();
    let near = of_core.map_or(responses.len(), |response| responses.partition_point(|&r| r < response));
    let first = *responses.get(first_from(near, responses.len(), |i| is_broken(responses[i])))?;
    Some(Cut { response: first, begun: operations.partition_point(|o| o.invoke < first) })
}

/// The first number below `end` of which `holds` is true, which from there on it is always; `end`
/// where there is none. It is sought from `near` on, in steps that double.
fn first_from(near: usize, end: usize, holds: impl Fn(usize) -> bool) -> usize {
    // Of all numbers before `low` it is false, of `high` and those after it true.
    let (mut low, mut high) = (0, end);
    let mut step = 1;
    if near < end && holds(near) {
        high = near;
        while low < high {
            let tried = high.saturating_sub(step).max(low);
            if !holds(tried) {
                low = tried + 1;
                break;
            }
            (high, step) = (tried, step * 2);
        }
    } else {
        if near < end {
            low = near + 1;
        }
        while low < high {
            let tried = (low + step - 1).min(high - 1);
            if holds(tried) {
                high = tried;
                break;
            }
            (low, step) = (tried + 1, step * 2);
        }
    }
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    high
}

/// The first response at which a register is certainly not linearizable.
pub(super) struct Cut {
    /// Its rank.
    pub(super) response: u32,
    /// How many operations had begun by then.
    pub(super) begun: usize,
}

/// What is known when the operation that responds at `last` has ended: what is still open then may
/// come later, or not at all.
fn prefix(operations: &[Operation], last: u32) -> Vec<Operation> {
    let begun = operations.iter().take_while(|o| o.invoke < last);
    let known = begun.filter(|o| o.response <= last || o.writes.is_some());
    known.map(|&o| if o.response <= last { o } else { Operation { response: NEVER, optional: true, ..o } }).collect()
}

struct Smaller<'o> {
    operations: &'o [Operation],
    /// State and index of each write, sorted, with the latest response of the state's writes so far.
    writers: Vec<(State, u32, u32)>,
    /// The responses of certain writes, ascending, each with the latest invocation of those up to it.
    ended_writes: Vec<(u32, u32)>,
    budget: Budget,
}

impl<'o> Smaller<'o> {
    fn new(operations: &'o [Operation], budget: Budget) -> Self {
        let mut writers: Vec<(State, u32, u32)> =
            (0..).zip(operations).filter_map(|(i, o)| o.writes.map(|state| (state, i, o.response))).collect();
        writers.sort_unstable();
        for i in 1..writers.len() {
            if writers[i].0 == writers[i - 1].0 {
                writers[i].2 = writers[i].2.max(writers[i - 1].2);
            }
        }
        let ended = operations.iter().filter(|o| o.writes.is_some() && o.response != NEVER);
        let mut ended_writes: Vec<(u32, u32)> = ended.map(|o| (o.response, o.invoke)).collect();
        ended_writes.sort_unstable();
        let mut latest = 0;
        for (_, invoke) in &mut ended_writes {
            latest = latest.max(*invoke);
            *invoke = latest;
        }
        Self { operations, writers, ended_writes, budget }
    }

    /// The core and more and more of the operations before and around it, until they break.
    fn window(&self, core: &[usize]) -> Vec<usize> {
        let all = self.operations.len();
        let (low, high) = (core.iter().min().map_or(0, |&i| i), core.iter().max().map_or(all, |&i| i + 1));
        let mut margin = 0;
        loop {
            let mut set: Vec<usize> = core.to_vec();
            if margin > 0 {
                set.extend(low.saturating_sub(margin)..all.min(high + margin));
            }
            if low <= margin && high + margin >= all {
                return (0..all).collect();
            }
            let set = self.closed(set);
            if self.breaks(&set) {
                return set;
            }
            margin = (margin * 2).max(2);
        }
    }

    fn breaks(&self, set: &[usize]) -> bool {
        if !self.budget.spend(32 * (1 + set.len() as u64)) {
            return false;
        }
        let operations = renumbered(set.iter().map(|&i| self.operations[i]).collect());
        let part = self.budget.part(STEPS_OF_ONE_MAX);
        let verdict = decide(&operations, &part);
        self.budget.settle(&part);
        matches!(verdict, Verdict::Broken(_))
    }

    /// With all writes that any of them can have seen.
    fn closed(&self, mut set: Vec<usize>) -> Vec<usize> {
        let mut included = vec![false; self.operations.len()];
        set.retain(|&i| !std::mem::replace(&mut included[i], true));
        let mut next = 0;
        while next < set.len() {
            for source in self.sources(set[next]) {
                if !std::mem::replace(&mut included[source], true) {
                    set.push(source);
                }
            }
            next += 1;
        }
        set.sort_unstable();
        set
    }

    /// Without those of a range, and without whatever can have seen them.
    fn without(&self, set: &[usize], range: std::ops::Range<usize>) -> Vec<usize> {
        let mut kept: Vec<usize> = [&set[..range.start], &set[range.end..]].concat();
        loop {
            let before = kept.len();
            let is_kept: BTreeSet<usize> = kept.iter().copied().collect();
            kept.retain(|&i| self.sources(i).iter().all(|source| is_kept.contains(source)));
            if kept.len() == before {
                return kept;
            }
        }
    }

    /// The writes that an operation can have seen: they fit, began before it ended, and were not
    /// certainly followed by another write before it began. Where there is none, the last of those
    /// that fit and the one that followed it, for they show why.
    fn sources(&self, index: usize) -> Vec<usize> {
        let reader = &self.operations[index];
        let ended = self.ended_writes.partition_point(|(response, _)| *response < reader.invoke);
        let overwritten = ended.checked_sub(1).map_or(0, |last| self.ended_writes[last].1);
        let fits = |i: usize| {
            let writer = &self.operations[i];
            i != index
                && writer.writes.is_some_and(|state| reader.sees.matches(state))
                && writer.invoke < reader.response
        };
        let is_open = |i: usize| self.operations[i].response >= overwritten;
        let writers = match reader.sees {
            Seen::Nothing => return Vec::new(),
            Seen::State(state) => {
                let start = self.writers.partition_point(|(of, ..)| *of < state);
                let end = self.writers.partition_point(|(of, ..)| *of <= state);
                &self.writers[start..end]
            }
            Seen::Present | Seen::Not(_) => &self.writers[..],
        };
        // Of one state, those before the first that was still open had all been overwritten.
        let open_from = match reader.sees {
            Seen::State(_) => writers.partition_point(|(_, _, latest)| *latest < overwritten),
            _ => 0,
        };
        let begun = |(_, i, _): &&(State, u32, u32)| self.operations[*i as usize].invoke < reader.response;
        let open = writers[open_from..].iter();
        let open = open.take_while(|writer| !matches!(reader.sees, Seen::State(_)) || begun(writer));
        let mut sources: Vec<usize> = open.map(|w| w.1 as usize).filter(|&i| fits(i) && is_open(i)).collect();
        if sources.is_empty() {
            let fitting = writers.iter().map(|w| w.1 as usize).filter(|&i| fits(i));
            if let Some(last) = fitting.max_by_key(|&i| self.operations[i].response) {
                sources = vec![last, self.operations.partition_point(|o| o.invoke < overwritten)];
            }
        }
        sources
    }
}

/// The same operations, their states numbered densely.
fn renumbered(mut operations: Vec<Operation>) -> Vec<Operation> {
    let states = |o: &Operation| {
        let seen = match o.sees {
            Seen::State(state) | Seen::Not(state) => Some(state),
            Seen::Nothing | Seen::Present => None,
        };
        [seen, o.writes].into_iter().flatten()
    };
    let used: BTreeSet<State> = operations.iter().flat_map(states).chain([State::ABSENT]).collect();
    let numbers: BTreeMap<State, State> = used.into_iter().zip((0..).map(State::value)).collect();
    for operation in &mut operations {
        operation.writes = operation.writes.map(|state| numbers[&state]);
        operation.sees = match operation.sees {
            Seen::State(state) => Seen::State(numbers[&state]),
            Seen::Not(state) => Seen::Not(numbers[&state]),
            other => other,
        };
    }
    operations
}

#[cfg(test)]
mod tests {
    use super::first_from;

    #[test]
    fn the_first_is_found_from_wherever_the_search_begins() {
        for end in 0..20 {
            for first in 0..=end {
                for near in 0..=end + 2 {
                    assert_eq!(first_from(near, end, |i| i >= first), first, "from {near} below {end}");
                }
            }
        }
    }
}
