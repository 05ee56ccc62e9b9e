//! Sequential consistency: one order of all operations that respects each session's order.
//!
//! **Definition.** There is one total order of all operations, of all registers, that respects the
//! order of every session and in which each read returns the last write before it (Lamport 1979).
//! Real time does not count between sessions: everything may be late, but for all in the same order.
//!
//! ```text
//!   session 0        session 1
//!   set x = 1        set y = 1
//!   get y -> absent  get x -> absent     not sequential: one of the writes came first
//! ```
//!
//! **Complexity.** NP-complete even when all sources are known (Gibbons, Korach 1997). So it is done
//! by degrees: a quick search that follows real time, which finds the order of any history that is
//! nearly linearizable; the levels that sequential consistency implies, one of which mostly shows
//! what is wrong; then a longer search. Past its bound the verdict is unknown. The search remembers
//! the states from which there is no way on, and does reads as soon as they can be done, which is
//! never a loss.

use std::collections::HashSet;

use crate::consistency::causal::execution::{Execution, Seen};
use crate::consistency::{Finding, Level, Witness};
use crate::history::{ABSENT, History};

/// Steps of the quick search, for each operation.
const QUICK_STEPS_PER_OPERATION: usize = 4;
/// Steps of the long search.
const LONG_STEPS_MAX: usize = 3_000_000;
/// Words of memory for states without a way on: 256 MiB.
const REMEMBERED_WORDS_MAX: usize = 1 << 26;

/// Judges sequential consistency. The long search comes last: what breaks a weaker level breaks this
/// one, and is found in much less time.
pub fn check(history: &History) -> Finding {
    judge(history, || {
        let findings = WEAKER.iter().map(|&level| crate::consistency::ladder::checker(level)(history));
        findings.into_iter().find(|finding| matches!(finding, Finding::Broken(_)))
    })
}

/// The levels that are judged before the long search.
pub(crate) const WEAKER: [Level; 3] = [Level::Coherent, Level::CausalConvergent, Level::CausalMemory];

/// Judges sequential consistency where it is known that no level of [`WEAKER`] is broken.
pub(crate) fn check_after_weaker(history: &History) -> Finding {
    judge(history, || None)
}

fn judge(history: &History, broken_weaker: impl FnOnce() -> Option<Finding>) -> Finding {
    let execution = match Execution::new(history) {
        Ok(execution) => execution,
        Err(witness) => return Finding::Broken(witness),
    };
    let quick_steps = 1000 + execution.ops.len() * QUICK_STEPS_PER_OPERATION;
    let quick = Search::new(&execution).run(quick_steps);
    if quick == Found::Order {
        return if is_telling(&execution) {
            Finding::Kept
        } else {
            Finding::NotExercised("no session read a register that another session wrote".into())
        };
    }
    if let Some(broken) = broken_weaker() {
        return broken;
    }
    let long = if quick == Found::TooLong { Search::new(&execution).run(LONG_STEPS_MAX) } else { quick };
    match long {
        Found::Order => Finding::Kept,
        Found::None => Finding::Broken(Witness {
            operations: execution
                .ops
                .iter()
                .map(|op| op.record as usize)
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect(),
            because: vec!["no order of these operations that keeps each session's order explains every read".into()],
        }),
        Found::TooLong => Finding::Unknown(format!("no order found in {LONG_STEPS_MAX} steps")),
    }
}

/// Whether some read could have shown that there is no order: it saw another session's write, or
/// what came before one.
fn is_telling(execution: &Execution<'_>) -> bool {
    let mut writer_of: Vec<Option<u32>> = vec![None; execution.history.registers.len()];
    let mut several = vec![false; writer_of.len()];
    for op in execution.ops.iter().filter(|op| op.is_write()) {
        let register = op.register as usize;
        let writer = *writer_of[register].get_or_insert(op.chain);
        several[register] |= writer != op.chain;
    }
    (0..execution.ops.len()).any(|i| {
        let (op, register) = (execution.ops[i], execution.ops[i].register as usize);
        execution.seen(i).is_some() && (several[register] || writer_of[register].is_some_and(|w| w != op.chain))
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Order,
    None,
    TooLong,
}

/// A depth-first search over which chain does its next operation.
struct Search<'a, 'h> {
    execution: &'a Execution<'h>,
    seen: Vec<Option<Seen>>,
    /// The next operation of each chain.
    next: Vec<u32>,
    /// The state of each register.
    state: Vec<u32>,
    /// Operations that must still be done.
    left: usize,
    /// What was done: the chain, and the state its register had before.
    done: Vec<(u32, u32)>,
    dead: HashSet<Box<[u32]>>,
}

/// A point of choice: how much was done on arrival, and the record of the write tried last.
struct Branch {
    done: usize,
    tried: Option<u32>,
}

impl<'a, 'h> Search<'a, 'h> {
    fn new(execution: &'a Execution<'h>) -> Self {
        let chains = execution.chain_count();
        let optional = (0..execution.ops.len()).filter(|&op| execution.is_optional(op as u32)).count();
        Self {
            execution,
            seen: (0..execution.ops.len()).map(|op| execution.seen(op)).collect(),
            next: execution.chain_starts[..chains].to_vec(),
            state: vec![ABSENT; execution.history.registers.len()],
            left: execution.ops.len() - optional,
            done: Vec::new(),
            dead: HashSet::new(),
        }
    }

    fn run(mut self, steps_max: usize) -> Found {
        let words = self.next.len() + self.state.len();
        let mut branches = Vec::new();
        let mut steps = 0;
        self.do_reads();
        branches.push(Branch { done: self.done.len(), tried: None });
        while let Some(branch) = branches.last_mut() {
            if self.left == 0 {
                return Found::Order;
            }
            steps += 1;
            if steps > steps_max || self.dead.len() * words > REMEMBERED_WORDS_MAX {
                return Found::TooLong;
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
                    self.dead.insert(self.snapshot());
                    branches.pop();
                }
            }
        }
        Found::None
    }

    fn snapshot(&self) -> Box<[u32]> {
        self.next.iter().chain(&self.state).copied().collect()
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
