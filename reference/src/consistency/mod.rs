//! The judge: which level of consistency a history keeps, and the proof for what it breaks.
//!
//! Each level is a module with its definition, source and complexity, and one function from a
//! [`History`](crate::History) to a [`Finding`]. Read them in this order: [`level`](Level) names the
//! levels and says which implies which; [`ladder`] asks each, within a [`Budget`]; [`register`] holds the
//! levels that look at one register at a time, [`causal`] those that look at all; [`explain`] makes a
//! proof small.

pub mod budget;
pub mod causal;
mod checkers;
mod closed;
pub mod convergence;
pub mod explain;
pub(crate) mod finding;
pub mod integrity;
pub mod ladder;
mod level;
pub mod register;
mod shrink;
pub mod staleness;

pub use budget::Budget;
pub use finding::{Finding, Witness};
pub use level::Level;
