//! What kvspec demands of an implementation of `wasi:keyvalue`.
//!
//! * [`declaration`]: what an implementation says of itself: capabilities, limits, its bound.
//! * [`case`]: a conformance case, the context it runs in, and its verdict.
//! * [`cases`]: the cases, grouped as the interface is.
//! * [`generate`]: random workloads with the habits that find bugs.
//! * [`property`]: searches for a workload that shows a violation, and shrinks it.
//! * [`requirement`]: the registry of requirements, and where each comes from.
#![forbid(unsafe_code)]

pub mod case;
pub mod cases;
pub mod check;
pub mod declaration;
pub mod generate;
pub mod property;
pub mod requirement;

pub use case::{Case, CaseReport, Totals, Verdict, run_case};
pub use check::Check;
pub use declaration::Declaration;
