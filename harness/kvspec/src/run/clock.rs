//! The clock of implementations that have none of their own.

use std::time::{Duration, Instant};

use kvspec_reference::interface::Clock;

/// The clock of an implementation that has none of its own: letting time pass is waiting.
pub struct RealClock {
    start: Instant,
}

impl RealClock {
    /// A clock that begins now.
    pub fn starting_now() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for RealClock {
    fn now_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn advance(&self, by: Duration) {
        std::thread::sleep(by);
    }
}
