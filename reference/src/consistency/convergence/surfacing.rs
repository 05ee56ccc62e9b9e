//! Pauses after indeterminate writes: any of these may still surface, once.

use std::collections::{BTreeMap, BTreeSet};

use super::pause::later_by;
use crate::consistency::{Witness, operation_name};
use crate::history::effect::{Seen, seen, written};
use crate::history::{ABSENT, History};

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

/// Judges the pauses in which reads differ after indeterminate writes. O(reads).
pub(super) fn check_unsure(history: &History, soft: &BTreeMap<u32, Soft>, unsure: &[Unsure]) -> Option<Witness> {
    unsure
        .iter()
        .find_map(|Unsure { register, writes, reads }| broken(history, &soft[register].writes[..*writes], reads))
}

/// The proof that one state, and from some moment on what `surfacing` wrote, do not explain the reads.
///
/// What saw nothing of `surfacing` must have seen the one state. So that is known, and the moment has
/// to come after the last of these reads, give or take the bound, and before the first that saw
/// something else.
fn broken(history: &History, surfacing: &[u32], reads: &[usize]) -> Option<Witness> {
    let written: BTreeSet<u32> =
        surfacing.iter().filter_map(|&i| written(history, &history.records[i as usize])).collect();
    let saw = |&read: &usize| seen(history, &history.records[read]);
    let is_present = written.iter().any(|&state| state != ABSENT);
    let saw_surfacing = |read: &usize| match saw(read) {
        Seen::State(state) => written.contains(&state),
        _ => is_present,
    };
    let firm: Vec<usize> = reads.iter().copied().filter(|read| !saw_surfacing(read)).collect();
    let last = *firm.iter().max_by_key(|&&read| history.records[read].invoke)?;
    // Of «some value» and a value the value says more.
    let state = firm.iter().find_map(|read| matches!(saw(read), Seen::State(_)).then(|| (*read, saw(read))));
    let (telling, state) = state.unwrap_or((last, saw(&last)));
    let fits = |read: &usize| match (saw(read), state) {
        (Seen::State(a), Seen::State(b)) => a == b,
        (Seen::State(a), _) | (_, Seen::State(a)) => a != ABSENT,
        _ => true,
    };
    if let Some(&other) = firm.iter().find(|read| !fits(read)) {
        return Some(witness(history, surfacing, [telling, other]));
    }
    let left = reads.iter().copied().filter(|read| !fits(read));
    let first = left.min_by_key(|&read| history.records[read].response)?;
    let (end, begin) = (history.records[first].response, history.records[last].invoke);
    let bound = history.header.convergence_bound;
    (end < begin && later_by(history, end, begin, bound)).then(|| witness(history, surfacing, [first, last]))
}

fn witness(history: &History, surfacing: &[u32], pair: [usize; 2]) -> Witness {
    let [first, second] = [pair[0].min(pair[1]), pair[0].max(pair[1])];
    let seen_by = |read: usize, state: u32| seen(history, &history.records[read]).matches(state);
    let writes = surfacing.iter().map(|&i| i as usize).filter(|&i| {
        written(history, &history.records[i]).is_some_and(|state| seen_by(first, state) || seen_by(second, state))
    });
    let mut operations: Vec<usize> = writes.take(WRITES_TOLD_MAX).collect();
    let mut because = vec![
        format!(
            "the last write had ended and the convergence bound had passed when {} began",
            operation_name(history, first)
        ),
        format!("no write began before {} ended, and it saw another state", operation_name(history, second)),
    ];
    because.push(match operations.first() {
        None => "no indeterminate write wrote either".into(),
        Some(&write) => format!(
            "{} may have surfaced between them, but what the later of the two saw was gone by then, and no indeterminate \
             write brought it back",
            operation_name(history, write)
        ),
    });
    operations.extend([first, second]);
    operations.sort_unstable();
    Witness { operations, because }
}

/// How many of the indeterminate writes that explain one of two reads a proof names.
const WRITES_TOLD_MAX: usize = 4;
