//! A history made ready for the levels of the causal family.
//!
//! [`Execution::new`] normalises: operations without effect go, sessions become **chains** (a
//! session breaks off after an indeterminate write and goes on as a fresh chain), and each read
//! gets its **source**, the write whose state it returned. Where the state has one possible writer
//! the source is forced; else the read is *open* and its source is a choice (see
//! `sources`).
//!
//! The initial state of a register, absent, has a source of its own, [`INITIAL`], that comes before
//! everything. An indeterminate write is present exactly when some read has it as its source: an
//! unread write constrains nobody, so leaving it out is never a loss. A compare-and-swap that
//! swapped is one operation that reads `expected` and writes `new`; one that did not swap is a read
//! that saw another state than `expected`.

mod chains;
mod reads_from;

use std::collections::BTreeMap;

use crate::consistency::{Witness, operation_name};
use crate::history::{ABSENT, History, Kind, PRESENT};

/// The source of a read that saw the initial state.
pub(super) const INITIAL: u32 = u32::MAX;
/// The source of an operation that is no read, or whose source is not chosen.
pub(super) const UNREAD: u32 = u32::MAX - 1;
/// What an operation writes that is no write: no written state has this number.
const NOTHING: u32 = PRESENT;

/// What a read saw of its register's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Seen {
    /// This state.
    State(u32),
    /// Any state but this one.
    Not(u32),
}

impl Seen {
    /// Whether the register can have been in this state.
    pub(super) fn admits(self, state: u32) -> bool {
        match self {
            Seen::State(seen) => state == seen,
            Seen::Not(other) => state != other,
        }
    }
}

/// One operation. Its number is its place in [`Execution::ops`]: chain after chain, and in session
/// order within a chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Op {
    /// Index into the records of the history.
    pub(super) record: u32,
    /// Index into the registers of the history.
    pub(super) register: u32,
    /// The chain it belongs to.
    pub(super) chain: u32,
    /// The written state; see [`Op::is_write`].
    written: u32,
}

impl Op {
    /// Whether it writes.
    pub(super) fn is_write(&self) -> bool {
        self.written != NOTHING
    }

    /// The state it writes.
    pub(super) fn written(&self) -> Option<u32> {
        self.is_write().then_some(self.written)
    }
}

/// A read with several possible sources.
#[derive(Debug, Clone)]
pub(super) struct OpenRead {
    /// The read.
    pub(super) op: u32,
    seen: Seen,
    /// Which of [`Execution::classes`] its possible writers are in.
    class: u32,
    /// Whether the initial state is possible too.
    initial: bool,
    /// How many writes of the class were invoked before the read responded.
    begun: u32,
}

/// A normalised history with the sources of its reads.
pub(super) struct Execution<'h> {
    /// What it was made of.
    pub(super) history: &'h History,
    /// The operations, chain after chain.
    pub(super) ops: Vec<Op>,
    /// The first operation of each chain, and at the end the number of operations.
    pub(super) chain_starts: Vec<u32>,
    /// The source of each operation: another operation, [`INITIAL`] or [`UNREAD`].
    pub(super) source: Vec<u32>,
    /// The operation of each record, or [`UNREAD`] for records that were dropped.
    pub(super) op_of_record: Vec<u32>,
    /// Reads whose source is a choice.
    pub(super) open: Vec<OpenRead>,
    /// Sets of writes that open reads may have as their source, by invocation.
    classes: Vec<Vec<u32>>,
    /// For each indeterminate write whether it takes effect.
    optional: BTreeMap<u32, bool>,
    /// Indeterminate compare-and-swaps that expected a state nobody wrote: these never take effect.
    pub(super) impossible: Vec<u32>,
}

impl<'h> Execution<'h> {
    /// Normalises a history and finds the forced sources; open reads have none yet.
    ///
    /// # Errors
    /// The witness, when no write of the register can have given a read its state.
    pub(super) fn new(history: &'h History) -> Result<Self, Witness> {
        let mut execution = Self::chains_of(history);
        execution.find_sources()?;
        Ok(execution)
    }

    /// How many chains there are.
    pub(super) fn chain_count(&self) -> usize {
        self.chain_starts.len() - 1
    }

    /// The operations of a chain.
    pub(super) fn chain(&self, chain: usize) -> std::ops::Range<usize> {
        self.chain_starts[chain] as usize..self.chain_starts[chain + 1] as usize
    }

    /// Whether the operation is a write that takes effect.
    pub(super) fn is_present_write(&self, op: usize) -> bool {
        self.ops[op].is_write() && !self.is_left_out(op)
    }

    /// Whether the operation is an indeterminate write.
    pub(super) fn is_optional(&self, op: u32) -> bool {
        self.optional.contains_key(&op)
    }

    /// Whether the operation is an indeterminate write that no operation has as its source.
    pub(super) fn is_left_out(&self, op: usize) -> bool {
        !self.optional.is_empty() && self.optional.get(&(op as u32)) == Some(&false)
    }

    /// An operation that takes part and has this one as its source.
    pub(super) fn a_reader_of(&self, op: u32) -> Option<u32> {
        (0..self.ops.len()).find(|&r| self.source[r] == op && !self.is_left_out(r)).map(|r| r as u32)
    }

    /// Finds anew which indeterminate writes take effect: those that an operation which takes part
    /// has as its source. To be called after sources were set.
    pub(super) fn settle_optional_writes(&mut self) {
        if self.optional.is_empty() {
            return;
        }
        self.optional.values_mut().for_each(|taken| *taken = false);
        for reader in 0..self.ops.len() as u32 {
            let mut reader = reader;
            // A swap that takes effect is a reader in its turn.
            while !self.is_left_out(reader as usize) {
                let source = self.source[reader as usize];
                match self.optional.get_mut(&source) {
                    Some(taken) if !*taken => *taken = true,
                    _ => break,
                }
                reader = source;
            }
        }
    }

    /// The possible sources of an open read: the write that began last before the read ended, and
    /// so back in time to the initial state; then those that began after the read.
    pub(super) fn choices(&self, read: &OpenRead) -> impl Iterator<Item = u32> + '_ {
        let class = &self.classes[read.class as usize];
        let begun = class[..read.begun as usize].iter().rev();
        let later = class[read.begun as usize..].iter();
        let initial = read.initial.then_some(&INITIAL);
        let (own, seen) = (read.op, read.seen);
        let admits = move |&choice: &u32| choice == INITIAL || seen.admits(self.ops[choice as usize].written);
        begun.chain(initial).chain(later).copied().filter(move |choice| *choice != own && admits(choice))
    }

    /// Times of a write for real-time order: its invocation, and its response unless it may take
    /// effect any time later.
    pub(super) fn write_times(&self, op: u32) -> (u32, u32) {
        let record = &self.history.records[self.ops[op as usize].record as usize];
        let end = if self.is_optional(op) { u32::MAX } else { record.response };
        (record.invoke, end)
    }

    /// The operation in words.
    pub(super) fn text(&self, op: u32) -> String {
        operation_name(self.history, self.ops[op as usize].record as usize)
    }

    /// A witness of these operations.
    pub(super) fn witness(&self, ops: &[u32], because: Vec<String>) -> Witness {
        let mut operations: Vec<usize> = ops.iter().map(|&op| self.ops[op as usize].record as usize).collect();
        operations.sort_unstable();
        operations.dedup();
        Witness { operations, because }
    }

    /// What an operation saw, if it is a read.
    pub(super) fn seen(&self, op: usize) -> Option<Seen> {
        let record = &self.history.records[self.ops[op].record as usize];
        match record.kind {
            Kind::Get => Some(Seen::State(record.value)),
            Kind::Exists if record.value == PRESENT => Some(Seen::Not(ABSENT)),
            Kind::Exists => Some(Seen::State(ABSENT)),
            Kind::CompareAndSwap => {
                let swap = self.history.swaps[record.value as usize];
                Some(if self.ops[op].is_write() { Seen::State(swap.expected) } else { Seen::Not(swap.expected) })
            }
            Kind::Set | Kind::Delete => None,
        }
    }
}
