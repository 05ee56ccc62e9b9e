//! Pauses after indeterminate writes: any of these may still surface, once.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{ABSENT, History, NEVER};
use crate::judge::effect::{Seen, seen, written};
use crate::judge::linearizable::{Found, Operation, STEPS_MAX, search};
use crate::judge::{Finding, Witness, name};

/// What happens to a register after an indeterminate write.
#[derive(Default)]
pub(super) struct Soft {
    /// The indeterminate writes so far, as indices of records.
    pub(super) writes: Vec<u32>,
    /// The reads of the pause at hand.
    pub(super) reads: Vec<usize>,
}

/// A pause after indeterminate writes in which reads differ.
pub(super) struct Unsure {
    register: u32,
    /// How many indeterminate writes came before it.
    writes: usize,
    reads: Vec<usize>,
}

impl Soft {
    pub(super) fn end_pause(&mut self, history: &History, end: u32) -> Unsure {
        let mut reads = std::mem::take(&mut self.reads);
        reads.retain(|&read| history.records[read].response < end);
        Unsure { register: history.records[reads[0]].register, writes: self.writes.len(), reads }
    }
}

/// Judges the pauses in which reads differ after indeterminate writes.
pub(super) fn check_unsure(
    history: &History,
    soft: &BTreeMap<u32, Soft>,
    unsure: Vec<Unsure>,
    exercised: bool,
) -> Finding {
    let mut unknown = None;
    let mut steps = STEPS_MAX;
    for Unsure { register, writes, reads } in unsure {
        let surfacing = &soft[&register].writes[..writes];
        match explain(history, surfacing, &reads, &mut steps) {
            Found::Order => {}
            Found::NoOrder { .. } => return Finding::Broken(several_states(history, surfacing, &reads)),
            Found::Unknown(why) => unknown = unknown.or(Some(why)),
        }
    }
    match unknown {
        Some(why) => Finding::Unknown(why),
        None if exercised => Finding::Kept,
        None => Finding::NotExercised("no two reads of a register began the bound after its last write".into()),
    }
}

/// Whether the reads of one pause have an order in which only indeterminate writes, those of
/// `surfacing`, change the state.
fn explain(history: &History, surfacing: &[u32], reads: &[usize], steps: &mut u64) -> Found {
    // Absence first, so that it has number 0; values that nobody read by name share the last one.
    let exact = reads.iter().filter_map(|&i| match seen(history, &history.records[i]) {
        Seen::State(state) => Some(state),
        _ => None,
    });
    let states: BTreeSet<u32> = exact.chain([ABSENT]).collect();
    let states: Vec<u32> = states.into_iter().collect();
    let operations = relaxed(history, surfacing, reads, &states);
    let mut found = Found::NoOrder { at: 0 };
    for initial in initial_states(&operations, states.len() as u32) {
        match search(&operations, states.len() + 1, initial, steps) {
            Found::Order => return Found::Order,
            Found::NoOrder { .. } => {}
            Found::Unknown(why) => found = Found::Unknown(why),
        }
    }
    found
}

/// The states that the register can have had before the first read in some order: those such reads
/// saw, and `other`, the one that none saw by name.
fn initial_states(operations: &[Operation], other: u32) -> BTreeSet<u32> {
    let reads = || operations.iter().filter(|operation| operation.writes.is_none());
    let first_end = reads().map(|read| read.response).min().unwrap_or(NEVER);
    let mut states = BTreeSet::from([other]);
    for read in reads().take_while(|read| read.invoke < first_end) {
        match read.sees {
            Seen::State(state) => states.extend([state]),
            _ => return (0..=other).collect(),
        }
    }
    states
}

/// The reads, each drawn out by the bound, and the indeterminate writes before them.
fn relaxed(history: &History, surfacing: &[u32], reads: &[usize], states: &[u32]) -> Vec<Operation> {
    let number = |state: u32| states.binary_search(&state).unwrap_or(states.len()) as u32;
    let mut operations: Vec<Operation> = Vec::new();
    for &record in surfacing {
        let writes = written(history, &history.records[record as usize]).map(number);
        let sees = Seen::Nothing;
        operations.push(Operation { invoke: 0, response: NEVER, sees, writes, optional: true, record });
    }
    let time = |rank: u32| history.time(rank).unwrap_or(u64::MAX);
    let bound = history.header.convergence_bound;
    let mut events: Vec<(u64, u32, usize, bool)> = Vec::with_capacity(reads.len() * 2);
    for &i in reads {
        let record = &history.records[i];
        events.push((time(record.invoke), record.invoke, i, false));
        events.push((time(record.response).saturating_add(bound), record.response, i, true));
    }
    events.sort_unstable();
    let mut position = BTreeMap::new();
    for (rank, (_, _, i, is_response)) in (1u32..).zip(events) {
        if is_response {
            let at: usize = position[&i];
            operations[at].response = rank;
            continue;
        }
        position.insert(i, operations.len());
        let sees = match seen(history, &history.records[i]) {
            Seen::State(state) => Seen::State(number(state)),
            other => other,
        };
        let record = i as u32;
        operations.push(Operation { invoke: rank, response: NEVER, sees, writes: None, optional: false, record });
    }
    operations
}

/// A few of the reads that have no order, with the indeterminate writes of what they saw.
fn several_states(history: &History, surfacing: &[u32], reads: &[usize]) -> Witness {
    let mut few = reads.to_vec();
    let mut chunk = few.len().next_power_of_two() / 2;
    while chunk > 0 {
        let mut start = 0;
        while start < few.len() {
            let end = few.len().min(start + chunk);
            let fewer: Vec<usize> = few[..start].iter().chain(&few[end..]).copied().collect();
            let mut steps = STEPS_MAX;
            if !fewer.is_empty() && matches!(explain(history, surfacing, &fewer, &mut steps), Found::NoOrder { .. }) {
                few = fewer;
            } else {
                start = end;
            }
        }
        chunk /= 2;
    }
    let mut because: Vec<String> = few
        .windows(2)
        .map(|pair| format!("after {} came {}", name(history, pair[0]), name(history, pair[1])))
        .collect();
    because.push("the writes had ended and the convergence bound had passed before the first".into());
    because.push("no indeterminate write, each taking effect at most once, explains the changes".into());
    let seen_by_few = |state: u32| few.iter().any(|&i| seen(history, &history.records[i]).matches(state));
    let may = surfacing.iter().map(|&i| i as usize);
    let mut operations: Vec<usize> =
        may.filter(|&i| written(history, &history.records[i]).is_some_and(seen_by_few)).collect();
    operations.extend(&few);
    operations.sort_unstable();
    Witness { operations, because }
}
