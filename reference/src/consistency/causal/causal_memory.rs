//! Causal memory (CM): per session one serialisation of its causal past that explains all its reads.
//!
//! **Definition.** Causal order is as in [`crate::consistency::causal::causal_consistency`], and without a cycle. For each session
//! there is one order of its causal past that respects causal order and in which each of the
//! session's reads returns the last write before it (Ahamad, Neiger, Burns, Kohli, Hutto 1995).
//! Unlike in plain causal consistency a session does not change its mind; unlike in causal
//! convergence two sessions may keep different minds forever.
//!
//! ```text
//!   session 0        session 1
//!   set x = 1        set x = 2
//!                    get x -> 2
//!                    get x -> 1
//!                    get x -> 2          not causal memory: x went from 2 to 1 and back
//! ```
//!
//! **What is looked for** when every read has one source: see `saturation`, on top of
//! causal order.
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

/// Judges causal memory.
pub fn check(history: &History) -> Finding {
    check_within(history, &Budget::default())
}

/// The same within a budget.
pub(crate) fn check_within(history: &History, budget: &Budget) -> Finding {
    decide(history, budget, MISSING, Some(|_| Readers::All), check_sources)
}

/// Judges an execution whose sources are chosen.
pub(super) fn check_sources(execution: &Execution<'_>) -> Result<bool, Refusal> {
    // Writes outside a session's causal past come before none of its reads, so they may stay.
    saturate(execution, |_| Readers::All)
}
