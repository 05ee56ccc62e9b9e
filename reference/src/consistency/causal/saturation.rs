//! Saturation for one observing session: the serialisation that [`crate::consistency::causal::pram`] and
//! [`crate::consistency::causal::causal_memory`] ask for, found without searching.
//!
//! The observer's reads must fit into one order of the writes. Whenever a write `a` of a register
//! comes before a read of the observer that saw another write `b` of it, `a` must come before `b`.
//! Such edges are added until none is new. If the order has no cycle, and no read of the initial
//! state has a write before it, the serialisation exists: take the observer's reads one by one and
//! place what comes before each, not yet placed, with its source last; all writes of the register
//! that come before the read come before the source. (Bouajjani et al., POPL 2017, for causal
//! memory; Wei et al., 2016, for PRAM.)
//!
//! A compare-and-swap of the observer reads and writes at one place: an edge into it is an edge
//! before its read.
//!
//! Each round is O(operations · sessions); mostly two rounds are enough.

use crate::consistency::causal::causal_consistency::{cyclic, initial_after_write};
use crate::consistency::causal::conflict::{Conflict, Refusal};
use crate::consistency::causal::execution::{Execution, UNREAD};
use crate::consistency::causal::happens_before::{Clocks, Edge, Edges, Order, Readers};
use crate::consistency::causal::proof::Proof;
use crate::consistency::causal::sources::smallest;
use crate::consistency::causal::walk::{LastWrite, Segments, Walk, is_exercised, missed_write};

/// Whether one serialisation for each chain exists, where `readers` says whose reads count as order
/// for an observer. The answer is whether some read could have shown that there is none.
pub(super) fn saturate(execution: &Execution<'_>, readers: impl Fn(u32) -> Readers) -> Result<bool, Refusal> {
    let segments = Segments::new(execution);
    let mut exercised = false;
    for chain in 0..execution.chain_count() {
        exercised |= saturate_chain(execution, &segments, chain, readers(chain as u32))?;
    }
    Ok(exercised)
}

fn saturate_chain(
    execution: &Execution<'_>,
    segments: &Segments,
    chain: usize,
    readers: Readers,
) -> Result<bool, Refusal> {
    let mut edges = Edges::none(execution.ops.len());
    let mut walk = Walk::new(execution, segments);
    loop {
        execution.charge(execution.clock_steps())?;
        let order = Order { readers, edges: &edges };
        let clocks = Clocks::new(execution, order).map_err(|cycle| cyclic(execution, order, &cycle))?;
        let mut found = Vec::new();
        let mut exercised = false;
        walk.chain(chain, &clocks, order, |visit| {
            exercised = exercised || is_exercised(execution, &visit);
            if let Some(write) = missed_write(&visit) {
                return Err(initial_after_write(execution, order, write, visit.read));
            }
            let unordered =
                |last: &&LastWrite| last.write != visit.source && !clocks.ordered(execution, last.write, visit.source);
            if visit.source < UNREAD {
                for last in visit.last_writes.iter().filter(unordered) {
                    found.push(Edge { before: last.write, after: visit.source, read: visit.read });
                }
            }
            Ok(())
        })?;
        let contradicts = |edge: &&Edge| clocks.ordered(execution, edge.after, edge.before);
        let contradictions = found.iter().filter(contradicts).map(|&edge| contradiction(execution, order, edge));
        if let Some(conflict) = smallest(contradictions) {
            return Err(conflict.into());
        }
        if found.is_empty() {
            return Ok(exercised);
        }
        found.into_iter().for_each(|edge| edges.push(edge));
    }
}

/// The conflict of an edge against the order so far: reported here, a round before it makes a cycle.
fn contradiction(execution: &Execution<'_>, order: Order<'_>, edge: Edge) -> Conflict {
    let mut proof = Proof::new(execution, order);
    proof.overwritten(edge, u32::MAX);
    proof.before(edge.after, edge.before);
    proof.say(&[], format!("{} saw a state that {} had overwritten", proof.text(edge.read), proof.text(edge.before)));
    proof.conflict()
}
