//! What a failure shows.

use kvspec_reference::history::{Kind as Operation, Outcome, Record};
use kvspec_reference::{Anomaly, History};

use super::line::{normalised, telling_line};
use super::origin::{Origin, origin};

/// What a failure shows, from the specific to the general.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The implementation broke; with the line that says how, without numbers.
    Trap(String),
    /// A call answered an error; with what it says, without numbers.
    Error(String),
    /// `exists` gives a state that the key no longer has.
    Exists,
    /// A read gives what was written to another key.
    OtherKey,
    /// A read gives a value of which only a part was ever written.
    Part,
    /// A read gives what nobody wrote.
    Nobody,
    /// A read gives a state that was overwritten, or misses one that was written.
    Outdated,
    /// Reads differ among each other.
    Disagreement,
    /// Something that no history shows: what the requirement demands.
    Requirement(String),
}

/// All kinds that explain an anomaly; at least one.
pub(super) fn kinds(anomaly: &Anomaly, history: &History) -> Vec<Kind> {
    if let Some(kind) = of_answer(anomaly, history) {
        return vec![kind];
    }
    let reads = wrong_reads(anomaly, history);
    let mut kinds = Vec::new();
    if !reads.is_empty() && reads.iter().all(|(read, _)| history.records()[*read].kind == Operation::Exists) {
        kinds.push(Kind::Exists);
    }
    for (_, origin) in &reads {
        kinds.extend(
            match origin {
                Origin::Current => &[][..],
                Origin::OtherKey => &[Kind::OtherKey],
                Origin::Part => &[Kind::Part],
                Origin::Nobody => &[Kind::Nobody],
                Origin::Overwritten { may_be_torn: true } => &[Kind::Part, Kind::Outdated],
                Origin::Deleted | Origin::Overwritten { .. } | Origin::Missing { may_be_another: false } => {
                    &[Kind::Outdated]
                }
                Origin::Missing { may_be_another: true } => &[Kind::OtherKey, Kind::Outdated],
            }
            .iter()
            .cloned(),
        );
    }
    if reads.is_empty() && is_of_settled_reads(anomaly, history) {
        kinds.push(Kind::Disagreement);
    }
    if kinds.is_empty() {
        kinds.push(Kind::Requirement(anomaly.requirement.to_string()));
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// An answer that is wrong whatever the state is: none, or an error.
fn of_answer(anomaly: &Anomaly, history: &History) -> Option<Kind> {
    let has = |outcome: Outcome| anomaly.operations.iter().any(|i| history.records()[*i].outcome == outcome);
    let line = || normalised(telling_line(&anomaly.actual));
    if has(Outcome::Trap) || anomaly.actual.starts_with("trap (") || anomaly.actual.starts_with("it trapped ") {
        return Some(Kind::Trap(line()));
    }
    anomaly.actual.starts_with("error").then(|| Kind::Error(line()))
}

/// How many of the operations of an anomaly are looked at, the last ones: each costs a walk over the
/// history.
const LOOKED_AT_MAX: usize = 16;

/// The reads among the operations that do not give the state of their key, and where theirs is from.
fn wrong_reads(anomaly: &Anomaly, history: &History) -> Vec<(usize, Origin)> {
    let named = match &anomaly.operations[..] {
        [] => last_call(history),
        named => named.to_vec(),
    };
    let last = named.into_iter().rev().take(LOOKED_AT_MAX).rev();
    let origins = last.filter_map(|i| origin(history, i).map(|origin| (i, origin)));
    origins.filter(|(_, origin)| *origin != Origin::Current).collect()
}

/// The records of the last call. Where an anomaly names none, its case ended at the call that refuted it.
fn last_call(history: &History) -> Vec<usize> {
    let records = history.records();
    let is_of_it = |record: &&Record| records.last().is_some_and(|last| record.invoke == last.invoke);
    let count = records.iter().rev().take_while(is_of_it).count();
    (records.len() - count..records.len()).collect()
}

fn is_of_settled_reads(anomaly: &Anomaly, history: &History) -> bool {
    anomaly.operations.iter().filter(|i| history.records()[**i].is_ok_read()).count() >= 2
}

impl Kind {
    /// Whether it is about what reads give.
    pub(super) fn is_of_states(&self) -> bool {
        !matches!(self, Self::Trap(_) | Self::Error(_) | Self::Requirement(_))
    }

    /// Whether a cause of this kind, with more failures, is one for failures of the other kind too.
    pub(super) fn also_explains(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Nobody, Self::Part | Self::OtherKey) | (Self::Part, Self::Nobody))
    }

    /// The name in reports for machines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trap(_) => "trap",
            Self::Error(_) => "error",
            Self::Exists => "exists",
            Self::OtherKey => "other-key",
            Self::Part => "part",
            Self::Nobody => "nobody",
            Self::Outdated => "outdated",
            Self::Disagreement => "disagreement",
            Self::Requirement(_) => "requirement",
        }
    }

    /// What is wrong in a few words, said of the failures that show it.
    pub(super) fn title<'s>(&self, showings: impl Iterator<Item = (&'s Anomaly, &'s History)>) -> String {
        match self {
            Self::Trap(_) | Self::Error(_) => {
                let first = showings.map(|(anomaly, _)| telling_line(&anomaly.actual).to_owned()).next();
                format!("a call {} ({})", self.verb(), first.unwrap_or_default())
            }
            Self::Exists => "exists does not give the state of the key".into(),
            Self::OtherKey => "a write to one key changes another".into(),
            Self::Part => "a read gives a value that was never written as a whole".into(),
            Self::Nobody => "a read gives what nobody wrote".into(),
            Self::Outdated => outdated(showings),
            Self::Disagreement => "reads differ, though nothing is written".into(),
            Self::Requirement(_) => "the requirement does not hold".into(),
        }
    }

    fn verb(&self) -> &'static str {
        if matches!(self, Self::Trap(_)) { "traps" } else { "answers an error" }
    }
}

/// Which states of the past are read.
fn outdated<'s>(showings: impl Iterator<Item = (&'s Anomaly, &'s History)>) -> String {
    let origins: Vec<Origin> =
        showings.flat_map(|(anomaly, history)| wrong_reads(anomaly, history)).map(|(_, origin)| origin).collect();
    let has = |wanted: fn(&Origin) -> bool| origins.iter().any(wanted);
    let parts = [
        (has(|origin| *origin == Origin::Deleted), "deleted values come back"),
        (has(|origin| matches!(origin, Origin::Overwritten { .. })), "overwritten values come back"),
        (has(|origin| matches!(origin, Origin::Missing { .. })), "written values are missing"),
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|(has, _)| *has).map(|(_, text)| text).collect();
    parts.join("; ")
}
