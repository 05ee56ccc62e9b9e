//! Causal consistency (CC): each read is explained by an order of its causal past.
//!
//! **Definition.** Causal order is the least transitive order that holds each session's order and
//! puts the source of every read before the read. The history is causal when causal order has no
//! cycle and, for each operation, some order of its causal past that respects causal order makes it
//! return what it returned. Different operations may take different orders: concurrent writes need
//! no common arbitration (that is [`crate::consistency::causal::causal_convergent`]).
//!
//! ```text
//!   session 0        session 1        session 2
//!   set x = 1
//!   set x = 2
//!                    get x -> 2
//!                    set y = 3
//!                                     get y -> 3
//!                                     get x -> 1     not causal: x = 2 is in its past, after x = 1
//! ```
//!
//! **What is looked for** when every read has one source: a cycle of causal order; a read whose
//! source is overwritten in its causal past; a read of the initial state with a write of the
//! register in its causal past (Bouajjani, Enea, Guerraoui, Hamza, POPL 2017, theorem 3; deletes are
//! writes, and the initial state is a write before everything).
//!
//! **Complexity.** O(operations · sessions) with vector clocks when sources are unique. Repeated
//! values make it NP-complete: bounded search over the sources (`sources`).

use crate::consistency::budget::Budget;
use crate::consistency::causal::conflict::{Conflict, Refusal};
use crate::consistency::causal::execution::Execution;
use crate::consistency::causal::happens_before::{Clocks, Edges, Order, Readers};
use crate::consistency::causal::proof::Proof;
use crate::consistency::causal::sources::{decide, smallest};
use crate::consistency::causal::walk::{LastWrite, Segments, Walk, is_exercised, missed_write};
use crate::consistency::finding::Finding;
use crate::history::History;

/// What a history without evidence lacks.
pub(super) const MISSING: &str = "no session read a register after it had heard of another session's write to it";

/// Judges causal consistency.
pub fn check(history: &History) -> Finding {
    check_within(history, &Budget::default())
}

/// The same within a budget.
pub(crate) fn check_within(history: &History, budget: &Budget) -> Finding {
    decide(history, budget, MISSING, Some(|_| Readers::All), check_sources)
}

/// Judges an execution whose sources are chosen.
pub(super) fn check_sources(execution: &Execution<'_>) -> Result<bool, Refusal> {
    execution.charge(2 * execution.clock_steps())?;
    let edges = Edges::none(0);
    let order = Order { readers: Readers::All, edges: &edges };
    let clocks = Clocks::new(execution, order).map_err(|cycle| cyclic(execution, order, &cycle))?;
    let segments = Segments::new(execution);
    let mut walk = Walk::new(execution, &segments);
    let mut exercised = false;
    for chain in 0..execution.chain_count() {
        walk.chain(chain, &clocks, order, |visit| {
            exercised = exercised || is_exercised(execution, &visit);
            if let Some(write) = missed_write(&visit) {
                return Err(initial_after_write(execution, order, write, visit.read));
            }
            let overwrites =
                |last: &&LastWrite| last.write != visit.source && clocks.ordered(execution, visit.source, last.write);
            let of_last = |last: &LastWrite| overwritten(execution, order, visit.source, last.write, visit.read);
            smallest(visit.last_writes.iter().filter(overwrites).map(of_last)).map_or(Ok(()), Err)
        })?;
    }
    Ok(exercised)
}

/// The conflict of a cycle.
pub(super) fn cyclic(
    execution: &Execution<'_>,
    order: Order<'_>,
    cycle: &crate::consistency::causal::happens_before::Cycle,
) -> Conflict {
    let mut proof = Proof::new(execution, order);
    proof.cycle(cycle);
    proof.conflict()
}

/// The conflict of a read that saw the initial state though `write` comes before it.
pub(super) fn initial_after_write(execution: &Execution<'_>, order: Order<'_>, write: u32, read: u32) -> Conflict {
    let mut proof = Proof::new(execution, order);
    proof.before(write, read);
    proof.saw(read);
    proof.say(&[], format!("the initial state was overwritten by {} before that", proof.text(write)));
    proof.conflict()
}

fn overwritten(execution: &Execution<'_>, order: Order<'_>, source: u32, last: u32, read: u32) -> Conflict {
    let mut proof = Proof::new(execution, order);
    proof.saw(read);
    proof.before(source, last);
    proof.before(last, read);
    proof.say(&[], format!("{} saw a state that {} had overwritten", proof.text(read), proof.text(last)));
    proof.conflict()
}
