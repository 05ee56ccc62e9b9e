//! A history made ready for the levels of the causal family.
//!
//! [`normalise`](super::normalise) makes it: operations without effect go, sessions become **chains** (a
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

use std::collections::BTreeMap;

use crate::consistency::budget::Budget;
use crate::consistency::causal::conflict::Refusal;
use crate::consistency::finding::{Witness, operation_name};
use crate::history::{History, Kind, State};

/// The source of a read that saw the initial state.
pub(in super::super) const INITIAL: u32 = u32::MAX;
/// The source of an operation that is no read, or whose source is not chosen.
pub(in super::super) const UNREAD: u32 = u32::MAX - 1;
/// What an operation writes that is no write: no written state has this number.
pub(super) const NOTHING: State = State::PRESENT;

/// What a read saw of its register's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) enum Observed {
    /// This state.
    State(State),
    /// Any state but this one.
    Not(State),
}

impl Observed {
    /// Whether the register can have been in this state.
    pub(in super::super) fn admits(self, state: State) -> bool {
        match self {
            Observed::State(seen) => state == seen,
            Observed::Not(other) => state != other,
        }
    }
}

/// One operation. Its number is its place in [`Execution::ops`]: chain after chain, and in session
/// order within a chain.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Op {
    /// Index into the records of the history.
    pub(in super::super) record: u32,
    /// Index into the registers of the history.
    pub(in super::super) register: u32,
    /// The chain it belongs to.
    pub(in super::super) chain: u32,
    /// The written state; see [`Op::is_write`].
    pub(super) written: State,
}

impl Op {
    /// Whether it writes.
    pub(in super::super) fn is_write(&self) -> bool {
        self.written != NOTHING
    }

    /// The state it writes.
    pub(in super::super) fn written(&self) -> Option<State> {
        self.is_write().then_some(self.written)
    }
}

/// A read with several possible sources.
#[derive(Debug, Clone)]
pub(in super::super) struct OpenRead {
    /// The read.
    pub(in super::super) op: u32,
    pub(super) seen: Observed,
    /// Which of [`Execution::classes`] its possible writers are in.
    pub(super) class: u32,
    /// Whether the initial state is possible too.
    pub(super) initial: bool,
    /// How many writes of the class were invoked before the read responded.
    pub(super) begun: u32,
}

/// A normalised history with the sources of its reads.
pub(in super::super) struct Execution<'h> {
    /// What the checks of it may cost.
    pub(in super::super) budget: &'h Budget,
    /// What it was made of.
    pub(in super::super) history: &'h History,
    /// The operations, chain after chain.
    pub(in super::super) ops: Vec<Op>,
    /// The first operation of each chain, and at the end the number of operations.
    pub(in super::super) chain_starts: Vec<u32>,
    /// The source of each operation: another operation, [`INITIAL`] or [`UNREAD`].
    pub(in super::super) source: Vec<u32>,
    /// The operation of each record, or [`UNREAD`] for records that were dropped.
    pub(in super::super) op_of_record: Vec<u32>,
    /// Reads whose source is a choice.
    pub(in super::super) open: Vec<OpenRead>,
    /// Sets of writes that open reads may have as their source, by invocation.
    pub(super) classes: Vec<Vec<u32>>,
    /// For each indeterminate write whether it takes effect.
    pub(super) optional: BTreeMap<u32, bool>,
    /// Indeterminate compare-and-swaps that expected a state nobody wrote: these never take effect.
    pub(in super::super) impossible: Vec<u32>,
}

impl Execution<'_> {
    /// Takes steps from the budget.
    ///
    /// # Errors
    /// When there are not so many.
    pub(in super::super) fn charge(&self, steps: usize) -> Result<(), Refusal> {
        if self.budget.spend(steps as u64) { Ok(()) } else { Err(Refusal::OutOfBudget) }
    }

    /// What one pass over all operations costs that keeps a vector clock for each write.
    pub(in super::super) fn clock_steps(&self) -> usize {
        self.ops.len() * (16 + self.chain_count())
    }

    /// How many chains there are.
    pub(in super::super) fn chain_count(&self) -> usize {
        self.chain_starts.len() - 1
    }

    /// The operations of a chain.
    pub(in super::super) fn chain(&self, chain: usize) -> std::ops::Range<usize> {
        self.chain_starts[chain] as usize..self.chain_starts[chain + 1] as usize
    }

    /// The registers with a read whose source is a choice, ascending.
    pub(in super::super) fn open_registers(&self) -> Vec<u32> {
        let mut registers: Vec<u32> = self.open.iter().map(|read| self.ops[read.op as usize].register).collect();
        registers.sort_unstable();
        registers.dedup();
        registers
    }

    /// Whether the operation is a write that takes effect.
    pub(in super::super) fn is_present_write(&self, op: usize) -> bool {
        self.ops[op].is_write() && !self.is_left_out(op)
    }

    /// Whether the operation is an indeterminate write.
    pub(in super::super) fn is_optional(&self, op: u32) -> bool {
        self.optional.contains_key(&op)
    }

    /// Whether the operation is an indeterminate write that no operation has as its source.
    pub(in super::super) fn is_left_out(&self, op: usize) -> bool {
        !self.optional.is_empty() && self.optional.get(&(op as u32)) == Some(&false)
    }

    /// An operation that takes part and has this one as its source.
    pub(in super::super) fn a_reader_of(&self, op: u32) -> Option<u32> {
        (0..self.ops.len()).find(|&r| self.source[r] == op && !self.is_left_out(r)).map(|r| r as u32)
    }

    /// Finds anew which indeterminate writes take effect: those that an operation which takes part
    /// has as its source. To be called after sources were set.
    pub(in super::super) fn settle_optional_writes(&mut self) {
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
    pub(in super::super) fn choices(&self, read: &OpenRead) -> impl Iterator<Item = u32> + '_ {
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
    pub(in super::super) fn write_times(&self, op: u32) -> (u32, u32) {
        let record = &self.history.records()[self.ops[op as usize].record as usize];
        let end = if self.is_optional(op) { u32::MAX } else { record.response.place() };
        (record.invoke.place(), end)
    }

    /// The operation in words.
    pub(in super::super) fn text(&self, op: u32) -> String {
        operation_name(self.history, self.ops[op as usize].record as usize)
    }

    /// A witness of these operations.
    pub(in super::super) fn witness(&self, ops: &[u32], because: Vec<String>) -> Witness {
        let mut operations: Vec<usize> = ops.iter().map(|&op| self.ops[op as usize].record as usize).collect();
        operations.sort_unstable();
        operations.dedup();
        Witness { operations, because }
    }

    /// What an operation saw, if it is a read.
    pub(in super::super) fn seen(&self, op: usize) -> Option<Observed> {
        let record = &self.history.records()[self.ops[op].record as usize];
        match record.kind {
            Kind::Get => Some(Observed::State(record.operand.state())),
            Kind::Exists | Kind::List if record.operand.state() == State::PRESENT => Some(Observed::Not(State::ABSENT)),
            Kind::Exists | Kind::List => Some(Observed::State(State::ABSENT)),
            Kind::CompareAndSwap => {
                let swap = self.history.swaps()[record.operand.swap_index()];
                Some(if self.ops[op].is_write() {
                    Observed::State(swap.expected)
                } else {
                    Observed::Not(swap.expected)
                })
            }
            Kind::Set | Kind::Delete | Kind::Increment | Kind::Swap | Kind::CasNew | Kind::CasCurrent => None,
        }
    }
}
