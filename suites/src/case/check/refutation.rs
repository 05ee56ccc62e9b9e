//! From a refuted step to an anomaly: what was expected, what was seen, who wrote it, and why that
//! is wrong, told so that a store's author can debug from the text alone.
//!
//! Sentences name operations by `#n`, their place in the history.

use std::time::Duration;

use kvspec_reference::RequirementId;
use kvspec_reference::anomaly::{Anomaly, value_text};
use kvspec_reference::history::{History, Rank};

use super::answered::{Answered, place};
use super::diagnosis::{self, Blame};
use crate::requirement;

/// A step of a case that failed. [`crate::run_case`] makes an anomaly of it.
#[derive(Debug)]
pub struct Refutation {
    /// The requirement that is refuted.
    pub(super) claim: RequirementId,
    /// The one that the case set out to try.
    pub(super) tried: RequirementId,
    pub(super) register: Option<(String, String)>,
    /// The operation that refutes; `None` when it was another call.
    pub(super) operation: Option<Answered>,
    pub(super) finding: Mismatch,
    pub(super) premise: Option<String>,
}

/// What was compared, and how it differed.
#[derive(Debug)]
pub(crate) enum Mismatch {
    /// A read gave the wrong state.
    State {
        /// The only state that was right, unless `any_written`.
        expected: Option<Vec<u8>>,
        /// Absence and every value that was set there would have been right.
        any_written: bool,
        seen: Option<Vec<u8>>,
        polls: Polls,
    },
    /// `exists` gave the wrong answer.
    Presence { expected: bool, seen: bool, polls: Polls },
    /// A call answered an error, each time of as many `tries` as are declared.
    Error { expected: String, actual: String, tries: u32 },
    /// Something else, in words.
    Words { expected: String, actual: String },
}

/// How a read was waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Polls {
    /// How many reads there were, the refuting one included.
    pub(super) reads: u32,
    /// From the last write of the register to the refuting read; `None` when nothing was written.
    pub(super) since_write: Option<Duration>,
    /// Whether the convergence bound had passed.
    pub(super) was_due: bool,
    /// What became of it after the bound; `None` where that was not tried.
    pub(super) later: Option<Later>,
}

/// Whether a state that was missing after the bound came at all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Later {
    /// It is slow: it showed within this time after the refuting read.
    Slow(Duration),
    /// It diverged, as far as was tried: it had not shown after this time.
    Diverged(Duration),
}

impl Refutation {
    pub(crate) fn into_anomaly(self, history: &History, bound: Duration) -> Anomaly {
        let refuting = self.operation.and_then(|operation| operation.index(history));
        match &self.finding {
            Mismatch::Words { expected, actual } | Mismatch::Error { expected, actual, .. } => {
                let (expected, actual) = (expected.clone(), actual.clone());
                let operations = self.operations_in_words(history, refuting);
                let mut because: Vec<String> = self.premise.into_iter().collect();
                because.push(format!("{}: {}", self.claim, requirement::find(self.claim).statement));
                if let Mismatch::Error { tries, .. } = self.finding {
                    because.push(undeclared(tries));
                }
                because.extend(set_out(self.claim, self.tried));
                Anomaly { requirement: self.claim, register: self.register, expected, actual, operations, because }
            }
            Mismatch::State { polls, .. } | Mismatch::Presence { polls, .. } => {
                let polls = *polls;
                self.into_wrong_read(history, bound, refuting, polls)
            }
        }
    }

    fn into_wrong_read(self, history: &History, bound: Duration, refuting: Option<usize>, polls: Polls) -> Anomaly {
        let Refutation { claim, register, finding, premise, .. } = self;
        let (bucket, key) = register.clone().unwrap_or_default();
        let last_write = refuting.and_then(|read| diagnosis::last_write_before(history, read));
        let (expected, actual, blame) = match &finding {
            Mismatch::State { expected, any_written, seen, .. } => (
                match any_written {
                    true => format!("{} gives absent or a value that was set there", place("get", &bucket, &key)),
                    false => format!("{} gives {}", place("get", &bucket, &key), state_text(expected.as_deref())),
                },
                state_text(seen.as_deref()),
                refuting.map(|read| diagnosis::of_value(claim, expected.as_deref(), seen.as_deref(), history, read)),
            ),
            Mismatch::Presence { expected, seen, .. } => (
                format!("{} gives {expected}", place("exists", &bucket, &key)),
                seen.to_string(),
                refuting.map(|read| diagnosis::of_presence(claim, *seen, history, read)),
            ),
            Mismatch::Words { expected, actual } | Mismatch::Error { expected, actual, .. } => {
                (expected.clone(), actual.clone(), None)
            }
        };
        let any_time = matches!(finding, Mismatch::State { any_written: true, .. });
        let blame = blame.unwrap_or_else(|| Blame::claimed(claim));
        let mut because: Vec<String> = premise.into_iter().collect();
        because.push(match last_write {
            Some(write) => format!("#{write} is the last write of this key: {}", history.operation_text(write)),
            None => "nothing was ever written to this key, so it is absent".into(),
        });
        if !any_time {
            because.extend(due_text(last_write, bound, polls));
            because.extend(polls.later.map(later_text));
        }
        because.extend(blame.sentences);
        because.extend(set_out(blame.requirement, claim));
        let mut operations = blame.operations;
        operations.extend(last_write);
        operations.extend(refuting);
        operations.sort_unstable();
        operations.dedup();
        Anomaly { requirement: blame.requirement, register, expected, actual, operations, because }
    }

    /// The operation that was refused, with the last write of its register before it.
    fn operations_in_words(&self, history: &History, refuting: Option<usize>) -> Vec<usize> {
        let Some(refuting) = refuting else { return Vec::new() };
        let write = self.register.as_ref().and_then(|_| diagnosis::last_write_before(history, refuting));
        write.into_iter().chain([refuting]).collect()
    }
}

impl Answered {
    /// The place of the operation in the history.
    fn index(self, history: &History) -> Option<usize> {
        let records = history.records();
        let mut answered: Vec<usize> = (0..records.len()).filter(|&i| records[i].response != Rank::NEVER).collect();
        answered.sort_unstable_by_key(|&i| records[i].response);
        answered.get(self.0).copied()
    }
}

/// Why an error is not taken for one that comes and goes.
fn undeclared(tries: u32) -> String {
    match tries {
        1 => "errors, not declared: where some come and go, errors.retries says how often to try again".into(),
        tries => format!("each of {tries} tries answered an error, as many as errors.retries allows"),
    }
}

/// Where a case came upon another fault than the one it looks for.
fn set_out(refuted: RequirementId, tried: RequirementId) -> Option<String> {
    (refuted != tried).then(|| format!("so it refutes {refuted}; the case set out to try {tried}"))
}

fn due_text(last_write: Option<usize>, bound: Duration, polls: Polls) -> Option<String> {
    last_write?;
    let since = polls.since_write?;
    let count = match polls.reads {
        1 => "the first read".to_owned(),
        n => format!("read {n} of a series, none of which gave the expected state,"),
    };
    Some(match (polls.was_due, bound.is_zero()) {
        (true, true) => "the declared convergence bound is 0, so any read after that write must show it".into(),
        (true, false) => format!(
            "{count} began {since:?} after that write: the convergence bound of {bound:?} had passed, so it must show it"
        ),
        (false, _) => format!(
            "{count} began {since:?} after that write: within the convergence bound of {bound:?} a read may show an \
             older state of this key, but no other"
        ),
    })
}

fn later_text(later: Later) -> String {
    match later {
        Later::Slow(after) => {
            format!("it is slow, not lost: a further handle read the expected state {after:?} later")
        }
        Later::Diverged(after) => {
            format!("it does not come: a further handle did not read the expected state even {after:?} later")
        }
    }
}

fn state_text(state: Option<&[u8]>) -> String {
    state.map_or("absent".into(), value_text)
}
