//! What a run found, in the forms people and machines read.
//!
//! * [`human`]: the terminal.
//! * [`json`](mod@json): machines.
//! * [`diagram`]: operations drawn as overlapping lines.

pub mod diagram;
pub mod exit;
mod header;
pub mod human;
pub mod json;

pub use exit::{Exit, exit, exit_of};
pub use header::RunHeader;
