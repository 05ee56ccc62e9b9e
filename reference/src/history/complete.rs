//! A history as it is judged: flat, interned and ranked.

use std::sync::Arc;

use super::calls::Calls;
use super::cut_value::CutValue;
use super::header::Header;
use super::record::{Rank, Record, SwapArguments};

/// A value: its bytes, the first of them, or only a name for it where a recording kept no bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// The bytes.
    Bytes(Arc<[u8]>),
    /// A number that stands for the value.
    Named(u64),
    /// Whatever a register holds that was counted in: nothing says what bytes a number is.
    Counted,
    /// The first of its bytes.
    Cut(CutValue),
    /// What a recording printed of it, which need not be its bytes.
    Printed(Arc<[u8]>),
    /// Absence, in registers that begin with a value: see [`History::as_recorded`].
    Absent,
}

/// A history, complete and in order.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What holds for the whole.
    pub(super) header: Header,
    /// Operations in the order of their invocations.
    pub(super) records: Vec<Record>,
    /// Bucket and key of each register.
    pub(super) registers: Vec<(Arc<str>, Arc<str>)>,
    /// The values. Index 0 is never used: it stands for [`State::ABSENT`](super::State::ABSENT).
    pub(super) values: Vec<Value>,
    /// Compare-and-swap operations.
    pub(super) swaps: Vec<SwapArguments>,
    /// The time of each event, by rank. Strictly increasing but for ties.
    pub(super) times: Vec<u64>,
    /// What ranks cannot say: operations of one session, each of which began only when the one before
    /// had ended, though their ranks overlap. Indices into the records, ascending; of two operations
    /// or more each. There are such only where several sessions end an operation and begin another
    /// at one and the same time (see `ties`).
    pub(super) handovers: Vec<Box<[u32]>>,
    /// What does not fit into a record.
    pub(super) calls: Calls,
}

impl History {
    /// What holds for the whole.
    #[inline]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What holds for the whole, to change it.
    pub fn header_mut(&mut self) -> &mut Header {
        &mut self.header
    }

    /// The operations in the order of their invocations.
    #[inline]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Bucket and key of each register, by its number.
    #[inline]
    pub fn registers(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.registers
    }

    /// The values, by their numbers. Number 0 is never used: it stands for [`State::ABSENT`](super::State::ABSENT).
    #[inline]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// How many bytes the values have together that have more than this each, and are kept whole.
    pub fn large_bytes(&self, bytes_max: usize) -> usize {
        let bytes = |value: &Value| if let Value::Bytes(bytes) = value { bytes.len() } else { 0 };
        self.values.iter().map(bytes).filter(|bytes| *bytes > bytes_max).sum()
    }

    /// Keeps of each value of more bytes than this only the beginning: for a history that was judged. Which
    /// values are equal stays known.
    pub fn cut_values(&mut self, bytes_max: usize) {
        for value in &mut self.values {
            if let Value::Bytes(bytes) = value
                && bytes.len() > bytes_max
            {
                *value = Value::Cut(CutValue::of(bytes));
            }
        }
    }

    /// The arguments of the compare-and-swap operations, by their numbers.
    #[inline]
    pub fn swaps(&self) -> &[SwapArguments] {
        &self.swaps
    }

    /// The time of each event, by rank. Strictly increasing but for ties.
    #[inline]
    pub fn times(&self) -> &[u64] {
        &self.times
    }

    /// What ranks cannot say: operations of one session, each of which began only when the one before had
    /// ended, though their ranks overlap. Indices into the records, ascending; of two operations or more
    /// each. There are such only where several sessions end an operation and begin another at one time.
    #[inline]
    pub fn handovers(&self) -> &[Box<[u32]>] {
        &self.handovers
    }

    /// What does not fit into a record.
    #[inline]
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The time of the event with this rank; `None` for [`Rank::NEVER`].
    #[inline]
    pub fn time(&self, rank: Rank) -> Option<u64> {
        self.times.get(rank.index()).copied()
    }

    /// How many sessions there are: one more than the greatest number of a session.
    pub fn session_count(&self) -> usize {
        self.records.iter().map(|r| r.session as usize + 1).max().unwrap_or(0)
    }
}
