//! A search for one order of all operations that keeps the order of each chain.
//!
//! Depth first, following the order of invocations, so that it finds the order of any history that
//! is nearly linearizable at once. It remembers the states from which there is no way on, and does
//! reads as soon as they can be done, which is never a loss.

use std::collections::HashSet;

use crate::consistency::budget::Budget;
use crate::consistency::causal::execution::{Execution, Observed};
use crate::history::State;

/// What a step of the search costs, in steps of the budget, and how much more for each chain.
const BRANCH_STEPS: u64 = 64;
const CHAIN_STEPS: u64 = 16;
/// What it costs to look up or to remember a word of a state.
const WORD_STEPS: u64 = 8;
/// Words of memory for states without a way on: 256 MiB.
const REMEMBERED_WORDS_MAX: usize = 1 << 26;

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// There is one.
    Order,
    /// There is none.
    None,
    /// The budget was spent.
    OutOfBudget,
}

/// A depth-first search over which chain does its next operation.
pub(super) struct Search<'a, 'h> {
    execution: &'a Execution<'h>,
    seen: Vec<Option<Observed>>,
    /// The next operation of each chain.
    next: Vec<u32>,
    /// The state of each register.
    state: Vec<State>,
    /// Operations that must still be done.
    left: usize,
    /// What was done: the chain, and the state its register had before.
    done: Vec<(u32, State)>,
    dead: HashSet<Box<[u32]>, foldhash::fast::RandomState>,
}

/// A point of choice: how much was done on arrival, and the record of the write tried last.
struct Branch {
    done: usize,
    tried: Option<u32>,
}

impl<'a, 'h> Search<'a, 'h> {
    /// A search that has done nothing yet.
    pub(super) fn new(execution: &'a Execution<'h>) -> Self {
        let chains = execution.chain_count();
        let optional = (0..execution.ops.len()).filter(|&op| execution.is_optional(op as u32)).count();
        Self {
            execution,
            seen: (0..execution.ops.len()).map(|op| execution.seen(op)).collect(),
            next: execution.chain_starts[..chains].to_vec(),
            state: vec![State::ABSENT; execution.history.registers().len()],
            left: execution.ops.len() - optional,
            done: Vec::new(),
            dead: HashSet::default(),
        }
    }

    /// Seeks an order of all operations that explains every read and keeps the order of each chain.
    pub(super) fn run(mut self, budget: &Budget) -> Found {
        let words = self.next.len() + self.state.len();
        let step = BRANCH_STEPS + CHAIN_STEPS * self.next.len() as u64;
        let look_up = WORD_STEPS * words as u64;
        let mut branches = Vec::new();
        self.do_reads();
        branches.push(Branch { done: self.done.len(), tried: None });
        while let Some(branch) = branches.last_mut() {
            if self.left == 0 {
                return Found::Order;
            }
            let looked_up = if self.dead.is_empty() { 0 } else { look_up };
            if !budget.spend(step + looked_up) || self.dead.len() * words > REMEMBERED_WORDS_MAX {
                return Found::OutOfBudget;
            }
            let done = branch.done;
            self.undo_to(done);
            match self.next_write(branch.tried) {
                Some(op) => {
                    branch.tried = Some(self.execution.ops[op as usize].record);
                    self.step(op);
                    self.do_reads();
                    if self.dead.is_empty() || !self.dead.contains(&self.snapshot()[..]) {
                        branches.push(Branch { done: self.done.len(), tried: None });
                    }
                }
                None => {
                    let _ = budget.spend(look_up);
                    self.dead.insert(self.snapshot());
                    branches.pop();
                }
            }
        }
        Found::None
    }

    fn snapshot(&self) -> Box<[u32]> {
        self.next.iter().copied().chain(self.state.iter().map(|state| state.number())).collect()
    }

    /// Does all reads that can be done, in all chains.
    fn do_reads(&mut self) {
        for chain in 0..self.next.len() {
            while let Some(op) = self.next_of(chain) {
                if self.execution.ops[op as usize].is_write() || !self.is_enabled(op) {
                    break;
                }
                self.step(op);
            }
        }
    }

    /// Of the writes that can be done, the one invoked first after that of record `tried`.
    fn next_write(&self, tried: Option<u32>) -> Option<u32> {
        let record = |op: &u32| self.execution.ops[*op as usize].record;
        (0..self.next.len())
            .filter_map(|chain| self.next_of(chain))
            .filter(|op| tried.is_none_or(|tried| record(op) > tried))
            .filter(|op| self.execution.ops[*op as usize].is_write() && self.is_enabled(*op))
            .min_by_key(record)
    }

    fn next_of(&self, chain: usize) -> Option<u32> {
        (self.next[chain] < self.execution.chain_starts[chain + 1]).then_some(self.next[chain])
    }

    fn is_enabled(&self, op: u32) -> bool {
        let state = self.state[self.execution.ops[op as usize].register as usize];
        self.seen[op as usize].is_none_or(|seen| seen.admits(state))
    }

    fn step(&mut self, op: u32) {
        let operation = &self.execution.ops[op as usize];
        let state = &mut self.state[operation.register as usize];
        self.done.push((operation.chain, *state));
        if let Some(written) = operation.written() {
            *state = written;
        }
        self.next[operation.chain as usize] += 1;
        self.left -= usize::from(!self.execution.is_optional(op));
    }

    fn undo_to(&mut self, length: usize) {
        while self.done.len() > length {
            let (chain, state) = self.done.pop().expect("more was done");
            self.next[chain as usize] -= 1;
            let op = self.next[chain as usize];
            self.state[self.execution.ops[op as usize].register as usize] = state;
            self.left += usize::from(!self.execution.is_optional(op));
        }
    }
}
