//! What a test needs that uses proptest: workloads as a strategy, a check, and failures that are kept
//! as workload files.
//!
//! ```no_run
//! use kvspec_suites::Declaration;
//! use kvspec_suites::workloads::proptest::{WorkloadFiles, check, workloads};
//! use kvspec_reference::InMemory;
//! use proptest::prelude::*;
//!
//! fn files() -> WorkloadFiles {
//!     WorkloadFiles::new("tests/my_store")
//! }
//!
//! proptest! {
//!     #![proptest_config(ProptestConfig { failure_persistence: Some(Box::new(files())), ..Default::default() })]
//!
//!     #[test]
//!     fn my_store(workload in workloads(&Declaration::default()).trying_first(files().kept())) {
//!         check(&workload, &fresh(|_| InMemory::new()), &Declaration::default())?;
//!     }
//! }
//! ```
//!
//! A failure ends at a workload from which nothing can be taken, printed in its text form; the same
//! text is written to the folder, and tried first from then on.

mod check;
mod files;

pub use self::check::{check, check_with_clock};
pub use self::files::WorkloadFiles;
pub use crate::workloads::generate::{Size, WorkloadTree, Workloads, workloads};
