//! Integrity: no value out of thin air, none from the future, none of a write that failed.
//!
//! Definition and algorithm: [`eventual::integrity`](crate::eventual), on which the requirements
//! KVE-INT-01 to KVE-INT-03 rest as well. The level is KVE-INT-01 and KVE-INT-02 together: the
//! absence of values out of thin air in Burckhardt (*Principles of eventual consistency*, 2014).

use crate::consistency::finding::{Finding, Witness, operation_name};
use crate::eventual::integrity::{Unexplained, observations};
use crate::history::effect::Seen;
use crate::history::{History, Kind, Outcome, Record};

/// Judges the integrity of a history. Time O(n); memory 8 bytes a value.
pub fn check(history: &History) -> Finding {
    let observations = observations(history);
    match observations.unexplained.first() {
        Some(first) => Finding::Broken(witness(history, first)),
        None if observations.saw_values => Finding::Kept,
        None => Finding::NotExercised("no operation saw a value".into()),
    }
}

fn witness(history: &History, unexplained: &Unexplained) -> Witness {
    let Unexplained { index, saw, later_writer } = *unexplained;
    let name = |i: usize| operation_name(history, i);
    if let Some(write) = later_writer {
        let because = format!("{} ended before {} began, the first that wrote it", name(index), name(write));
        return Witness { operations: vec![index, write], because: vec![because] };
    }
    match history.records().iter().position(|record| would_have_set(record, &history.records()[index], saw)) {
        Some(write) => {
            let because =
                format!("{} saw what {} would have written, which certainly failed", name(index), name(write));
            Witness { operations: vec![index.min(write), index.max(write)], because: vec![because] }
        }
        None => {
            let because = format!("{} saw a value that nothing wrote to this register", name(index));
            Witness { operations: vec![index], because: vec![because] }
        }
    }
}

/// Whether a record is a set of what an observer saw that certainly failed.
fn would_have_set(record: &Record, observer: &Record, saw: Seen) -> bool {
    record.register == observer.register
        && (record.kind, record.outcome) == (Kind::Set, Outcome::Failed)
        && saw.matches(record.operand.state())
}
