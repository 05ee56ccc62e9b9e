//! What a checker finds of one level, and the proof that it is broken.

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

/// How an operation is named in a chain of reasons.
pub(crate) fn operation_name(history: &crate::history::History, index: usize) -> String {
    format!("[{}]", history.operation_text(index))
}
