//! A conformance case, its verdict, and the totals of many.

pub mod check;
mod definition;
mod report;
mod run;

pub use definition::Case;
pub use report::{CaseReport, Totals, Verdict};
pub use run::run_case;

#[cfg(test)]
mod tests;
