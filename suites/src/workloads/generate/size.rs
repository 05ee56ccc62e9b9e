//! How large workloads get.

use std::time::Duration;

/// How large workloads get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The most sessions; at least 1.
    pub sessions: u16,
    /// About how many steps, at most: the last pattern is finished.
    pub steps: usize,
    /// The longest value, in bytes, if the declaration allows it.
    pub value_bytes: usize,
    /// The longest pause. To be short where time is real.
    pub pause: Duration,
}

impl Default for Size {
    fn default() -> Self {
        Self { sessions: 4, steps: 40, value_bytes: 70_000, pause: Duration::from_secs(60) }
    }
}
