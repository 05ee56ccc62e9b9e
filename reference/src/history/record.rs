//! One operation: which, by whom, when, on what, and how it ended.

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
    /// Writes a value if the register holds an expected one; `value` indexes [`History::swaps`](super::History::swaps).
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
    /// Index into [`History::registers`](super::History::registers).
    pub register: u32,
    /// What was written or read: an index into [`History::values`](super::History::values), [`ABSENT`], [`PRESENT`] (only
    /// for `exists`) or, for a compare-and-swap, an index into [`History::swaps`](super::History::swaps). Without meaning
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
    /// [`History::swaps`](super::History::swaps).)
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
