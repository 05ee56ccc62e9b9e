//! Where a session writes down what it did: the form that every driver shares.

use std::time::Duration;

use super::persistence::Persistence;
use crate::history::{
    CallFault, Entry, Exchange, HistoryBuilder, IncrementArguments, Kind, Listing, Operand, Outcome, State,
    SwapArguments,
};
use crate::interface::{Failure, Result};

/// Writes down operations, and tells the time of events by the clock that all sessions share.
pub trait Log {
    /// The time of an event that happens now: later than all events before it, up to the end of the
    /// clock, where times are equal.
    fn stamp(&mut self) -> u64;

    /// Writes down what a call did that was invoked at `invoke`, a [`Log::stamp`], and is answered now.
    fn note(&mut self, invoke: u64, outcome: Outcome, part: Part<'_>) -> Noted;

    /// The same of a call on many keys, which did one thing to each.
    fn note_group(&mut self, invoke: u64, outcome: Outcome, parts: &[Part<'_>]);

    /// The same of a listing that began at `invoke`. Of one that failed, only what it held counts.
    fn note_listing(&mut self, invoke: u64, outcome: Outcome, listed: Listed<'_>);

    /// Writes down what is wrong with an answer that no operation of a history can tell.
    fn note_fault(&mut self, fault: CallFault);

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

/// The number of an operation in the log that it was noted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted(pub(crate) usize);

/// What the pages of a listing held.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'l> {
    /// The session that listed.
    pub session: u16,
    /// The bucket.
    pub bucket: &'l str,
    /// The keys, in any order, some perhaps more than once.
    pub keys: &'l [String],
    /// Whether the last page was reached, so that a key which is missing was not listed.
    pub is_whole: bool,
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
    /// An increment.
    Number {
        /// What was added.
        delta: i64,
        /// The answer, if there is one.
        sum: Option<i128>,
    },
    /// What a handle of a compare-and-swap gave as its current value.
    Current {
        /// What made the handle.
        base: Noted,
        /// The value, or `None` where the key is absent.
        state: Option<&'v [u8]>,
    },
    /// A swap with a handle.
    Swap {
        /// What made the handle.
        base: Noted,
        /// What it wrote, or would have written.
        new: &'v [u8],
        /// Whether it swapped. Without meaning where the outcome is not ok.
        swapped: bool,
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
) -> Noted {
    let entry = entry(builder, part, outcome, invoke, response);
    Noted(builder.push(entry))
}

/// The same of a call on many keys.
pub(super) fn write_down_group(
    builder: &mut HistoryBuilder,
    parts: &[Part<'_>],
    outcome: Outcome,
    invoke: u64,
    response: Option<u64>,
) {
    let entries: Vec<Entry> = parts.iter().map(|part| entry(builder, *part, outcome, invoke, response)).collect();
    builder.push_group(entries);
}

/// The same of a listing. One that failed says nothing of the keys that it did not hold.
pub(super) fn write_down_listing(
    builder: &mut HistoryBuilder,
    listed: Listed<'_>,
    outcome: Outcome,
    invoke: u64,
    response: Option<u64>,
) {
    let Listed { session, bucket, keys, is_whole } = listed;
    if let Some(response) = response {
        let is_whole = is_whole && outcome == Outcome::Ok;
        let (bucket, keys) = (bucket.to_owned(), keys.to_vec());
        builder.push_listing(Listing { session, bucket, keys, is_whole, invoke, response });
    }
}

fn entry(builder: &mut HistoryBuilder, part: Part<'_>, outcome: Outcome, invoke: u64, response: Option<u64>) -> Entry {
    let Part { session, bucket, key, kind, value } = part;
    let register = builder.register(bucket, key);
    let operand = value.intern(builder);
    Entry { session, kind, register, operand, outcome, invoke, response }
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
            Recorded::Number { delta, sum } => builder.increment(IncrementArguments { delta, sum }),
            Recorded::Current { base: Noted(base), state } => {
                let state = state.map_or(State::ABSENT, |bytes| builder.value_bytes(bytes));
                builder.exchange(Exchange { base: u32::try_from(base).ok(), state, swapped: false })
            }
            Recorded::Swap { base: Noted(base), new, swapped } => {
                let state = builder.value_bytes(new);
                builder.exchange(Exchange { base: u32::try_from(base).ok(), state, swapped })
            }
        }
    }
}
