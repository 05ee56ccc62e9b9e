//! What clients do about a store that now and then answers an error, or takes only so many writes: they
//! try again, and they wait before they write.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::interface::{Clock, Failure, Result};

/// How clients call a store. By default they make each call once, and at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Persistence {
    /// How often a call is made again that answered an error. Each try is an operation of its own.
    pub retries: u32,
    /// How long they wait before each further try.
    pub retry_wait: Duration,
    /// The least time from the end of a write of a register to the start of the next, whoever writes.
    pub min_write_interval: Duration,
}

impl Persistence {
    /// Makes a call until it answers something else than an error, or has been made as often as this says.
    ///
    /// # Errors
    /// What the last try gave.
    pub fn persist<T>(self, clock: &dyn Clock, mut call: impl FnMut() -> Result<T>) -> Result<T> {
        for _ in 0..self.retries {
            match call() {
                Err(Failure::Error(_)) => clock.advance(self.retry_wait),
                answer => return answer,
            }
        }
        call()
    }
}

/// When each register was written last, on the clock of the run.
#[derive(Debug, Default)]
pub(super) struct LastWrites(BTreeMap<String, BTreeMap<String, u64>>);

impl LastWrites {
    /// Notes that a write of this register ends, or will, at `at_ns`.
    pub(super) fn note(&mut self, bucket: &str, key: &str, at_ns: u64) {
        match self.0.get_mut(bucket).and_then(|keys| keys.get_mut(key)) {
            Some(last_ns) => *last_ns = at_ns,
            None => drop(self.0.entry(bucket.to_owned()).or_default().insert(key.to_owned(), at_ns)),
        }
    }

    /// How long a client has to wait until the register may be written again.
    pub(super) fn wait(&self, interval: Duration, bucket: &str, key: &str, now_ns: u64) -> Duration {
        let last_ns = self.0.get(bucket).and_then(|keys| keys.get(key));
        let interval_ns = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(last_ns.map_or(0, |last| last.saturating_add(interval_ns).saturating_sub(now_ns)))
    }
}
