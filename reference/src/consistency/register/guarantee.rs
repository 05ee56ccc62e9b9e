//! The two session guarantees that look at one register.

use crate::history::effect::Seen;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guarantee {
    ReadYourWrites,
    MonotonicReads,
}

/// An operation that saw something too old.
pub(super) struct Violation {
    pub(super) index: usize,
    pub(super) seen: Seen,
    /// The invocation of a newer write that its session knew.
    pub(super) floor: u32,
}
