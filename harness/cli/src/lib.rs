//! The command `kvspec`, as a library: its tests call parts of it.

pub mod command;
pub mod compare;
pub mod format;
pub mod judge_command;
pub mod known_violations;
mod proof_file;
pub mod report;
