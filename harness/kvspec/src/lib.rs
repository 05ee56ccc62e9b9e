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
//! [`Conformance`] says more: the profile, a seed, real threads, a backend that all stores share, known
//! violations. Stores whose calls are asynchronous are in [`asynchronous`].
//!
//! Components and hosts that run them are loaded by the crate `kvspec-component`; the command `kvspec`
//! runs the same cases against them.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod asynchronous;
pub mod conformance;
pub mod expectation;
pub mod probe;
pub mod subject;

// For the other crates of kvspec; no promise is made of them.
#[doc(hidden)]
pub mod amount;
#[doc(hidden)]
pub mod configuration;
#[doc(hidden)]
pub mod interruption;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod selection;
#[doc(hidden)]
pub mod shell;
#[doc(hidden)]
pub mod toml_file;

pub use conformance::{Conformance, ConformanceError};
pub use expectation::{Expectation, Expectations};
pub use kvspec_reference::interface::{
    Atomics, Batch, Bucket, BufferedIncoming, BufferedOutgoing, Clock, CompareAndSwap, Counter, ErrorKind, Failure,
    Fresh, Implementation, IncomingValue, InputStream, InterfaceError, KeyPage, Listing, OutgoingValue, OutputStream,
    Pair, Result, Subject, Swap, fresh,
};
pub use kvspec_reference::profile::UnknownProfile;
pub use kvspec_reference::workload::recorder::ManualClock;
pub use kvspec_reference::{Anomaly, History, InMemory, Profile, RequirementId, Workload};
pub use kvspec_suites::declaration::{
    Capabilities, Claim, Consistency, Declaration, DeclarationFault, Errors, Identity, KeyCharacters, Limits,
};
