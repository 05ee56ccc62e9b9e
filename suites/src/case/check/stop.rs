//! How a step of a case ends.

use super::refutation::Refutation;

/// Why a case ends before its end.
#[derive(Debug)]
pub enum Stop {
    /// The claim is refuted.
    Refuted(Box<Refutation>),
    /// Not applicable; names the declaration that says so.
    Skip(String),
    /// Nothing can be decided.
    Inconclusive(String),
    /// kvspec is at fault.
    Harness(String),
}

/// What a step of a case gives.
pub type Checked<T> = Result<T, Stop>;
