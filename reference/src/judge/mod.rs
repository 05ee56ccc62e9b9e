//! The judge: which level of consistency a history keeps, and the proof for what it breaks.
//!
//! Each level is a module with its definition, source and complexity, and one function from a
//! [`History`](crate::History) to a [`Finding`].

pub mod causal;
pub mod causal_convergent;
pub mod causal_memory;
pub mod coherent;
pub mod convergence;
pub(crate) mod effect;
mod execution;
pub mod exhaustive;
pub mod exhaustive_causal;
pub mod explain;
mod forced;
mod happens_before;
pub mod integrity;
pub mod ladder;
mod level;
mod likely;
pub mod linearizable;
pub mod pram;
mod proof;
pub mod regular;
mod saturation;
pub mod sequential;
pub mod session_order;
pub mod sessions;
pub(crate) mod shrink;
mod sources;
pub mod staleness;
pub mod sub_history;
mod walk;
pub(crate) mod writers;

/// A level of consistency, strongest first. Which implies which is told by [`Level::implies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Per key one order that respects real time (Herlihy, Wing 1990).
    Linearizable,
    /// One order of all keys that respects each session's order (Lamport 1979).
    Sequential,
    /// Causal, with one arbitration of writes for all (Burckhardt 2014; Bouajjani et al. 2017).
    CausalConvergent,
    /// Per session a serialisation of its causal past that fixes earlier reads (Ahamad et al. 1995).
    CausalMemory,
    /// Each read is explained by an order of its causal past.
    Causal,
    /// Per session one order of all writes and its own reads (Lipton, Sandberg 1988).
    Pram,
    /// Per key one order that respects each session's order.
    Coherent,
    /// Each read returns a write not certainly overwritten before it (Lamport 1986).
    Regular,
    /// A session's reads see its own writes (Terry et al. 1994).
    ReadYourWrites,
    /// A session's reads never go back.
    MonotonicReads,
    /// A session's writes are seen in their order.
    MonotonicWrites,
    /// A write is seen after the writes its session had read.
    WritesFollowReads,
    /// The state after quiescence is one of the last writes.
    LastWrite,
    /// After quiescence plus the bound, all reads of a key give one state.
    Convergent,
    /// No value out of thin air, none from the future.
    Integrity,
}

/// What a checker found of one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The history keeps the level, and something in it could have broken it.
    Kept,
    /// The history breaks the level.
    Broken(Witness),
    /// The bound of the exact search was hit; why.
    Unknown(String),
    /// Nothing in the history could have broken the level; what was missing.
    NotExercised(String),
}

/// The proof that a level is broken: a sub-history that breaks it by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Indices into the records of the history, ascending.
    pub operations: Vec<usize>,
    /// Why, as a chain: each line follows from those before it.
    pub because: Vec<String>,
}

/// An operation in a chain of because.
fn name(history: &crate::history::History, index: usize) -> String {
    format!("[{}]", history.operation_text(index))
}
