//! One session against a store in Rust.

use kvspec_reference::InMemory;
use kvspec_reference::interface::{Subject, fresh};
use kvspec_suites::Declaration;
use kvspec_suites::declaration::Claim;
use kvspec_suites::workloads::generate::Size;

use crate::workloads::Store;
use crate::{Checked, canary};

/// Runs the bytes against the smallest correct store. To fuzz a store of your own, give it here.
///
/// # Errors
/// What is wrong.
pub fn run(bytes: &[u8]) -> Checked {
    store(&fresh(|_| InMemory::new())).check(bytes)
}

/// Runs the bytes against a store that shortens long values.
///
/// # Errors
/// What is wrong.
pub fn run_canary(bytes: &[u8]) -> Checked {
    store(&fresh(|_| canary::ShortensLongValues::default())).check(bytes)
}

/// The store that is fuzzed: it sees each write at once.
pub fn store(subject: &dyn Subject) -> Store<'_> {
    let mut declaration = Declaration::default();
    declaration.consistency.claims = vec![Claim::Linearizable];
    Store { subject, declaration, size: Size { sessions: 1, value_bytes: 5_000, ..Size::default() } }
}
