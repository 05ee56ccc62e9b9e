//! The clock of a run.

use std::cell::Cell;
use std::time::Duration;

/// A clock that an implementation lives by and that the driver may move.
pub trait Clock {
    /// Nanoseconds since some start.
    fn now_ns(&self) -> u64;

    /// Lets `by` pass: at once on a virtual clock, by waiting on a real one.
    fn advance(&self, by: Duration);
}

/// A clock that only counts what it is told to let pass: for stores that do everything at once.
#[derive(Debug, Default)]
pub struct ManualClock(Cell<u64>);

impl Clock for ManualClock {
    fn now_ns(&self) -> u64 {
        self.0.get()
    }

    fn advance(&self, by: Duration) {
        let by_ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.0.set(self.0.get().saturating_add(by_ns));
    }
}
