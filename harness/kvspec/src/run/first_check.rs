//! Whether an implementation can be tested at all.

use std::fmt;

use kvspec_reference::interface::{ErrorKind, Failure, Implementation, Subject};
use kvspec_suites::Declaration;

/// A call without which no case can be run, and how it failed each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    call: &'static str,
    failure: Failure,
}

/// How often it is tried: what fails now and then is for the cases.
const TRIES: u64 = 3;

/// Opens a bucket, sets a key and gets it, each time on a fresh implementation, until that works. What
/// the get gives is left to the cases, and so is an implementation that only kvspec can be blamed for.
///
/// # Errors
/// When a call failed each time: what failed the last time.
pub fn first_check(subject: &dyn Subject, declaration: &Declaration, seed: u64) -> Result<(), Unusable> {
    let mut unusable = Ok(());
    for seed in (0..TRIES).map(|i| seed.wrapping_add(i)) {
        unusable = check_once(subject, declaration, seed);
        match &unusable {
            Ok(()) | Err(Unusable { failure: Failure::Harness(_), .. }) => return Ok(()),
            Err(_) => {}
        }
    }
    unusable
}

fn check_once(subject: &dyn Subject, declaration: &Declaration, seed: u64) -> Result<(), Unusable> {
    let failed = |call: &'static str| move |failure: Failure| Unusable { call, failure };
    let implementation: Box<dyn Implementation + '_> = subject.start(seed).map_err(failed("starting"))?;
    let bucket = declaration.capabilities.buckets.first().map_or("kvspec", String::as_str);
    let handle = implementation.open(bucket).map_err(failed("opening a bucket"))?;
    handle.set("k", b"v").map_err(failed("set"))?;
    handle.get("k").map_err(failed("get"))?;
    // Whoever keeps data between starts is not to be surprised by it.
    let _ = handle.delete("k");
    Ok(())
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (how, words) = match &self.failure {
            Failure::Error(error) => (of_kind(error.kind), &error.trace),
            Failure::Trap(why) => ("broke the implementation", why),
            Failure::Unanswered(why) => ("had no answer", why),
            Failure::Setup(why) | Failure::Harness(why) => ("was not possible", why),
        };
        writeln!(f, "the first check failed, so no case was run: {} {how}, {TRIES} times", self.call)?;
        for line in words.lines() {
            writeln!(f, "  {line}")?;
        }
        write!(f, "check that what the implementation needs (a backend, files, a configuration) can be reached")
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
        let check = |starts| first_check(&Down { starts: Cell::new(starts) }, &Declaration::default(), 1);
        assert_eq!((check(0), check(TRIES - 1)), (Ok(()), Ok(())), "a fault that passes is for the cases");
        let why = check(TRIES).unwrap_err().to_string();
        assert!(why.contains("opening a bucket answered an error, 3 times"), "{why}");
        assert!(why.contains("\n  connection refused\n  is it running?\n"), "whole: {why}");
    }
}
