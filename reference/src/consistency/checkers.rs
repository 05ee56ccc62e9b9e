//! The checker of each level.

use crate::consistency::budget::Budget;
use crate::consistency::causal::{
    causal_consistency, causal_convergent, causal_memory, coherent, pram, sequential, session_order,
};
use crate::consistency::finding::Finding;
use crate::consistency::level::Level;
use crate::consistency::register::{linearizable, regular, sessions};
use crate::consistency::{convergence, integrity};
use crate::history::History;

/// The function that judges one level by itself, within [`Budget::default`].
pub type Checker = fn(&History) -> Finding;

/// The checker of a level.
pub fn checker(level: Level) -> Checker {
    match level {
        Level::Linearizable => linearizable::check,
        Level::Sequential => sequential::check,
        Level::CausalConvergent => causal_convergent::check,
        Level::CausalMemory => causal_memory::check,
        Level::Causal => causal_consistency::check,
        Level::Pram => pram::check,
        Level::Coherent => coherent::check,
        Level::Regular => regular::check,
        Level::ReadYourWrites => sessions::check_read_your_writes,
        Level::MonotonicReads => sessions::check_monotonic_reads,
        Level::MonotonicWrites => session_order::check_monotonic_writes,
        Level::WritesFollowReads => session_order::check_writes_follow_reads,
        Level::LastWrite => convergence::check_last_write,
        Level::Convergent => convergence::check,
        Level::Integrity => integrity::check,
    }
}

/// Judges a level within a budget. Levels that are decided in linear time always are, whatever is
/// left.
pub fn check_within(level: Level, history: &History, budget: &Budget) -> Finding {
    match level {
        Level::Linearizable => linearizable::check_within(history, budget),
        Level::Sequential => sequential::check_within(history, budget),
        Level::CausalConvergent => causal_convergent::check_within(history, budget),
        Level::CausalMemory => causal_memory::check_within(history, budget),
        Level::Causal => causal_consistency::check_within(history, budget),
        Level::Pram => pram::check_within(history, budget),
        Level::Coherent => coherent::check_within(history, budget),
        Level::MonotonicWrites => session_order::monotonic_writes_within(history, budget),
        Level::WritesFollowReads => session_order::writes_follow_reads_within(history, budget),
        Level::Regular
        | Level::ReadYourWrites
        | Level::MonotonicReads
        | Level::LastWrite
        | Level::Convergent
        | Level::Integrity => checker(level)(history),
    }
}
