//! A process at the other end of the pipes.

use std::io;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::group::Group;
use super::peer::Peer;
use super::pipes::LastWords;
use super::queue;

/// How long is waited for the end of standard error, and then of the process, once standard output has
/// ended.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a process may take to end once its input has ended, and again once it was asked to.
const ORDERLY_END_TIMEOUT: Duration = Duration::from_secs(3);

/// A program that runs, with all its children.
pub(super) struct Program {
    group: Group,
    errors: Option<LastWords>,
}

impl Program {
    /// Starts it, and gives its input and output.
    ///
    /// # Errors
    /// When there is no such program, or it cannot be run.
    pub(super) fn start(command: &[String]) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        let mut group = Group::start(
            Command::new(&command[0])
                .args(&command[1..])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        )
        .map_err(|e| io::Error::new(e.kind(), format!("{} cannot be started: {e}", command[0])))?;
        let errors = group.leader.stderr.take().map(LastWords::of);
        let (Some(input), Some(output)) = (group.leader.stdin.take(), group.leader.stdout.take()) else {
            return Err(io::Error::other("a process was started without pipes"));
        };
        Ok((Self { group, errors }, input, output))
    }
}

impl Peer for Program {
    fn queued(&self) -> Duration {
        queue::waited_for_processor(self.group.leader.id())
    }

    fn has_ended(&mut self) -> bool {
        self.group.wait(Duration::ZERO).is_some()
    }

    fn how_it_ended(&mut self) -> String {
        // What it said last tells why. A child of its own may hold standard error open for longer.
        let errors = self.errors.as_ref().map(|errors| errors.text(LAST_WORDS_TIMEOUT)).unwrap_or_default();
        // It has closed its output, so it ends by itself or hangs: then it is ended.
        let status = self.group.wait(LAST_WORDS_TIMEOUT);
        let status = status.map_or("its output was closed".into(), |status| status.to_string());
        let said = if errors.is_empty() { String::new() } else { format!("; it said: {errors}") };
        format!("the process ended: {status}{said}")
    }

    fn end_orderly(&mut self) {
        if self.group.wait(ORDERLY_END_TIMEOUT).is_none() {
            self.group.terminate();
            self.group.wait(ORDERLY_END_TIMEOUT);
        }
    }

    fn kill(&mut self) {
        self.group.kill();
    }
}
