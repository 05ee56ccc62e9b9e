//! The versions of all registers, and what hooks ask of the store.

use std::time::Duration;

use kvspec_reference::interface::{Clock, Result};
use kvspec_reference::random::Random;

use super::parts::{Core, Place, Version};

impl Core {
    /// Counts up to `n`, over and over: true once in `n` calls, never in the first `n - 1`.
    pub(crate) fn every(&self, n: u64) -> bool {
        self.count.set(self.count.get() + 1);
        self.count.get().is_multiple_of(n)
    }

    /// A number below `n` that depends on the seed and on `what` alone.
    pub(crate) fn chance(&self, what: u64, n: u64) -> u64 {
        Random::new(self.seed ^ what.rotate_left(32)).bits() % n
    }

    /// The virtual time.
    pub(crate) fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    /// Lets virtual time pass.
    pub(crate) fn pass_ms(&self, ms: u64) {
        self.clock.advance(Duration::from_millis(ms));
    }

    /// The versions of a register, oldest first.
    pub(crate) fn versions(&self, place: &Place) -> Vec<Version> {
        let buckets = self.buckets.borrow();
        buckets.get(&place.0).and_then(|keys| keys.get(&place.1)).cloned().unwrap_or_default()
    }

    /// Writes a version: `None` is absence.
    pub(crate) fn write(&self, place: &Place, handle: u32, state: Option<Vec<u8>>) {
        let sequence = self.writes.get();
        self.writes.set(sequence + 1);
        let version = Version { sequence, at_ns: self.now_ns(), handle, state: state.map(Into::into) };
        let mut buckets = self.buckets.borrow_mut();
        let keys = buckets.entry(place.0.clone()).or_default();
        keys.entry(place.1.clone()).or_default().push(version);
    }

    /// The keys of a bucket whose newest version is present.
    pub(crate) fn present_keys(&self, bucket: &str) -> Vec<String> {
        let buckets = self.buckets.borrow();
        let keys = buckets.get(bucket).into_iter().flatten();
        keys.filter(|(_, v)| v.last().is_some_and(|v| v.state.is_some())).map(|(key, _)| key.clone()).collect()
    }

    /// The registers whose newest version is present, with the length of its value in bytes.
    pub(crate) fn present_pairs(&self) -> Vec<(Place, usize)> {
        let buckets = self.buckets.borrow();
        let registers = buckets.iter().flat_map(|(bucket, keys)| keys.iter().map(move |(key, v)| (bucket, key, v)));
        let present = registers.filter_map(|(bucket, key, versions)| {
            let value = versions.last()?.state.as_ref()?;
            Some(((bucket.clone(), key.clone()), value.len()))
        });
        present.collect()
    }

    /// The names of the buckets that were written to.
    pub(crate) fn bucket_names(&self) -> Vec<String> {
        self.buckets.borrow().keys().cloned().collect()
    }

    /// The newest version of all registers of a bucket.
    pub(crate) fn newest_of_bucket(&self, bucket: &str) -> Option<Version> {
        let buckets = self.buckets.borrow();
        let newest = buckets.get(bucket)?.values().filter_map(|versions| versions.last());
        newest.max_by_key(|version| version.sequence).cloned()
    }

    /// Tells the hooks of an error that a call gave.
    pub(super) fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(failure) = &result {
            (self.hooks.after_error)(self, failure);
        }
        result
    }
}
