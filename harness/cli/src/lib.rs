//! The command `kvspec`, as a library: its tests call parts of it.

pub mod command;
pub mod format;
pub mod judge_command;
mod proof_file;
pub mod report;
