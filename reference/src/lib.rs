//! What `wasi:keyvalue` means, as code.
//!
//! Read the modules in this order:
//!
//! 1. [`interface`]: the interface as traits, and the three kinds of failure.
//! 2. [`history`]: operations, their times and outcomes.
//! 3. [`workload`]: what sessions are asked to do, in a form people read and edit; what runs it, records
//!    it and makes it small.
//! 4. [`stores`]: the smallest correct store, and a replicated one that is truly eventual.
//! 5. [`eventual`]: which states a read may return under eventual semantics; a history goes in,
//!    anomalies come out.
//! 6. [`consistency`]: the ladder of consistency levels, on histories of any length.
//! 7. [`atomics`]: increments and swaps.
//! 8. [`definitions`]: the same by brute force.
//!
//! This crate is pure: no files, no clock, no threads, no randomness but from a seed.
#![forbid(unsafe_code)]

pub mod anomaly;
pub mod atomics;
pub mod consistency;
pub mod definitions;
pub mod eventual;
pub mod hash;
pub mod history;
pub mod interface;
pub mod profile;
pub mod random;
pub mod requirement_id;
pub mod stores;
pub mod workload;

pub use anomaly::Anomaly;
pub use history::{History, HistoryBuilder, Kind, Outcome, Record};
pub use interface::{Bucket, Clock, Failure, Implementation, IncomingValue, OutgoingValue};
pub use profile::Profile;
pub use requirement_id::RequirementId;
pub use stores::memory::InMemory;
pub use workload::Workload;
