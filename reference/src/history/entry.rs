//! One operation as it is recorded, before it is ranked.

use super::record::{Kind, Operand, Outcome};

/// One operation as it is recorded, with times of the clock.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The session.
    pub session: u16,
    /// Which operation.
    pub kind: Kind,
    /// From [`HistoryBuilder::register`](super::HistoryBuilder::register).
    pub register: u32,
    /// As [`Record::operand`](super::Record::operand); from the builder's `value_*` methods, or its `swap`.
    pub operand: Operand,
    /// How it ended.
    pub outcome: Outcome,
    /// When it was invoked.
    pub invoke: u64,
    /// When it was answered; `None` when it never was.
    pub response: Option<u64>,
}
