//! Many sessions against a replicated store.

use std::time::Duration;

use kvspec_reference::stores::simulated::{self, Parameters, Simulated};
use kvspec_suites::Declaration;
use kvspec_suites::workloads::generate::Size;

use crate::workloads::Store;
use crate::{Checked, canary};

/// Runs the bytes against the simulated cluster.
///
/// # Errors
/// What is wrong.
pub fn run(bytes: &[u8]) -> Checked {
    store(&simulated::subject(None)).check(bytes)
}

/// Runs the bytes against a cluster that forgets what was deleted.
///
/// # Errors
/// What is wrong.
pub fn run_canary(bytes: &[u8]) -> Checked {
    store(&canary::forgetful_cluster()).check(bytes)
}

/// The store that is fuzzed, with the convergence bound that the cluster keeps.
pub fn store(subject: &Simulated) -> Store<'_> {
    let bound_ms = Parameters::convergence_bound(&subject.parameters).as_millis() as u64;
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(bound_ms);
    let size = Size { value_bytes: 300, pause: Duration::from_secs(5), ..Size::default() };
    Store { subject, declaration, size }
}
