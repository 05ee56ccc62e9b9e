//! kvspec: a conformance test suite for `wasi:keyvalue`.
//!
//! A store in Rust is tested from its own crate, in a test target with `harness = false`:
//!
//! ```no_run
//! use kvspec::InMemory;
//!
//! kvspec::conformance!(InMemory::new);
//! ```
//!
//! The command `kvspec` runs the same cases against components; see the README.

mod amount;
pub mod command;
pub mod configuration;
pub mod conformance;
pub mod coverage;
pub mod expectation;
pub mod fuzzing;
pub mod history_file;
pub mod judge_command;
pub mod report;
pub mod run;
pub mod selection;
pub mod subject;
pub mod toml_file;

pub use kvspec_reference::interface::{
    Atomics, Batch, Bucket, Clock, CompareAndSwap, Counter, Failure, Implementation, IncomingValue, InputStream,
    InterfaceError, KeyPage, Listing, OutgoingValue, OutputStream, Pair, Result, Subject, Swap,
};
pub use kvspec_reference::{History, InMemory, Workload};
pub use kvspec_suites::Declaration;
pub use subject::host::host;
