//! Histories: the operations of all sessions, with their times on one clock.
//!
//! A history is held flat, for judging many millions of operations: one [`Record`] of 20 bytes an
//! operation, with registers and values interned and times replaced by their **rank** among all
//! events. Ranks are dense and strictly ordered: operation `a` precedes `b` exactly when
//! `a.response < b.invoke`. Where two events of an imported history carry the same time, the
//! invocation is ranked first, so that the operations overlap, but within a session, where the
//! response is (see `ties`).

mod builder;
pub(crate) mod effect;
pub mod sub_history;
mod ties;

use std::sync::Arc;

pub use builder::{Entry, HistoryBuilder, HistoryError};

/// A read or write state: the key is absent.
pub const ABSENT: u32 = 0;
/// The result of `exists` when the key is present, whatever its value.
pub const PRESENT: u32 = u32::MAX;
/// The response rank of an operation that never answered.
pub const NEVER: u32 = u32::MAX;

/// Which operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A read of the whole value.
    Get,
    /// A write of a value.
    Set,
    /// A write of absence.
    Delete,
    /// A read of whether the key is present.
    Exists,
    /// Writes a value if the register holds an expected one; `value` indexes [`History::swaps`].
    CompareAndSwap,
}

impl Kind {
    /// Whether the operation can change the register.
    pub fn is_write(self) -> bool {
        matches!(self, Kind::Set | Kind::Delete | Kind::CompareAndSwap)
    }

    /// The name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Get => "get",
            Kind::Set => "set",
            Kind::Delete => "delete",
            Kind::Exists => "exists",
            Kind::CompareAndSwap => "cas",
        }
    }
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// With a result.
    Ok,
    /// With the interface's own error: a write may have taken effect or not.
    Error,
    /// The implementation broke.
    Trap,
    /// No answer.
    Unknown,
    /// Certainly without effect (only in imported histories).
    Failed,
}

impl Outcome {
    /// The name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Error => "error",
            Outcome::Trap => "trap",
            Outcome::Unknown => "unknown",
            Outcome::Failed => "failed",
        }
    }
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Rank of the invocation.
    pub invoke: u32,
    /// Rank of the response; [`NEVER`] when none came.
    pub response: u32,
    /// Index into [`History::registers`].
    pub register: u32,
    /// What was written or read: an index into [`History::values`], [`ABSENT`], [`PRESENT`] (only
    /// for `exists`) or, for a compare-and-swap, an index into [`History::swaps`]. Without meaning
    /// for a read whose outcome is not ok.
    pub value: u32,
    /// The session that issued it.
    pub session: u16,
    /// Which operation.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
}

impl Record {
    /// A write with outcome ok. (A compare-and-swap counts when it swapped; see
    /// [`History::swaps`].)
    pub fn is_ok_write(&self) -> bool {
        self.kind.is_write() && self.outcome == Outcome::Ok
    }

    /// A write of which nobody knows whether it takes effect: outcome error, trap or unknown.
    pub fn is_indeterminate_write(&self) -> bool {
        self.kind.is_write() && matches!(self.outcome, Outcome::Error | Outcome::Trap | Outcome::Unknown)
    }

    /// A read with a result.
    pub fn is_ok_read(&self) -> bool {
        !self.kind.is_write() && self.outcome == Outcome::Ok
    }

    /// Whether this operation ended before `other` began.
    pub fn precedes(&self, other: &Record) -> bool {
        self.response < other.invoke
    }
}

/// The arguments and result of a compare-and-swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapArguments {
    /// The value the register must hold, or [`ABSENT`].
    pub expected: u32,
    /// The value it holds after.
    pub new: u32,
    /// Whether it swapped. A swap that answered «no» wrote nothing and saw another value.
    pub swapped: bool,
}

/// A value: its bytes, or only a name for it where a recording kept no bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// The bytes.
    Bytes(Arc<[u8]>),
    /// A number that stands for the value.
    Named(u64),
}

/// The clock whose readings a history's times are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockUnit {
    /// A counter of events: order without duration.
    #[default]
    Counter,
    /// Nanoseconds.
    Nanoseconds,
}

/// What holds for a whole history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Such as `eventual@0.1.0`.
    pub profile: String,
    /// How long after quiescence reads may still differ, in units of the clock.
    pub convergence_bound: u64,
    /// The unit of the times.
    pub clock: ClockUnit,
}

impl Default for Header {
    fn default() -> Self {
        Self { profile: "eventual@0.1.0".into(), convergence_bound: 0, clock: ClockUnit::Counter }
    }
}

/// A history, complete and in order.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What holds for the whole.
    pub header: Header,
    /// Operations in the order of their invocations.
    pub records: Vec<Record>,
    /// Bucket and key of each register.
    pub registers: Vec<(Arc<str>, Arc<str>)>,
    /// The values. Index 0 is never used: it stands for [`ABSENT`].
    pub values: Vec<Value>,
    /// Compare-and-swap operations.
    pub swaps: Vec<SwapArguments>,
    /// The time of each event, by rank. Strictly increasing but for ties.
    pub times: Vec<u64>,
    /// Times at which the recorder knew that no write was in flight.
    pub quiescent: Vec<u64>,
    /// What ranks cannot say: operations of one session, each of which began only when the one before
    /// had ended, though their ranks overlap. Indices into the records, ascending; of two operations
    /// or more each. There are such only where several sessions end an operation and begin another
    /// at one and the same time (see `ties`).
    pub handovers: Vec<Box<[u32]>>,
}

impl History {
    /// The time of the event with this rank; `None` for [`NEVER`].
    pub fn time(&self, rank: u32) -> Option<u64> {
        self.times.get(rank as usize).copied()
    }

    /// How many sessions there are: one more than the greatest number of a session.
    pub fn session_count(&self) -> usize {
        self.records.iter().map(|r| r.session as usize + 1).max().unwrap_or(0)
    }

    /// The state that an ok operation wrote or read, in words: `absent`, `present`, or the value.
    pub fn state_text(&self, state: u32) -> String {
        match state {
            ABSENT => "absent".into(),
            PRESENT => "present".into(),
            id => match &self.values[id as usize] {
                Value::Bytes(bytes) => crate::anomaly::value_text(bytes),
                Value::Named(name) => format!("#{name}"),
            },
        }
    }

    /// One operation in words, such as `session 0: set b/k = "v1" -> ok`.
    pub fn operation_text(&self, index: usize) -> String {
        let r = &self.records[index];
        let (bucket, key) = &self.registers[r.register as usize];
        let place = format!("{}/{}", crate::anomaly::name_text(bucket), crate::anomaly::name_text(key));
        let what = match r.kind {
            Kind::Set => format!("set {place} = {} -> {}", self.state_text(r.value), r.outcome.name()),
            Kind::Delete => format!("delete {place} -> {}", r.outcome.name()),
            Kind::CompareAndSwap => {
                let swap = self.swaps[r.value as usize];
                let (from, to) = (self.state_text(swap.expected), self.state_text(swap.new));
                let end = match r.outcome {
                    Outcome::Ok if swap.swapped => "swapped",
                    Outcome::Ok => "not swapped",
                    other => other.name(),
                };
                format!("cas {place} {from} to {to} -> {end}")
            }
            Kind::Get | Kind::Exists if r.outcome != Outcome::Ok => {
                format!("{} {place} -> {}", r.kind.name(), r.outcome.name())
            }
            Kind::Get => format!("get {place} -> {}", self.state_text(r.value)),
            Kind::Exists => format!("exists {place} -> {}", r.value == PRESENT),
        };
        format!("session {}: {what}", r.session)
    }
}
