//! Expectations on reads. A read may be stale until the convergence bound has passed since the last
//! write of its register; it may never give what nobody wrote there.

use std::time::Duration;

use kvspec_reference::history::Kind;
use kvspec_reference::interface::{Bucket, Failure, IncomingValue};
use kvspec_reference::workload::recorder::Session;

use super::context::Check;
use super::refutation::{Later, Mismatch, Polls};
use super::stop::{Checked, Stop};

/// The first pause between two reads, as a part of the bound; each pause doubles.
const FIRST_PAUSE_DIVISOR: u32 = 64;

/// How often, and at which least distance, a state that is overdue is looked for again.
const LATER_STEPS: u32 = 10;
const LATER_STEP_MIN: Duration = Duration::from_secs(1);

impl<'a> Check<'a> {
    /// Reads the key until `get` gives `expected` (`None`: absent). Only a read that begins when the
    /// convergence bound has passed since the last write of this register must give it; one that
    /// gives a value which was never set there is wrong at any time.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn reads(
        &mut self,
        session: &mut Session<'a>,
        bucket: &str,
        key: &str,
        expected: Option<&[u8]>,
    ) -> Checked<()> {
        self.needs_key(key)?;
        self.open(session, bucket)?;
        self.poll_value(bucket, key, expected, || session.get(bucket, key))
    }

    /// As [`Check::reads`], of a key beyond the declared limits that was accepted.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn poll_beyond_limits(
        &mut self,
        session: &mut Session<'a>,
        bucket: &str,
        key: &str,
        expected: &[u8],
    ) -> Checked<()> {
        self.open(session, bucket)?;
        self.poll_value(bucket, key, Some(expected), || session.get(bucket, key))
    }

    /// As [`Check::reads`], through an incoming value that `consume` turns into bytes.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn reads_with(
        &mut self,
        session: &mut Session<'a>,
        bucket: &str,
        key: &str,
        expected: Option<&[u8]>,
        mut consume: impl FnMut(Box<dyn IncomingValue>) -> Result<Vec<u8>, Failure>,
    ) -> Checked<()> {
        self.needs_key(key)?;
        self.open(session, bucket)?;
        self.poll_value(bucket, key, expected, || session.get_with(bucket, key, &mut consume))
    }

    /// As [`Check::reads`], with `exists`.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn exists(&mut self, session: &mut Session<'a>, bucket: &str, key: &str, expected: bool) -> Checked<()> {
        self.needs_key(key)?;
        self.open(session, bucket)?;
        let never_set = self.values_set(bucket, key).is_empty();
        self.poll(
            Kind::Exists,
            (bucket, key),
            || session.exists(bucket, key),
            |handle| handle.exists(key),
            |&seen| if seen == expected { Sight::Expected } else { Sight::stale_if(!(seen && never_set)) },
            |seen, polls| Mismatch::Presence { expected, seen, polls },
        )
    }

    /// Reads once and gives what `get` gave, which must be absent or a value that was set there.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn glance(&mut self, session: &mut Session<'a>, bucket: &str, key: &str) -> Checked<Option<Vec<u8>>> {
        self.needs_key(key)?;
        self.open(session, bucket)?;
        let read = session.get(bucket, key);
        let seen = self.recorded(Kind::Get, (bucket, key), read)?;
        self.comparisons += 1;
        let known = seen.as_ref().is_none_or(|seen| self.values_set(bucket, key).contains(seen));
        if known {
            return Ok(seen);
        }
        let polls = Polls { reads: 1, since_write: None, was_due: false, later: None };
        let finding = Mismatch::State { expected: None, any_written: true, seen, polls };
        Err(self.refute(Some((bucket, key)), self.last_operation(), finding))
    }

    /// Compares what the `get` that was recorded last gave with the only state that is right.
    ///
    /// # Errors
    /// The refutation of the claim when they differ.
    pub fn state_is(&mut self, bucket: &str, key: &str, expected: Option<&[u8]>, seen: Option<Vec<u8>>) -> Checked<()> {
        self.comparisons += 1;
        if seen.as_deref() == expected {
            return Ok(());
        }
        let polls = Polls { reads: 1, since_write: None, was_due: true, later: None };
        let expected = expected.map(<[u8]>::to_vec);
        let finding = Mismatch::State { expected, any_written: false, seen, polls };
        Err(self.refute(Some((bucket, key)), self.last_operation(), finding))
    }

    /// One `get` by a handle of no session: it is not recorded, and whatever it gives is no verdict.
    ///
    /// # Errors
    /// Why the case ends, where the call fails.
    pub fn glance_unrecorded(&mut self, bucket: &str, key: &str) -> Checked<Option<Vec<u8>>> {
        let handle = self.idle_handle(bucket)?;
        self.unrecorded(Kind::Get, (bucket, key), handle.get(key))
    }

    fn poll_value(
        &mut self,
        bucket: &str,
        key: &str,
        expected: Option<&[u8]>,
        read: impl FnMut() -> Result<Option<Vec<u8>>, Failure>,
    ) -> Checked<()> {
        let written = self.values_set(bucket, key).to_vec();
        self.poll(
            Kind::Get,
            (bucket, key),
            read,
            |handle| handle.get(key),
            |seen| match seen {
                _ if seen.as_deref() == expected => Sight::Expected,
                Some(value) => Sight::stale_if(written.contains(value)),
                None => Sight::Stale,
            },
            |seen, polls| Mismatch::State { expected: expected.map(<[u8]>::to_vec), any_written: false, seen, polls },
        )
    }

    fn poll<T>(
        &mut self,
        kind: Kind,
        (bucket, key): (&str, &str),
        mut read: impl FnMut() -> Result<T, Failure>,
        read_unrecorded: impl Fn(&dyn Bucket) -> Result<T, Failure>,
        sight: impl Fn(&T) -> Sight,
        finding: impl FnOnce(T, Polls) -> Mismatch,
    ) -> Checked<()> {
        let clock = self.clock();
        let bound_ns = nanoseconds(self.declaration.convergence_bound());
        let last_write_ns = self.writes.get(bucket).and_then(|keys| keys.get(key)).and_then(|w| w.last_ns);
        let due_ns = last_write_ns.map_or(0, |last| last.saturating_add(bound_ns));
        let mut pause = Duration::from_nanos((bound_ns / u64::from(FIRST_PAUSE_DIVISOR)).max(1));
        let mut reads = 0;
        loop {
            // Looked at before the read: only a read begun after the bound must be right.
            let begun_ns = clock.now_ns();
            let was_due = begun_ns >= due_ns;
            let result = read();
            let seen = self.recorded(kind, (bucket, key), result)?;
            let operation = self.last_operation();
            self.comparisons += 1;
            reads += 1;
            match sight(&seen) {
                Sight::Expected => {
                    let since = last_write_ns.map(|last| begun_ns.saturating_sub(last));
                    self.convergence_ns.extend(since.filter(|_| !was_due || reads > 1));
                    return Ok(());
                }
                Sight::Stale if !was_due => {}
                outcome => {
                    let is_late = matches!(outcome, Sight::Stale);
                    let comes = |handle: &dyn Bucket| {
                        read_unrecorded(handle).is_ok_and(|seen| matches!(sight(&seen), Sight::Expected))
                    };
                    let later = if is_late { self.later(bucket, comes) } else { None };
                    let since_write = last_write_ns.map(|last| Duration::from_nanos(begun_ns.saturating_sub(last)));
                    let finding = finding(seen, Polls { reads, since_write, was_due, later });
                    return Err(self.refute(Some((bucket, key)), operation, finding));
                }
            }
            clock.advance(pause.min(Duration::from_nanos(due_ns - begun_ns)));
            if clock.now_ns() == begun_ns {
                return Err(Stop::Harness("the clock stands still: waiting for convergence would never end".into()));
            }
            pause *= 2;
        }
    }

    /// Waits on for a state that is overdue, where waiting costs nothing: on a virtual clock.
    fn later(&self, bucket: &str, comes: impl Fn(&dyn Bucket) -> bool) -> Option<Later> {
        let clock = self.implementation().clock()?;
        let handle = self.implementation().open(bucket).ok()?;
        let step = self.declaration.convergence_bound().max(LATER_STEP_MIN);
        for steps in 1..=LATER_STEPS {
            clock.advance(step);
            if comes(&*handle) {
                return Some(Later::Slow(step * steps));
            }
        }
        Some(Later::Diverged(step * LATER_STEPS))
    }

    fn values_set(&self, bucket: &str, key: &str) -> &[Vec<u8>] {
        self.writes.get(bucket).and_then(|keys| keys.get(key)).map_or(&[], |writes| &writes.values)
    }
}

/// What one read says of the state that is awaited.
enum Sight {
    /// It is there.
    Expected,
    /// Something older, which is legal before the bound.
    Stale,
    /// Something that is wrong at any time.
    Wrong,
}

impl Sight {
    fn stale_if(is_stale: bool) -> Self {
        if is_stale { Sight::Stale } else { Sight::Wrong }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
