//! Forms of reports to choose from.

use clap::ValueEnum;

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON document.
    Json,
    /// JSON, a line a part: head, cases as they end, levels or finds, and the conclusion.
    Jsonl,
}
