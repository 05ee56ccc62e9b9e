//! Increments, and the handles of swaps.

use kvspec_reference::anomaly::name_text;
use kvspec_reference::interface::{Counter, Result};

use super::cas::Cas;
use super::handle::{Client, not_offered};
use crate::case::check::{Check, Checked};

/// The longest decimal number of 64 bits, with its sign, in bytes.
const COUNTER_BYTES: usize = 20;

impl Client {
    /// `increment`.
    pub(in crate::cases::store) fn increment(&self, check: &mut Check<'_>, key: &str, delta: i64) -> Checked<i128> {
        check.needs_key(key)?;
        check.recorder().leave_out(&self.bucket_name, key);
        check.needs_room(&self.bucket_name, key, COUNTER_BYTES)?;
        let result = self.write_once(check, key, "increment", || Ok(self.atomics()?.increment(key, delta)))?;
        let sum = self.told(check, &increment_text(key, delta), result, i128::to_string)?;
        check.note_state(&self.bucket_name, key, true);
        Ok(sum)
    }

    /// `increment`, or the interface's error.
    pub(in crate::cases::store) fn increment_or_error(
        &self,
        check: &mut Check<'_>,
        key: &str,
        delta: i64,
    ) -> Checked<Result<i128>> {
        check.needs_key(key)?;
        check.recorder().leave_out(&self.bucket_name, key);
        let result = self.atomics()?.increment(key, delta);
        self.or_error(check, &increment_text(key, delta), result, i128::to_string)
    }

    /// The type of number that `increment` has.
    pub(in crate::cases::store) fn counter(&self) -> Checked<Counter> {
        Ok(self.atomics()?.counter())
    }

    /// `cas.new`.
    pub(in crate::cases::store) fn cas(&self, check: &mut Check<'_>, key: &str) -> Checked<Cas<'_>> {
        check.needs_key(key)?;
        let made = self.persist(check, &[], || self.atomics()?.cas(key).ok_or_else(|| not_offered("cas")))?;
        let inner = self.told(check, &format!("cas.new {}", name_text(key)), made, |_| "a handle".into())?;
        Ok(Cas { inner, client: self, key: key.to_owned(), remembered: None })
    }
}

fn increment_text(key: &str, delta: i64) -> String {
    format!("increment {} by {delta}", name_text(key))
}
