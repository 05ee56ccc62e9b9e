//! Increments and compare-and-swaps.

use super::Client;
use crate::history::Kind;
use crate::interface::{CompareAndSwap, Counter, Result, Swap};
use crate::workload::log::{Log, Noted, Part, Recorded, outcome_of};

/// A compare-and-swap under way.
pub(super) struct HeldCas {
    inner: Box<dyn CompareAndSwap>,
    bucket: String,
    key: String,
    /// What made it: the call of `cas.new`, or the swap that failed.
    base: Noted,
}

impl<L: Log> Client<'_, L> {
    /// `increment`: the number it gave, or `None` where it is not offered or its delta has no sign.
    ///
    /// # Errors
    /// As [`Atomics::increment`](crate::interface::Atomics::increment); recorded too.
    pub fn increment(&mut self, bucket: &str, key: &str, delta: i64) -> Result<Option<i128>> {
        let Some(atomics) = self.handle(bucket)?.atomics() else { return Ok(None) };
        if delta < 0 && atomics.counter() == Counter::Unsigned {
            return Ok(None);
        }
        self.log.wait_to_write(bucket, key);
        let invoke = self.log.stamp();
        let made = self.handles[bucket].atomics().map(|atomics| atomics.increment(key, delta));
        let result = self.or_fault(made.transpose());
        let value = Recorded::Number { delta, sum: result.as_ref().ok().copied().flatten() };
        let part = Part { session: self.id, bucket, key, kind: Kind::Increment, value };
        self.log.note(invoke, outcome_of(&result), part);
        result
    }

    pub(super) fn cas_new(&mut self, name: &str, bucket: &str, key: &str) -> Result<()> {
        self.handle(bucket)?;
        let invoke = self.log.stamp();
        let made = self.handles[bucket].atomics().and_then(|atomics| atomics.cas(key));
        let Some(made) = made else { return Ok(()) };
        let result = self.or_fault(made);
        let part = Part { session: self.id, bucket, key, kind: Kind::CasNew, value: Recorded::Absent };
        let base = self.log.note(invoke, outcome_of(&result), part);
        self.held.remove(name);
        let held = HeldCas { inner: result?, bucket: bucket.to_owned(), key: key.to_owned(), base };
        self.held.insert(name.to_owned(), held);
        Ok(())
    }

    pub(super) fn cas_current(&mut self, name: &str) -> Result<()> {
        let Some(held) = self.held.get(name) else { return Ok(()) };
        let invoke = self.log.stamp();
        let result = self.or_fault(held.inner.current());
        let state = result.as_ref().ok().and_then(Option::as_deref);
        let value = Recorded::Current { base: held.base, state };
        let part = Part { session: self.id, bucket: &held.bucket, key: &held.key, kind: Kind::CasCurrent, value };
        self.log.note(invoke, outcome_of(&result), part);
        result.map(drop)
    }

    pub(super) fn swap(&mut self, name: &str, new: &[u8]) -> Result<()> {
        let Some(HeldCas { inner, bucket, key, base }) = self.held.remove(name) else { return Ok(()) };
        self.log.wait_to_write(&bucket, &key);
        let invoke = self.log.stamp();
        let result = self.or_fault(inner.swap(new));
        let value = Recorded::Swap { base, new, swapped: matches!(result, Ok(Swap::Done)) };
        let part = Part { session: self.id, bucket: &bucket, key: &key, kind: Kind::Swap, value };
        let noted = self.log.note(invoke, outcome_of(&result), part);
        if let Swap::Failed(inner) = result? {
            self.held.insert(name.to_owned(), HeldCas { inner, bucket, key, base: noted });
        }
        Ok(())
    }
}
