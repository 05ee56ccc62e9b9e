//! A process that is given all its input and asked for nothing but how it ends.

use std::fmt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::group::Group;
use super::pipes::{self, LastWords};
use crate::interruption::{CUT_OFF, is_interrupted};

/// How long is waited for the end of standard error once the process has ended.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(1);

/// How a process ended that did not end well.
#[derive(Debug)]
pub enum HelperError {
    /// There is no such program, or it cannot be run.
    NotStarted(std::io::Error),
    /// It ended with a failure, and said this.
    Failed(ExitStatus, String),
    /// It did not end in time.
    TimedOut(Duration),
    /// The user ended the run.
    CutOff,
}

impl fmt::Display for HelperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(error) => write!(f, "a process for it cannot be started: {error}"),
            Self::Failed(status, said) if said.is_empty() => write!(f, "the process for it ended: {status}"),
            Self::Failed(status, said) => write!(f, "the process for it ended: {status}; it said: {said}"),
            Self::TimedOut(timeout) => write!(f, "it took more than {timeout:?}"),
            Self::CutOff => f.write_str(CUT_OFF),
        }
    }
}

impl std::error::Error for HelperError {}

/// Runs a process to its end, with its children in a group that is ended with it. What it writes on standard
/// output is dropped.
///
/// # Errors
/// When it does not end well, and soon enough.
pub fn run_helper(command: &mut Command, input: Vec<u8>, at_most: Duration) -> Result<(), HelperError> {
    // Where memory runs out, the line that says so is wanted alone.
    let piped = command.env("RUST_BACKTRACE", "0").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut group = Group::start(piped).map_err(HelperError::NotStarted)?;
    let errors = group.leader.stderr.take().map(LastWords::of);
    if let Some(pipe) = group.leader.stdin.take() {
        let (say, _) = sync_channel(1);
        // A helper that ends early does not read all of it: how it ended says enough.
        let _ = pipes::write(pipe, say).send(input);
    }
    let status = group.wait(at_most);
    group.kill();
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            let said = errors.map(|errors| errors.text(LAST_WORDS_TIMEOUT)).unwrap_or_default();
            Err(HelperError::Failed(status, said))
        }
        None if is_interrupted() => Err(HelperError::CutOff),
        None => Err(HelperError::TimedOut(at_most)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn ran(script: &str, at_most: Duration) -> Result<(), HelperError> {
        run_helper(Command::new("sh").args(["-c", script]), vec![b'x'; 1 << 20], at_most)
    }

    #[test]
    fn a_helper_is_given_all_its_input() {
        let long = Duration::from_secs(1_000);
        ran("test $(wc -c) = 1048576", long).unwrap();
        let failed = ran("echo no room >&2; exit 3", long).unwrap_err();
        assert!(matches!(&failed, HelperError::Failed(status, said) if status.code() == Some(3) && said == "no room"));
    }

    #[test]
    fn a_helper_that_does_not_end_is_ended() {
        assert!(matches!(ran("exec sleep 100000", Duration::ZERO), Err(HelperError::TimedOut(Duration::ZERO))));
    }
}
