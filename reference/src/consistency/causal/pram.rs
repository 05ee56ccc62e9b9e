//! PRAM consistency: each session can explain what it read by one order of all writes.
//!
//! **Definition.** For each session there is one order of all writes and of the session's own reads
//! that respects the order of every session and in which each read returns the last write before it
//! (Lipton, Sandberg 1988). Sessions need not agree on the order of writes of different sessions,
//! and what another session had read before it wrote does not count.
//!
//! ```text
//!   session 0        session 1
//!   set x = 1
//!   set y = 2
//!                    get y -> 2
//!                    get x -> absent     not PRAM: session 0 wrote x before y
//! ```
//!
//! **What is looked for** when every read has one source: see `saturation`, where only the
//! observer's own reads order their source before themselves.
//!
//! **Complexity.** O(sessions · rounds · operations · sessions), mostly two rounds, when sources are
//! unique; NP-complete with repeated values: bounded search over the sources (`sources`).

use crate::consistency::budget::Budget;
use crate::consistency::causal::causal_consistency::MISSING;
use crate::consistency::causal::conflict::Refusal;
use crate::consistency::causal::execution::Execution;
use crate::consistency::causal::happens_before::Readers;
use crate::consistency::causal::saturation::saturate;
use crate::consistency::causal::sources::decide;
use crate::consistency::finding::Finding;
use crate::history::History;

/// Judges PRAM consistency.
pub fn check(history: &History) -> Finding {
    check_within(history, &Budget::default())
}

/// The same within a budget.
pub(crate) fn check_within(history: &History, budget: &Budget) -> Finding {
    decide(history, budget, MISSING, Some(Readers::Chain), check_sources)
}

/// Judges an execution whose sources are chosen.
pub(super) fn check_sources(execution: &Execution<'_>) -> Result<bool, Refusal> {
    saturate(execution, Readers::Chain)
}
