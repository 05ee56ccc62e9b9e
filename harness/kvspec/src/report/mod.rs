//! What a run found, in the forms people and machines read. Each form is a
//! [`Listener`](crate::run::Listener).
//!
//! * [`human`]: the terminal.
//! * [`json`](mod@json): machines.
//! * [`cause`]: failures grouped by what their histories show.
//! * [`diagram`]: operations drawn as overlapping lines.

pub mod cause;
pub mod diagram;
pub mod exit;
pub mod human;
pub mod json;
pub mod replay;
pub mod verdict;

pub use crate::run::RunHeader;
pub use exit::{Exit, exit, exit_of};
pub use replay::Replay;
