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
//! Components and hosts that run them are loaded by the crate `kvspec-component`; the command `kvspec`
//! runs the same cases against them, see the README.

pub mod amount;
pub mod configuration;
pub mod conformance;
pub mod expectation;
pub mod report;
pub mod run;
pub mod selection;
pub mod shell;
pub mod subject;
pub mod toml_file;

pub use kvspec_reference::interface::{
    Atomics, Batch, Bucket, Clock, CompareAndSwap, Counter, Failure, Implementation, IncomingValue, InputStream,
    InterfaceError, KeyPage, Listing, OutgoingValue, OutputStream, Pair, Result, Subject, Swap,
};
pub use kvspec_reference::{History, InMemory, Workload};
pub use kvspec_suites::Declaration;
