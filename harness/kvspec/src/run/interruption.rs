//! The wish of the user that a run ends.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set when the user interrupts; the run ends after the case or the workload under way.
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether the user has interrupted.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
