//! The levels that look at all registers together: the causal family, sequential and coherent.

pub mod causal_consistency;
pub mod causal_convergent;
pub mod causal_memory;
pub mod coherent;
mod conflict;
mod execution;
mod forced;
mod happens_before;
mod heuristic;
mod order_search;
pub mod pram;
mod proof;
mod saturation;
pub mod sequential;
pub mod session_order;
mod sources;
mod walk;
