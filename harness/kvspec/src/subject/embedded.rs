//! Hosts in this process, of any runtime at any version: the user runs the bytes of the [probe](mod@crate::probe)
//! on a thread that kvspec starts, with two pipes as standard input and output.
//!
//! What is said over the pipes is what a [process](super::process) would say. A runtime that ends early, fails or
//! panics is a trap with its words. One that hangs has no answer: its thread cannot be ended, so it is left
//! alone, with pipes that are closed.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use kvspec_reference::Profile;
use kvspec_reference::interface::{Bucket, Failure, Implementation, OutgoingValue, Result, Subject};

use super::hangs::Hangs;
use super::panics::guarded;
use super::probed::Probed;
use super::process::conversation::{Conversation, Shared};
use super::process::greeting::greeting;
use super::process::peer::Peer;
use super::process::queue::waited_by_this_process;
use super::process::{CALL_TIMEOUT, HostError, hangs, none_runs};
use crate::probe::{Dialect, WASI_RELEASE, file};

/// How long is waited for the end of a runtime that has closed its pipes, or whose input has ended.
const END_TIMEOUT: Duration = Duration::from_secs(3);

/// A host that runs the probe in a runtime of the user's, on a thread of its own for each fresh start.
pub struct Embedded {
    run: Run,
    dialect: Dialect,
    hangs: Arc<Hangs>,
}

/// Runs the probe of one dialect to its end, with this input and output.
type Run = Arc<dyn Fn(File, File) -> Result<()> + Send + Sync>;

impl Embedded {
    /// A host whose runtime is given the probe's bytes by `compile`, once for a dialect, and runs what that made
    /// by `run`, with the reading end of a pipe as standard input and the writing end of one as standard
    /// output. The probe is a command: it exports `wasi:cli/run@0.2.0`. Which dialect the host offers is found by
    /// trying.
    ///
    /// # Errors
    /// When the probe of no dialect runs: what the runtime said to each.
    pub fn new<P: Send + Sync + 'static, E: fmt::Display + 'static>(
        compile: impl Fn(&[u8]) -> std::result::Result<P, E>,
        run: impl Fn(&P, File, File) -> std::result::Result<(), E> + Send + Sync + 'static,
    ) -> std::result::Result<Self, HostError> {
        let run = Arc::new(run);
        let start = |dialect: &Dialect| {
            let bytes = file::binary(dialect, WASI_RELEASE).map_err(|e| HostError::Host(e.to_string()))?;
            let failed = |error: E| Failure::Trap(format!("{error:#}"));
            let probe = match guarded(|| compile(&bytes).map_err(failed)) {
                Ok(probe) => probe,
                Err(failure) => return Ok(Err(failure)),
            };
            let run = run.clone();
            let run: Run = Arc::new(move |input, output| run(&probe, input, output).map_err(failed));
            let host = Self { run, dialect: *dialect, hangs: hangs(CALL_TIMEOUT) };
            match host.converse() {
                Ok(_) => Ok(Ok(host)),
                // It would not answer with the probe of another dialect either.
                Err(failure @ (Failure::Setup(_) | Failure::Unanswered(_))) => {
                    Err(HostError::Host(format!("the runtime: {failure}")))
                }
                Err(failure) => Ok(Err(failure)),
            }
        };
        let mut found = None;
        let searched = Dialect::search(|dialect| Ok(start(dialect)?.map(|host| found = Some(host))))?;
        searched.map_err(|refusals| none_runs("the runtime", refusals))?;
        found.ok_or_else(|| HostError::Host("the runtime was not started".into()))
    }

    /// How long one call may take, from its writing to its answer; by default
    /// [`CALL_TIMEOUT`]. What takes longer is not answered. Time in which threads of this process wait for a
    /// processor does not count.
    #[must_use]
    pub fn with_call_timeout(mut self, call_timeout: Duration) -> Self {
        self.hangs = hangs(call_timeout);
        self
    }

    /// What the host was found to offer.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Starts a thread with the runtime, whose probe has answered.
    fn converse(&self) -> Result<Shared> {
        converse(&self.run, &self.dialect, &self.hangs)
    }
}

impl Subject for Embedded {
    fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
        let conversation = self.converse()?;
        Ok(Box::new(Running { host: self, conversation: RefCell::new(conversation) }))
    }

    fn profile(&self) -> Profile {
        self.dialect.profile()
    }

    fn offer(&self) -> String {
        self.dialect.to_string()
    }
}

fn converse(run: &Run, dialect: &Dialect, hangs: &Arc<Hangs>) -> Result<Shared> {
    let no_pipe = |e: io::Error| Failure::Setup(format!("a pipe to the runtime cannot be made: {e}"));
    let (its_input, our_output) = io::pipe().map_err(no_pipe)?;
    let (our_input, its_output) = io::pipe().map_err(no_pipe)?;
    let (say, end) = channel();
    let run = run.clone();
    let runs = move || {
        let ended = guarded(|| run(file_of(its_input), file_of(its_output)));
        // Nobody hears it when nobody asks any more.
        let _ = say.send(match ended {
            Ok(()) => "it ended by itself, without an error".into(),
            Err(Failure::Trap(why)) => why,
            Err(failure) => failure.to_string(),
        });
    };
    std::thread::Builder::new()
        .name("kvspec-host".into())
        .spawn(runs)
        .map_err(|e| Failure::Setup(format!("a thread for the runtime cannot be started: {e}")))?;
    let runtime = Runtime { end, how: None };
    let mut conversation = Conversation::with(runtime, (our_output, our_input), hangs.clone());
    let said = greeting(&mut conversation, &|| ())?;
    if said.dialect != Some(*dialect) {
        return Err(Failure::Trap("another probe answers than the one that was given to the runtime".into()));
    }
    Ok(Shared::new(conversation))
}

#[cfg(unix)]
fn file_of(pipe: impl Into<std::os::fd::OwnedFd>) -> File {
    File::from(pipe.into())
}

#[cfg(windows)]
fn file_of(pipe: impl Into<std::os::windows::io::OwnedHandle>) -> File {
    File::from(pipe.into())
}

/// A runtime on a thread.
struct Runtime {
    /// Says how it ended.
    end: Receiver<String>,
    how: Option<String>,
}

impl Runtime {
    fn wait(&mut self, at_most: Duration) -> Option<&str> {
        if self.how.is_none() {
            self.how = self.end.recv_timeout(at_most).ok();
        }
        self.how.as_deref()
    }
}

impl Peer for Runtime {
    fn queued(&self) -> Duration {
        waited_by_this_process()
    }

    fn has_ended(&mut self) -> bool {
        self.wait(Duration::ZERO).is_some()
    }

    fn how_it_ended(&mut self) -> String {
        match self.wait(END_TIMEOUT) {
            Some(how) => format!("the runtime ended: {how}"),
            None => "the runtime closed its output, and goes on".into(),
        }
    }

    fn end_orderly(&mut self) {
        self.wait(END_TIMEOUT);
    }

    /// A thread cannot be ended. It sees that its pipes are closed.
    fn kill(&mut self) {}
}

struct Running<'a> {
    host: &'a Embedded,
    conversation: RefCell<Shared>,
}

impl Running<'_> {
    fn probed(&self) -> Probed {
        Probed::new(Rc::new(self.conversation.borrow().clone()), self.host.dialect)
    }
}

impl Implementation for Running<'_> {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        self.probed().open(name)
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        self.probed().outgoing_value()
    }

    /// Another runtime, on the data that the user's host keeps elsewhere, if it keeps any.
    fn restart(&self) -> Option<Result<()>> {
        self.conversation.borrow().end_orderly();
        Some(self.host.converse().map(|conversation| drop(self.conversation.replace(conversation))))
    }
}

#[cfg(test)]
mod tests;
