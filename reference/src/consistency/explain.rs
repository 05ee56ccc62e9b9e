//! Explanations: the smallest sub-history that still breaks a level.
//!
//! A sub-history may leave out reads, and writes that no read kept could have seen; what is broken
//! in it is then broken in the whole too. Leaving out the only write that a read could have seen
//! would make a proof of something else. From the checker's witness, closed in this sense,
//! operations are left out as long as the level stays broken: the result is minimal, in that no
//! single operation can be left out of it, for witnesses of up to 4,096 operations and within a
//! budget of steps.

use std::sync::atomic::AtomicBool;

use crate::consistency::budget::Budget;
use crate::consistency::checkers::check_within;
use crate::consistency::closed::closed;
use crate::consistency::finding::{Finding, Witness};
use crate::consistency::level::Level;
use crate::consistency::shrink::shrink;
use crate::history::History;
use crate::history::sub_history::sub_history;

/// The largest sub-history that is made smaller.
const SHRUNK_OPERATIONS_MAX: usize = 1 << 12;
/// What one explanation may cost, in steps.
const STEPS_MAX: u64 = 1 << 29;
/// What judging one sub-history may cost.
const STEPS_OF_ONE_MAX: u64 = 1 << 24;

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

/// Makes a witness of a level as small as possible.
///
/// Convergence, last write and integrity keep the checker's witness: it is small, and what is
/// quiescent depends on writes that nothing read.
pub fn explain(history: &History, level: Level, witness: &Witness) -> Explanation {
    explain_until(history, level, witness, None)
}

/// The same, but that it goes no further once the flag is set.
pub fn explain_until(
    history: &History,
    level: Level,
    witness: &Witness,
    stop: Option<&'static AtomicBool>,
) -> Explanation {
    let as_given = || Explanation { level, operations: witness.operations.clone(), because: witness.because.clone() };
    if matches!(level, Level::Convergent | Level::LastWrite | Level::Integrity) {
        return as_given();
    }
    // What a register's checker left out cannot have been seen in time; the others know no time.
    let universe = match level {
        Level::Linearizable | Level::Regular | Level::ReadYourWrites | Level::MonotonicReads => {
            witness.operations.clone()
        }
        _ => (0..history.records().len()).collect(),
    };
    let kept: Vec<usize> =
        closed(history, &universe, witness.operations.iter().copied().collect()).into_iter().collect();
    if kept.len() > SHRUNK_OPERATIONS_MAX {
        return as_given();
    }
    let trials = Trials { history, level, budget: Budget::until(STEPS_MAX, stop) };
    // Where what the witness left out mattered after all, it stays as the checker gave it.
    let Some(mut broken) = trials.broken_in(&kept) else { return as_given() };
    // Reads first, and the latest first: a write can go once nothing kept reads it.
    let mut operations = kept;
    operations.sort_by_key(|&i| (history.records()[i].kind.is_write(), std::cmp::Reverse(i)));
    let mut operations = shrink(operations, |set, range| {
        let fewer = trials.without(set, range)?;
        broken = trials.broken_in(&fewer)?;
        Some(fewer)
    });
    operations.sort_unstable();
    Explanation { level, operations, because: broken.because }
}

/// Judges sub-histories on one level.
struct Trials<'h> {
    history: &'h History,
    level: Level,
    budget: Budget,
}

impl Trials<'_> {
    /// The set without those of a range, if it is closed then.
    fn without(&self, set: &[usize], range: std::ops::Range<usize>) -> Option<Vec<usize>> {
        if !self.budget.spend(16 * set.len() as u64) {
            return None;
        }
        let mut universe = set.to_vec();
        universe.sort_unstable();
        let fewer: Vec<usize> = [&set[..range.start], &set[range.end..]].concat();
        // What it lacks to be closed again is only what was taken from it.
        let needed = closed(self.history, &universe, fewer.iter().copied().collect());
        (needed.len() == fewer.len()).then_some(fewer)
    }

    /// The witness in the sub-history of these operations, by their numbers in the whole.
    fn broken_in(&self, kept: &[usize]) -> Option<Witness> {
        let mut indices = kept.to_vec();
        indices.sort_unstable();
        let part = self.budget.part(STEPS_OF_ONE_MAX);
        let finding = check_within(self.level, &sub_history(self.history, &indices), &part);
        self.budget.settle(&part);
        match finding {
            Finding::Broken(witness) => {
                let operations = witness.operations.iter().map(|&i| indices[i]).collect();
                Some(Witness { operations, because: witness.because })
            }
            _ => None,
        }
    }
}
