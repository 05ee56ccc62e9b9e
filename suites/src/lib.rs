//! What kvspec demands of an implementation of `wasi:keyvalue`.
//!
//! * [`declaration`]: what an implementation says of itself: capabilities, limits, its bound.
//! * [`requirement`]: the registry of requirements, and where each comes from.
//! * [`requirements_table`]: the registry as a page for people.
//! * [`case`](mod@case): a conformance case and its verdict, and the context it runs in.
//! * [`cases`]: the cases, grouped as the interface is.
//! * [`workloads`]: random workloads, for proptest and from a fuzzer's bytes, and the search for one
//!   that breaks an implementation.
//! * [`judging`]: the one judge of histories, for all of these.
//! * [`stores`]: broken stores that must fail, odd ones that must pass.
//! * [`kill_matrix`]: which case kills which mutant.
#![forbid(unsafe_code)]

pub mod case;
pub mod cases;
pub mod declaration;
pub mod judging;
pub mod kill_matrix;
mod persisting;
pub mod requirement;
pub mod requirements_table;
pub mod stores;
pub mod workloads;

pub use case::check::Check;
pub use case::{Case, CaseReport, Totals, Verdict, run_case};
pub use declaration::Declaration;
