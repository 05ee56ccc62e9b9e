//! Property tests: random workloads by many sessions against any implementation, judged by the
//! oracle, shrunk to the smallest that still shows the fault.
//!
//! Workloads come from the strategy that anybody can use with proptest
//! ([`crate::workloads::proptest`]), seeded by us, and what fails is shrunk through its `ValueTree`.
//! Failures are kept as workload files, not as seeds, so they outlive the generator.
//!
//! ```
//! use kvspec_reference::InMemory;
//! use kvspec_reference::interface::fresh;
//! use kvspec_reference::workload::recorder::ManualClock;
//! use kvspec_suites::workloads::property::{Search, search};
//! use kvspec_suites::{Declaration, Verdict};
//!
//! // The store has no clock of its own and does everything at once: a clock that counts will do.
//! let report = search(&fresh(|_| InMemory::new()), &ManualClock::default(), &Declaration::default(), Search::default());
//! assert_eq!(report.verdict(), Verdict::Pass);
//! ```

mod execution;
mod regression;
mod report;
mod search;
mod smallest;
mod watch;

pub use execution::{Execution, execute, start_trapped};
pub use regression::Regression;
pub use report::{PropertyFailure, PropertyReport, Search, anomaly_text, verdict};
pub use search::{search, search_watched, search_while};
pub use watch::Watch;
