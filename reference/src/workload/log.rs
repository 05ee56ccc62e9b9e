//! Where a session writes down what it did: the form that every driver shares.

use std::time::Duration;

use super::persistence::Persistence;
use crate::history::{Entry, HistoryBuilder, Kind, Operand, Outcome, State, SwapArguments};
use crate::interface::{Failure, Result};

/// Writes down operations, and tells the time of events by the clock that all sessions share.
pub trait Log {
    /// The time of an event that happens now: later than all events before it, up to the end of the
    /// clock, where times are equal.
    fn stamp(&mut self) -> u64;

    /// Writes down what a call did that was invoked at `invoke`, a [`Log::stamp`], and is answered now.
    fn note(&mut self, invoke: u64, outcome: Outcome, part: Part<'_>);

    /// How the session calls: once and at once, if nothing else is said.
    fn persistence(&self) -> Persistence {
        Persistence::default()
    }

    /// Lets time pass before a call is tried again.
    fn wait(&mut self, by: Duration) {
        let _ = by;
    }

    /// Waits until a register may be written, by [`Log::persistence`].
    fn wait_to_write(&mut self, bucket: &str, key: &str) {
        let _ = (bucket, key);
    }
}

/// What a call did to one register.
#[derive(Debug, Clone, Copy)]
pub struct Part<'v> {
    /// The session that called, or one that stands for this part of its call.
    pub session: u16,
    /// The bucket.
    pub bucket: &'v str,
    /// The key.
    pub key: &'v str,
    /// Which operation it comes to.
    pub kind: Kind,
    /// What was written or read.
    pub value: Recorded<'v>,
}

/// What was written or read.
#[derive(Debug, Clone, Copy)]
pub enum Recorded<'v> {
    /// The key is absent.
    Absent,
    /// The key is present, whatever its value: what `exists` reports.
    Present,
    /// The value.
    Bytes(&'v [u8]),
    /// A compare-and-swap that swapped.
    Swapped {
        /// What the register held.
        expected: Option<&'v [u8]>,
        /// What it holds after.
        new: &'v [u8],
    },
}

/// How a call ended, for a history.
pub fn outcome_of<T>(result: &Result<T>) -> Outcome {
    match result {
        Ok(_) => Outcome::Ok,
        Err(Failure::Error(_)) => Outcome::Error,
        Err(Failure::Trap(_)) => Outcome::Trap,
        Err(Failure::Unanswered(_) | Failure::Setup(_) | Failure::Harness(_)) => Outcome::Unknown,
    }
}

/// Adds a part of a call to a history. An operation of unknown outcome has no response.
pub(super) fn write_down(
    builder: &mut HistoryBuilder,
    part: Part<'_>,
    outcome: Outcome,
    invoke: u64,
    response: Option<u64>,
) {
    let Part { session, bucket, key, kind, value } = part;
    let register = builder.register(bucket, key);
    let operand = value.intern(builder);
    builder.push(Entry { session, kind, register, operand, outcome, invoke, response });
}

impl Recorded<'_> {
    fn intern(self, builder: &mut HistoryBuilder) -> Operand {
        match self {
            Recorded::Absent => State::ABSENT.into(),
            Recorded::Present => State::PRESENT.into(),
            Recorded::Bytes(bytes) => builder.value_bytes(bytes).into(),
            Recorded::Swapped { expected, new } => {
                let expected = expected.map_or(State::ABSENT, |bytes| builder.value_bytes(bytes));
                let new = builder.value_bytes(new);
                builder.swap(SwapArguments { expected, new, swapped: true })
            }
        }
    }
}
