//! The command that empties what a host keeps.

use std::process::{Command, Stdio};
use std::time::Duration;

use kvspec_reference::interface::{Failure, Result};

use super::group::Group;
use super::pipes::LastWords;
use crate::interruption::{CUT_OFF, is_interrupted};
use crate::subject::hangs::Hangs;

/// How long is waited for the end of standard error once the command has ended.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(1);

/// The name of what may hang here.
const RESET: &str = "reset";

/// Runs the command to its end. What it writes on standard output is dropped.
///
/// # Errors
/// When it cannot be started, does not end in time, or ends with a failure.
pub(super) fn run(command: &[String], hangs: &Hangs) -> Result<()> {
    let timeout = hangs.limit_of(RESET);
    let fault = |why: String| Failure::Setup(format!("--reset: {}: {why}", command[0]));
    let started = Group::start(
        Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()),
    );
    let mut group = started.map_err(|e| fault(format!("cannot be started: {e}")))?;
    let errors = group.leader.stderr.take().map(LastWords::of);
    let status = group.wait(timeout);
    group.kill();
    if status.is_some_and(|status| status.success()) {
        return Ok(());
    }
    if status.is_none() && is_interrupted() {
        return Err(Failure::Unanswered(CUT_OFF.into()));
    }
    if status.is_none() {
        hangs.note(RESET);
    }
    let errors = errors.map(|errors| errors.text(LAST_WORDS_TIMEOUT)).unwrap_or_default();
    let said = if errors.is_empty() { "it said nothing".into() } else { format!("it said: {errors}") };
    let end = status.map_or(format!("it did not end within {}", hangs.limits()), |status| status.to_string());
    Err(fault(format!("it must empty the store and end well, but: {end}; {said}")))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn ran(script: &str, timeout: Duration) -> Result<()> {
        run(&["sh".into(), "-c".into(), script.into()], &Hangs::limited_to(timeout))
    }

    #[test]
    fn a_reset_that_does_not_end_is_ended() {
        let failure = ran("sleep 100000", Duration::ZERO).unwrap_err();
        assert!(matches!(&failure, Failure::Setup(why) if why.contains("did not end within 0ns")), "{failure}");
    }

    #[test]
    fn a_reset_that_writes_without_end_but_ends_is_good() {
        ran("head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2", Duration::from_secs(1_000)).unwrap();
    }

    #[test]
    fn a_reset_that_fails_is_reported_in_its_words() {
        let failure = ran("echo no database >&2; exit 3", Duration::from_secs(1_000)).unwrap_err().to_string();
        assert!(failure.contains("exit status: 3") && failure.contains("it said: no database"), "{failure}");
    }
}
