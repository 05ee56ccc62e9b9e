//! The wish of the user that everything ends: a signal, or a limit of time for the whole.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set when the user interrupts. Whoever waits or computes for long looks at it at least every tenth of a
/// second and ends; what was under way then counts for nothing.
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What is said of a call that was under way.
pub const CUT_OFF: &str = "the user ended the run before the call was answered";

/// Whether the user has interrupted.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
