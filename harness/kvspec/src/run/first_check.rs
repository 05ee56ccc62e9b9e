//! Whether an implementation can be tested at all.

use std::fmt;
use std::time::Duration;

use kvspec_reference::anomaly::visible;
use kvspec_reference::interface::{ErrorKind, Failure, Implementation, Subject};
use kvspec_reference::workload::recorder::{Recorder, Session};
use kvspec_suites::Declaration;

use super::clock::RealClock;

/// Why no case can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// A call without which there is no case failed each time.
    Call {
        /// Which.
        call: &'static str,
        /// How it failed the last time.
        failure: Failure,
    },
    /// Several processes were wanted, and what one writes another does not read.
    NothingShared {
        /// How many.
        processes: u16,
        /// How long the write had to show.
        after: Duration,
    },
}

/// How often it is tried: what fails now and then is for the cases.
const TRIES: u64 = 3;
/// How long a write by one process may take to show to another, at least, before they are taken to share
/// nothing.
const SHARING_TIMEOUT: Duration = Duration::from_secs(1);

/// Opens a bucket, sets a key and gets it, each time on a fresh implementation, until that works; of
/// `processes` of a host, the last gets what the first has set. What the get of the first gives is left to
/// the cases, and so is an implementation that only kvspec can be blamed for.
///
/// # Errors
/// When a call failed each time, or the processes shared nothing: what failed the last time.
pub fn first_check(
    subject: &dyn Subject,
    declaration: &Declaration,
    processes: u16,
    seed: u64,
) -> Result<(), Unusable> {
    let mut unusable = Ok(());
    for seed in (0..TRIES).map(|i| seed.wrapping_add(i)) {
        unusable = check_once(subject, declaration, processes, seed);
        match &unusable {
            Ok(()) | Err(Unusable::Call { failure: Failure::Harness(_), .. }) => return Ok(()),
            Err(_) => {}
        }
    }
    unusable
}

fn check_once(subject: &dyn Subject, declaration: &Declaration, processes: u16, seed: u64) -> Result<(), Unusable> {
    let failed = |call: &'static str| move |failure: Failure| Unusable::Call { call, failure };
    let implementation: Box<dyn Implementation + '_> = subject.start(seed).map_err(failed("starting"))?;
    let (clock, bound) = (RealClock::starting_now(), declaration.convergence_bound());
    let recorder = Recorder::new(&*implementation, &clock, subject.profile().name(), bound)
        .persisting(declaration.errors.persistence());
    let bucket = declaration.capabilities.buckets.first().map_or("kvspec", String::as_str);
    let sessions: Vec<Session<'_>> = (0..processes.max(1)).map(|_| recorder.session()).collect();
    let [first, .., last] = &mut { sessions }[..] else {
        return work(&mut recorder.session(), bucket);
    };
    work(first, bucket)?;
    let timeout = bound.max(SHARING_TIMEOUT);
    first.set(bucket, SHARED_KEY, b"v").map_err(failed("set"))?;
    let shows = |session: &mut Session<'_>| session.get(bucket, SHARED_KEY).map_err(failed("get"));
    let mut is_shared = shows(last)?.is_some();
    if !is_shared {
        recorder.clock().advance(timeout);
        is_shared = shows(last)?.is_some();
    }
    let _ = first.delete(bucket, SHARED_KEY);
    if is_shared { Ok(()) } else { Err(Unusable::NothingShared { processes, after: timeout }) }
}

/// The key that one process sets and another gets.
const SHARED_KEY: &str = "kvspec-is-shared";

fn work(session: &mut Session<'_>, bucket: &str) -> Result<(), Unusable> {
    let failed = |call: &'static str| move |failure: Failure| Unusable::Call { call, failure };
    session.reopen(bucket).map_err(failed("opening a bucket"))?;
    session.set(bucket, "k", b"v").map_err(failed("set"))?;
    session.get(bucket, "k").map_err(failed("get"))?;
    // Whoever keeps data between starts is not to be surprised by it.
    let _ = session.delete(bucket, "k");
    Ok(())
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (call, failure) = match self {
            Self::Call { call, failure } => (call, failure),
            Self::NothingShared { processes, after } => {
                return write!(
                    f,
                    "the first check failed, so no case was run: of {processes} processes, the last did not see \
                     within {after:?} what the first had set, {TRIES} times\nthey share nothing: give the host a \
                     backend that its processes share, or leave --processes out"
                );
            }
        };
        let (how, words) = match failure {
            Failure::Error(error) => (of_kind(error.kind), &error.trace),
            Failure::Trap(why) => ("broke the implementation", why),
            Failure::Unanswered(why) => ("had no answer", why),
            Failure::Setup(why) | Failure::Harness(why) => ("was not possible", why),
        };
        writeln!(f, "the first check failed, so no case was run: {call} {how}, {TRIES} times")?;
        for line in words.lines() {
            writeln!(f, "  {}", visible(line))?;
        }
        f.write_str("check that what the implementation needs (a backend, files, a configuration) can be reached")?;
        if matches!(failure, Failure::Error(_)) {
            f.write_str(
                "; where errors come and go, declare how often to try again: [errors] retries, in kvspec.toml",
            )?;
        }
        Ok(())
    }
}

fn of_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NoSuchStore => "answered the error no-such-store",
        ErrorKind::AccessDenied => "answered the error access-denied",
        _ => "answered an error",
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use kvspec_reference::InMemory;
    use kvspec_reference::interface::{Bucket, Result as CallResult};

    use super::*;

    /// A store whose backend is down for so many starts.
    struct Down {
        starts: Cell<u64>,
    }

    impl Subject for Down {
        fn start(&self, _: u64) -> CallResult<Box<dyn Implementation + '_>> {
            let left = self.starts.get();
            self.starts.set(left.saturating_sub(1));
            Ok(if left > 0 { Box::new(Refusing) } else { Box::new(InMemory::new()) })
        }
    }

    struct Refusing;

    impl Implementation for Refusing {
        fn open(&self, _: &str) -> CallResult<Box<dyn Bucket>> {
            Err(Failure::error("connection refused\nis it running?"))
        }
    }

    #[test]
    fn who_never_answers_is_not_tested() {
        let check = |starts| first_check(&Down { starts: Cell::new(starts) }, &Declaration::default(), 1, 1);
        assert_eq!((check(0), check(TRIES - 1)), (Ok(()), Ok(())), "a fault that passes is for the cases");
        let why = check(TRIES).unwrap_err().to_string();
        assert!(why.contains("opening a bucket answered an error, 3 times"), "{why}");
        assert!(why.contains("\n  connection refused\n  is it running?\n"), "whole: {why}");
    }
}
