//! What the forced sources imply: which choices for the open reads are infeasible, and why.

use crate::consistency::budget::Budget;
use crate::consistency::causal::conflict::Conflict;
use crate::consistency::causal::execution::{Execution, INITIAL, normalise};
use crate::consistency::causal::happens_before::{Clocks, Edges, Order, Readers, join};
use crate::consistency::causal::proof::Proof;
use crate::consistency::causal::walk::Segments;
use crate::history::History;

/// The execution without its open reads: what holds whatever they saw.
pub(super) struct Forced<'h> {
    pub(super) readers: Readers,
    execution: Execution<'h>,
    clocks: Clocks,
    segments: Segments,
    /// What comes before each [`PAST_EVERY`]th operation of a chain but for the chain itself, and by
    /// chain the number of the first.
    pasts: Vec<u32>,
    first_past: Vec<u32>,
}

const PAST_EVERY: usize = 128;

impl<'h> Forced<'h> {
    /// `None` when that alone contradicts itself, which the check will find.
    pub(super) fn new(history: &'h History, budget: &'h Budget, readers: Readers) -> Option<Self> {
        let execution = normalise(history, budget).ok()?;
        let edges = Edges::none(0);
        let clocks = Clocks::new(&execution, Order { readers, edges: &edges }).ok()?;
        let segments = Segments::new(&execution);
        let mut forced = Self { readers, execution, clocks, segments, first_past: Vec::new(), pasts: Vec::new() };
        forced.note_pasts();
        Some(forced)
    }

    fn note_pasts(&mut self) {
        let width = self.execution.chain_count();
        for chain in 0..width {
            self.first_past.push((self.pasts.len() / width) as u32);
            let mut past = vec![0; width];
            for (number, op) in self.execution.chain(chain).enumerate() {
                if number % PAST_EVERY == 0 {
                    self.pasts.extend_from_slice(&past);
                }
                self.join_source(&mut past, op);
            }
        }
    }

    /// Leaves out the choices that come after the read, or were overwritten before it.
    pub(super) fn without_infeasible(&self, read: u32, choices: Vec<u32>) -> Vec<u32> {
        let last_writes = self.last_writes(read);
        choices.into_iter().filter(|&choice| self.why_infeasible(read, choice, &last_writes).is_none()).collect()
    }

    /// Per chain the last write of the read's register that comes before the read.
    fn last_writes(&self, read: u32) -> Vec<u32> {
        let chain = self.execution.ops[read as usize].chain as usize;
        let start = self.execution.chain_starts[chain] as usize;
        let width = self.execution.chain_count();
        let row = (self.first_past[chain] as usize + (read as usize - start) / PAST_EVERY) * width;
        let mut past = self.pasts[row..row + width].to_vec();
        for op in read as usize - (read as usize - start) % PAST_EVERY..read as usize {
            self.join_source(&mut past, op);
        }
        past[chain] = read;
        self.segments.last_before(self.execution.ops[read as usize].register as usize, &past).collect()
    }

    fn join_source(&self, past: &mut [u32], op: usize) {
        if self.execution.is_left_out(op) {
            return;
        }
        let edges = Edges::none(0);
        let order = Order { readers: self.readers, edges: &edges };
        if let Some(source) = order.source_before(&self.execution, op) {
            join(past, self.clocks.of(source));
        }
    }

    fn why_infeasible(&self, read: u32, choice: u32, last_writes: &[u32]) -> Option<Infeasible> {
        if choice == INITIAL {
            return last_writes.first().map(|&last| Infeasible::Overwritten(last));
        }
        let overwrites = |last: &&u32| **last != choice && self.clocks.ordered(&self.execution, choice, **last);
        if let Some(&last) = last_writes.iter().find(overwrites) {
            return Some(Infeasible::Overwritten(last));
        }
        let chain = self.execution.ops[read as usize].chain as usize;
        let is_later = self.execution.is_present_write(choice as usize) && self.clocks.of(choice)[chain] > read;
        is_later.then_some(Infeasible::Later)
    }

    /// The proof that a read cannot have had a source, where it is infeasible.
    pub(super) fn proof(&self, read: u32, choice: u32) -> Option<Conflict> {
        let why = self.why_infeasible(read, choice, &self.last_writes(read))?;
        let edges = Edges::none(0);
        let mut proof = Proof::new(&self.execution, Order { readers: self.readers, edges: &edges });
        let seen = if choice == INITIAL { "the initial state".into() } else { proof.text(choice) };
        match why {
            Infeasible::Overwritten(last) => {
                if choice != INITIAL {
                    proof.before(choice, last);
                }
                proof.before(last, read);
            }
            Infeasible::Later => proof.before(read, choice),
        }
        proof.say(&[read], format!("so {} cannot have seen {seen}", proof.text(read)));
        Some(proof.conflict())
    }
}

/// Why a read cannot have seen a state.
#[derive(Debug, Clone, Copy)]
enum Infeasible {
    /// This write overwrote it before the read.
    Overwritten(u32),
    /// It was written after the read.
    Later,
}
