//! How long is waited for what happens elsewhere: in another process, or in a future.

use std::time::{Duration, Instant};

/// The longest that is waited without a look around.
const SLICE: Duration = Duration::from_millis(50);

/// A limit that is waited for in slices. A slice counts for what it was meant to take, however late this
/// thread gets to run again: a machine without time for us has none for the others either, and that
/// turns nothing slow into something that hangs.
#[derive(Debug)]
pub struct Patience {
    left: Duration,
    since: Instant,
}

impl Patience {
    /// Waits so long.
    pub fn of(limit: Duration) -> Self {
        Self { left: limit, since: Instant::now() }
    }

    /// The next slice, to be waited for and then told to [`Patience::waited`]; `None` when all of the
    /// limit was waited.
    pub fn slice(&mut self) -> Option<Duration> {
        self.since = Instant::now();
        (!self.left.is_zero()).then(|| self.left.min(SLICE))
    }

    /// The slice is over, perhaps early.
    pub fn waited(&mut self, slice: Duration) {
        self.left = self.left.saturating_sub(self.since.elapsed().min(slice));
    }

    /// So much of what was waited does not count.
    pub fn forgive(&mut self, time: Duration) {
        self.left = self.left.saturating_add(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_counts_for_itself_at_most() {
        let mut patience = Patience::of(Duration::from_millis(70));
        let slice = patience.slice().unwrap();
        assert_eq!(slice, SLICE);
        patience.since = Instant::now().checked_sub(Duration::from_secs(10)).expect("the clock is past 10 s");
        patience.waited(slice);
        assert_eq!(patience.left.as_millis(), 20);
        patience.since = Instant::now().checked_sub(Duration::from_secs(10)).expect("the clock is past 10 s");
        patience.forgive(Duration::from_millis(5));
        patience.waited(Duration::from_millis(20));
        assert_eq!(patience.left.as_millis(), 5);
    }

    #[test]
    fn no_limit_is_no_slice() {
        assert_eq!(Patience::of(Duration::ZERO).slice(), None);
    }
}
