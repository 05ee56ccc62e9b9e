//! What `wasi:keyvalue` means, as code.
//!
//! Read the modules in this order:
//!
//! 1. [`interface`]: the interface as traits, and the three kinds of failure.
//! 2. [`history`]: operations, their times and outcomes.
//! 3. [`workload`]: what sessions are asked to do, in a form people read and edit.
//! 4. [`recorder`]: sessions that drive an implementation and write down what happened;
//!    [`session_log`] is for sessions that run at the same time.
//! 5. [`memory`]: the smallest correct store.
//! 6. [`model`]: which states a read may return under eventual semantics.
//! 7. [`oracle`]: takes a history, gives the anomalies; [`exhaustive`] is the same by brute force.
//! 8. [`judge`]: the ladder of consistency levels, on histories of any length.
//! 9. [`simulated`]: a replicated store that is truly eventual, healthy or with a classic bug.
//! 10. [`driver`] runs a workload, [`shrink`] makes a failing one small.
//!
//! This crate is pure: no files, no clock, no threads, no randomness but from a seed.
#![forbid(unsafe_code)]

pub mod anomaly;
pub mod driver;
pub mod exhaustive;
pub mod history;
pub mod interface;
pub mod judge;
pub mod memory;
pub mod model;
pub mod oracle;
pub mod random;
pub mod recorder;
pub mod session_log;
pub mod shrink;
pub mod simulated;
pub mod stamp;
pub mod workload;

pub use anomaly::Anomaly;
pub use history::{History, HistoryBuilder, Kind, Outcome, Record};
pub use interface::{Bucket, Clock, Failure, Implementation, IncomingValue, OutgoingValue};
pub use memory::InMemory;
pub use workload::Workload;
