//! placeholder

pub mod history_file;
pub mod report;
