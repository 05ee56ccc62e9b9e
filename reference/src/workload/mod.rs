//! Workloads: what sessions are asked to do.
//!
//! The same type comes from cases, from proptest, from a fuzzer's bytes and from files. The text
//! form ([`text`]) has one step a line and outlives any generator:
//!
//! ```text
//! kvspec workload 1
//! profile eventual@0.1.0
//! sessions 2
//!
//! 0 set b k stamp(0.1 64)     # session 0 writes 64 bytes that name their writer
//! 1 get b k
//! 0 delete b "a key\n"
//! wait 500ms                  # let time pass
//! quiesce                     # let the convergence bound pass, then read every register
//! ```
//!
//! The order of the lines is the interleaving: a driver that calls one session at a time follows
//! it; a driver with real threads keeps the order within each session, and lets no step cross a
//! `wait` or `quiesce`.

pub mod client;
pub mod driver;
pub mod log;
mod persistence;
pub mod recorder;
pub mod session_log;
pub mod shrink;
pub mod stamp;
mod step;
pub mod text;

pub use persistence::Persistence;
pub use step::{Call, SESSIONS_MAX, Step, ValueSource, Workload};
