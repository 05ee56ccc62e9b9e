//! Explanations: the smallest sub-history that still breaks a level.
//!
//! A sub-history may leave out reads, and writes that no read kept could have seen; what is broken
//! in it is then broken in the whole too. Leaving out the only write that a read could have seen
//! would make a proof of something else. From the checker's witness, closed in this sense,
//! operations are left out one by one as long as the level stays broken: the result is minimal, in
//! that no single operation can be left out of it.

use std::collections::BTreeSet;

use super::ladder::Checker;
use super::{Finding, Level, Witness};
use crate::history::{ABSENT, History, Kind, Outcome, PRESENT};

/// The most operations that are tried for leaving out, in all rounds together.
const TRIALS_MAX: usize = 20_000;
/// The largest sub-history that is made smaller operation by operation.
const SHRUNK_OPERATIONS_MAX: usize = 2_000;

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
pub fn explain(history: &History, level: Level, check: Checker, witness: &Witness) -> Explanation {
    let mut kept = closure(history, witness.operations.iter().copied().collect());
    let mut because = witness.because.clone();
    let Some(first) = broken_in(history, check, &kept) else {
        // What the witness left out mattered: it stays as the checker gave it.
        return Explanation { level, operations: witness.operations.clone(), because };
    };
    because.clone_from(&first.because);
    let closed_first = closure(history, first.operations.iter().copied().collect());
    if closed_first.len() < kept.len() && broken_in(history, check, &closed_first).is_some() {
        kept = closed_first;
    }
    let mut trials = 0;
    let mut again = kept.len() <= SHRUNK_OPERATIONS_MAX;
    while std::mem::take(&mut again) {
        // Reads first, and the latest first: a write can go once nothing reads it.
        let mut candidates: Vec<usize> = kept.iter().copied().collect();
        candidates.sort_by_key(|&i| (history.records[i].kind.is_write(), std::cmp::Reverse(i)));
        for candidate in candidates {
            trials += 1;
            if trials > TRIALS_MAX {
                break;
            }
            let mut fewer = kept.clone();
            fewer.remove(&candidate);
            if closure(history, fewer.clone()) != fewer {
                continue;
            }
            if let Some(smaller) = broken_in(history, check, &fewer) {
                kept = fewer;
                because = smaller.because;
                again = true;
            }
        }
    }
    Explanation { level, operations: kept.into_iter().collect(), because }
}

/// The witness in the sub-history of these operations, by their numbers in the whole.
fn broken_in(history: &History, check: Checker, kept: &BTreeSet<usize>) -> Option<Witness> {
    let indices: Vec<usize> = kept.iter().copied().collect();
    let part = History { records: indices.iter().map(|&i| history.records[i]).collect(), ..history.clone() };
    match check(&part) {
        Finding::Broken(witness) => {
            let operations = witness.operations.iter().map(|&i| indices[i]).collect();
            Some(Witness { operations, because: witness.because })
        }
        _ => None,
    }
}

/// Adds what must not be left out: every write that a read kept could have seen, and between two
/// operations of a session an indeterminate write, which parts it.
fn closure(history: &History, mut kept: BTreeSet<usize>) -> BTreeSet<usize> {
    loop {
        let before = kept.len();
        let mut wanted: Vec<(u32, u32, bool)> = Vec::new();
        for &i in &kept {
            if let Some((state, is_same)) = seen(history, i) {
                wanted.push((history.records[i].register, state, is_same));
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        let sessions: BTreeSet<u16> = kept.iter().map(|&i| history.records[i].session).collect();
        let span = |session: u16| {
            let of_session = |i: &&usize| history.records[**i].session == session;
            (kept.iter().find(of_session).copied(), kept.iter().rev().find(of_session).copied())
        };
        let spans: Vec<(u16, Option<usize>, Option<usize>)> =
            sessions.into_iter().map(|s| (s, span(s).0, span(s).1)).collect();
        let mut added = Vec::new();
        for (i, record) in history.records.iter().enumerate() {
            let parts = record.is_indeterminate_write()
                && spans.iter().any(|&(s, first, last)| s == record.session && first < Some(i) && Some(i) < last);
            let could_be_seen = written(history, i).is_some_and(|state| {
                let sees = |&&(register, other, is_same): &&(u32, u32, bool)| {
                    register == record.register && (state == other) == is_same
                };
                wanted.iter().any(|w| sees(&w))
            });
            if parts || could_be_seen {
                added.push(i);
            }
        }
        kept.extend(added);
        if kept.len() == before {
            return kept;
        }
    }
}

/// The state an operation saw: this one, or (`false`) any but this one.
fn seen(history: &History, index: usize) -> Option<(u32, bool)> {
    let record = &history.records[index];
    match record.kind {
        Kind::Get if record.is_ok_read() => Some((record.value, true)),
        Kind::Exists if record.is_ok_read() => Some((ABSENT, record.value != PRESENT)),
        Kind::CompareAndSwap if record.outcome != Outcome::Failed => {
            let swap = history.swaps[record.value as usize];
            Some((swap.expected, swap.swapped || record.outcome != Outcome::Ok))
        }
        _ => None,
    }
}

/// The state an operation writes, or would have written.
fn written(history: &History, index: usize) -> Option<u32> {
    let record = &history.records[index];
    match record.kind {
        Kind::Set => Some(record.value),
        Kind::Delete => Some(ABSENT),
        Kind::CompareAndSwap => {
            let swap = history.swaps[record.value as usize];
            (swap.swapped || record.outcome != Outcome::Ok).then_some(swap.new)
        }
        Kind::Get | Kind::Exists => None,
    }
}
