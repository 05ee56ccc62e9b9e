//! Calls that are not answered: those of one kind are waited for in full twice, and then hardly.
//!
//! A store whose `get` never ends would else cost the whole limit for each case and each try of
//! shrinking. A call that does answer within the short limit is an answer like any other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many hangs of a kind are waited for in full.
const WAITED_FOR: u32 = 2;

/// The limit of each call to one implementation, and which calls it had to end.
#[derive(Debug)]
pub struct Hangs {
    limit: Duration,
    short_limit: Duration,
    /// How many of each kind were waited for, by the name of the call.
    seen: Mutex<BTreeMap<&'static str, u32>>,
    /// Whether there is any, so that calls ask for no lock where there is none.
    is_any: AtomicBool,
}

impl Hangs {
    /// Calls may take so long. Each hang is waited for in full, unless [`Hangs::then`] says otherwise.
    pub fn limited_to(limit: Duration) -> Self {
        Self { limit, short_limit: limit, seen: Mutex::default(), is_any: AtomicBool::new(false) }
    }

    /// Calls of a kind that hung twice may take so long, where that is less.
    #[must_use]
    pub fn then(mut self, short_limit: Duration) -> Self {
        self.short_limit = short_limit.min(self.limit);
        self
    }

    /// How long a call may take, until those of its kind were found to hang.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// How long this call may take.
    pub fn limit_of(&self, call: &str) -> Duration {
        if !self.is_any.load(Ordering::Relaxed) {
            return self.limit;
        }
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = seen.get(call).is_some_and(|count| *count >= WAITED_FOR);
        if is_known { self.short_limit } else { self.limit }
    }

    /// To be told of a call that was ended.
    pub fn note(&self, call: &'static str) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default() += 1;
        self.is_any.store(true, Ordering::Relaxed);
    }

    /// The limits in words. They are the same for the first hang of a kind and for the last, so that
    /// reports take them for one cause.
    pub fn limits(&self) -> impl fmt::Display {
        let (limit, short) = (self.limit, self.short_limit);
        fmt::from_fn(move |f| {
            write!(f, "{limit:?}")?;
            if short < limit { write!(f, " ({short:?} after {WAITED_FOR} such calls)") } else { Ok(()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hangs_of_a_kind_are_waited_for() {
        let hangs = Hangs::limited_to(Duration::from_secs(30)).then(Duration::from_millis(300));
        let limits = |hangs: &Hangs| ["get", "set"].map(|call| hangs.limit_of(call).as_millis());
        assert_eq!(limits(&hangs), [30_000, 30_000]);
        hangs.note("get");
        assert_eq!(limits(&hangs), [30_000, 30_000]);
        hangs.note("get");
        assert_eq!(limits(&hangs), [300, 30_000]);
        assert_eq!(hangs.limits().to_string(), "30s (300ms after 2 such calls)");
    }

    #[test]
    fn a_short_limit_does_not_grow() {
        let hangs = Hangs::limited_to(Duration::from_millis(50)).then(Duration::from_millis(300));
        (0..3).for_each(|_| hangs.note("get"));
        assert_eq!((hangs.limit_of("get").as_millis(), hangs.limits().to_string()), (50, "50ms".into()));
    }
}
