//! What kvspec demands of an implementation of `wasi:keyvalue`.
//!
//! * [`declaration`]: what an implementation says of itself: capabilities, limits, its bound.
//! * [`case`]: a conformance case and its verdict; [`check`]: the context it runs in.
//! * [`cases`]: the cases, grouped as the interface is.
//! * [`requirement`]: the registry of requirements, and where each comes from.
//! * [`generate`]: random workloads, for proptest and from a fuzzer's bytes.
//! * [`property`]: the search for a workload that breaks an implementation.
//! * [`mutants`] and [`unusual`]: broken stores that must fail, odd ones that must pass.
//! * [`kill_matrix`]: which case kills which mutant.
#![forbid(unsafe_code)]

pub mod case;
pub mod cases;
pub mod check;
pub mod declaration;
pub mod generate;
mod hooked;
pub mod kill_matrix;
pub mod mutants;
pub mod property;
pub mod requirement;
pub mod unusual;

pub use case::{Case, CaseReport, Totals, Verdict, run_case};
pub use check::Check;
pub use declaration::Declaration;
