//! When a search must end, even in the middle of shrinking or of a leak check.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// When to end soon: within an execution or two.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    /// Set when the user wants it.
    pub interrupted: &'static AtomicBool,
    /// When a budget of time is spent.
    pub deadline: Option<Instant>,
}

impl Stop {
    /// Whether it is time.
    pub fn is_due(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed) || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
