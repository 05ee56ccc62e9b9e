//! Hosts in a process of their own, of any language: the [probe](mod@crate::probe) runs in the host and is told
//! each call on its standard input, which it answers on its standard output.
//!
//! The form of calls and answers is in `probe/command.wat.in`; a program that is no host of components can answer
//! the same calls in the form of `line`. An answer that does not come in time leaves the
//! operation unanswered, and ends the process: what it would have said later is nobody's.
//!
//! Where several processes share what is stored, each session has one of its own
//! ([`ProcessHost::with_processes`]). Where a host keeps data from one process to the next, a command
//! empties it before each fresh start ([`ProcessHost::with_reset`]).

mod command_line;
pub(super) mod conversation;
pub(super) mod greeting;
mod group;
mod handle;
mod helper;
mod line;
pub(super) mod peer;
mod pipes;
mod program;
pub(super) mod queue;
mod reset;

use kvspec_reference::Profile;
use std::fmt;
use std::num::NonZeroU16;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kvspec_reference::interface::{Bucket, BufferedOutgoing, Failure, Implementation, OutgoingValue, Result, Subject};

use conversation::{Conversation, Shared};
use greeting::{Greeting, greeting};
use handle::Handle;
use line::Word;

use super::hangs::Hangs;
use super::probed::Probed;
#[cfg(feature = "probe")]
use crate::probe::{self, Dialect};

pub use greeting::START_TIMEOUT;
pub use group::end_all_before_exit;
pub use helper::{HelperError, run_helper};

/// How long one call may take, unless another time is chosen.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The part of its time that a call has once two of its kind had no answer.
const SHORT_PART: u32 = 20;
/// How long a reset may take.
const RESET_TIMEOUT: Duration = Duration::from_secs(60);

/// The limits of calls to a host.
pub(super) fn hangs(call_timeout: Duration) -> Arc<Hangs> {
    Arc::new(Hangs::limited_to(call_timeout).then(call_timeout / SHORT_PART))
}

/// A host that a command starts.
pub struct ProcessHost {
    command: Vec<String>,
    greeting: Greeting,
    /// How many processes serve an implementation at once.
    processes: NonZeroU16,
    /// What is run before each fresh start.
    reset: Option<Vec<String>>,
    reset_hangs: Hangs,
    /// How long one call may take; of all processes, so that a hang of one is known to those after it.
    hangs: Arc<Hangs>,
}

/// Why a host cannot be tested; what to do about it is part of the text.
#[derive(Debug)]
pub enum HostError {
    /// The command line that was given is wrong: nothing was started.
    CommandLine(String),
    /// The host does not start, or runs no probe.
    Host(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostError::CommandLine(text) | HostError::Host(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for HostError {}

impl ProcessHost {
    /// A host that this command line starts; `{probe}` in it stands for the path of the probe. It is
    /// started once to learn which profile its probe speaks.
    ///
    /// # Errors
    /// When the command line is not well formed, `{probe}` has no file, or no probe answers.
    pub fn new(command_line: &str, probe: Option<&Path>) -> std::result::Result<Self, HostError> {
        Self::new_watched(command_line, probe, &|| ())
    }

    /// As [`ProcessHost::new`]; `waits` is called when the probe has said nothing after some seconds.
    ///
    /// # Errors
    /// As there.
    pub fn new_watched(
        command_line: &str,
        probe: Option<&Path>,
        waits: &dyn Fn(),
    ) -> std::result::Result<Self, HostError> {
        let words = split("--host", command_line)?;
        match probe {
            None if names_probe(&words) => return Err(HostError::CommandLine(NO_PROBE.into())),
            Some(file) if !file.exists() => {
                return Err(HostError::Host(format!("{}: there is no such file", file.display())));
            }
            _ => {}
        }
        Self::started(&words, probe, waits).map_err(|failure| {
            HostError::Host(format!(
                "{}: {failure}\n  it must run the probe, and leave its input and output alone",
                words[0]
            ))
        })
    }

    /// As [`ProcessHost::new_watched`], with a probe that is made for the host: of this dialect, or of the one
    /// that it is found to offer. `wasi` is the release of WASI that the probe imports, such as
    /// [`WASI_RELEASE`](crate::probe::WASI_RELEASE).
    ///
    /// # Errors
    /// As there; and when the probe of no dialect runs in the host: what it said to each.
    #[cfg(feature = "probe")]
    #[cfg_attr(docsrs, doc(cfg(feature = "probe")))]
    pub fn with_made_probe(
        command_line: &str,
        dialect: Option<Dialect>,
        wasi: &str,
        waits: &dyn Fn(),
    ) -> std::result::Result<Self, HostError> {
        let words = split("--host", command_line)?;
        if !names_probe(&words) {
            return Self::new_watched(command_line, None, waits);
        }
        let start = |dialect: &Dialect| {
            let file = probe::file::temporary(dialect, wasi)
                .map_err(|e| HostError::CommandLine(format!("the probe cannot be made: {e}")))?;
            match Self::started(&words, Some(&file), waits) {
                Ok(host) => Ok(Ok(host)),
                // It would not start, or not answer, with the probe of another dialect either.
                Err(failure @ (Failure::Setup(_) | Failure::Unanswered(_))) => {
                    Err(HostError::Host(format!("{}: {failure}", words[0])))
                }
                Err(failure) => Ok(Err(failure)),
            }
        };
        if let Some(dialect) = dialect {
            return start(&dialect)?.map_err(|why| {
                HostError::Host(format!(
                    "{}: the probe for {dialect} does not run there: {why}\n  leave out --dialect: then it is found by \
                     trying",
                    words[0]
                ))
            });
        }
        let mut host = None;
        let found = Dialect::search(|dialect| Ok(start(dialect)?.map(|started| host = Some(started))))?;
        found.map_err(|refusals| none_runs(&words[0], refusals))?;
        host.ok_or_else(|| HostError::Host(format!("{}: it was not started", words[0])))
    }

    /// The host with the probe in this file, if its command line names one, once the probe has answered.
    fn started(words: &[String], probe: Option<&Path>, waits: &dyn Fn()) -> Result<Self> {
        let probe = probe.map(|file| file.display().to_string()).unwrap_or_default();
        let command: Vec<String> = words.iter().map(|word| word.replace("{probe}", &probe)).collect();
        let mut first =
            Conversation::start(&command, hangs(CALL_TIMEOUT)).map_err(|e| Failure::Setup(e.to_string()))?;
        let greeting = greeting(&mut first, waits)?;
        let reset_hangs = Hangs::limited_to(RESET_TIMEOUT).then(RESET_TIMEOUT / SHORT_PART);
        Ok(Self { command, greeting, processes: NonZeroU16::MIN, reset: None, reset_hangs, hangs: hangs(CALL_TIMEOUT) })
    }

    /// The host in so many processes at once, on what they share: session `i` is served by process
    /// `i` modulo this number. A process is started when its first session opens a bucket.
    #[must_use]
    pub fn with_processes(mut self, processes: NonZeroU16) -> Self {
        self.processes = processes;
        self
    }

    /// How many processes serve an implementation at once.
    pub fn processes(&self) -> NonZeroU16 {
        self.processes
    }

    /// How long one call may take, from its writing to its answer; by default [`CALL_TIMEOUT`]. What takes
    /// longer is not answered, and its process is ended. Time in which its processes wait for a processor does
    /// not count.
    #[must_use]
    pub fn with_call_timeout(mut self, call_timeout: Duration) -> Self {
        self.hangs = hangs(call_timeout);
        self
    }

    /// Runs this command line before each fresh start, to empty what the host keeps elsewhere.
    ///
    /// # Errors
    /// When the command line is not well formed.
    pub fn with_reset(mut self, command_line: &str) -> std::result::Result<Self, HostError> {
        self.reset = Some(split("--reset", command_line)?);
        Ok(self)
    }

    /// As [`Subject::start`], of a type that threads can share.
    ///
    /// # Errors
    /// When the reset fails, or the host cannot be started.
    pub fn start_shared(&self) -> Result<impl Implementation + Send + Sync + 'static + use<>> {
        self.running()
    }

    /// Whether one process sees in `bucket` what an earlier one wrote, although a reset came between
    /// them if there is one: then cases would see each other's data. `None`: it cannot be tried.
    ///
    /// # Errors
    /// When the host cannot be started.
    pub fn keeps_data(&self, bucket: &str) -> Result<Option<bool>> {
        const KEY: &str = "kvspec-was-here";
        let first = self.running()?;
        if first.open(bucket).and_then(|handle| handle.set(KEY, b"1")).is_err() {
            return Ok(None);
        }
        // What it keeps, it may write down only at its end.
        first.end_orderly();
        let seen = self.running()?.open(bucket).and_then(|handle| {
            let is_kept = handle.exists(KEY)?;
            handle.delete(KEY).map(|()| is_kept)
        });
        // What goes wrong here, the cases will say.
        Ok(seen.ok())
    }

    fn running(&self) -> Result<Running> {
        if let Some(reset) = &self.reset {
            reset::run(reset, &self.reset_hangs)?;
        }
        let mut conversations: Vec<Mutex<Option<Shared>>> = Vec::new();
        conversations.resize_with(self.processes.get().into(), Mutex::default);
        let (command, greeting, hangs) = (self.command.clone(), self.greeting.clone(), self.hangs.clone());
        let running = Running { command, greeting, hangs, conversations };
        // A host that does not start is told before any case begins.
        running.conversation(0)?;
        Ok(running)
    }
}

/// The words of a command line that an option gives.
fn split(option: &str, command_line: &str) -> std::result::Result<Vec<String>, HostError> {
    command_line::split(command_line).map_err(|e| {
        HostError::CommandLine(format!("{option} {command_line:?}: {e}; give a command and its arguments"))
    })
}

const NO_PROBE: &str =
    "--host names {probe}, but no --probe-file FILE says where it is\n  write one: kvspec probe -o FILE";

fn names_probe(words: &[String]) -> bool {
    words.iter().any(|word| word.contains("{probe}"))
}

/// Why no probe runs in a host: what it said to the probe of each dialect, once where it said the same.
#[cfg(feature = "probe")]
pub(super) fn none_runs(host: &str, refusals: Vec<(Dialect, Failure)>) -> HostError {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for (dialect, refusal) in refusals {
        let why = refusal.to_string();
        match said.iter_mut().find(|(known, _)| *known == why) {
            Some((_, dialects)) => dialects.push(dialect.to_string()),
            None => said.push((why, vec![dialect.to_string()])),
        }
    }
    let one_answer = |(why, dialects): &(String, Vec<String>)| match dialects.len() {
        1 => format!("\n  to the probe for {}: {why}", dialects[0]),
        count => format!("\n  to the probes for {count} dialects: {why}"),
    };
    HostError::Host(format!(
        "{host}: no probe runs there, whichever dialect of wasi:keyvalue it speaks{}\n  the host must run a component \
         that exports wasi:cli/run, offer it wasi:keyvalue/store or eventual, and leave its input and output alone; if it offers \
         another dialect, name it: --dialect",
        said.iter().map(one_answer).collect::<String>()
    ))
}

impl Subject for ProcessHost {
    fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new(self.running()?))
    }

    fn profile(&self) -> Profile {
        self.greeting.profile
    }

    fn offer(&self) -> String {
        let Greeting { profile, has_atomics, has_cas, has_batch, dialect } = &self.greeting;
        if let Some(dialect) = dialect {
            return format!("{dialect}");
        }
        let capabilities = [("atomics", has_atomics), ("cas", has_cas), ("batch", has_batch)];
        let offered: Vec<&str> = capabilities.iter().filter(|(_, has)| **has).map(|(name, _)| *name).collect();
        match offered[..] {
            [] => format!("{profile}, as its probe says, with store alone"),
            _ => format!("{profile}, as its probe says, with {}", offered.join(", ")),
        }
    }
}

struct Running {
    command: Vec<String>,
    /// What the probe said of itself at first.
    greeting: Greeting,
    hangs: Arc<Hangs>,
    /// `None` until a session needs the process.
    conversations: Vec<Mutex<Option<Shared>>>,
}

impl Running {
    fn conversation(&self, session: u16) -> Result<Shared> {
        let place = usize::from(session) % self.conversations.len();
        let mut conversation = self.conversations[place].lock().unwrap_or_else(PoisonError::into_inner);
        match &*conversation {
            Some(running) => Ok(running.clone()),
            None => Ok(conversation.insert(self.converse()?).clone()),
        }
    }

    /// Starts a process. What goes wrong once it runs is its own fault: it ran before.
    fn converse(&self) -> Result<Shared> {
        let started = Conversation::start(&self.command, self.hangs.clone());
        let mut conversation = started.map_err(|e| Failure::Setup(e.to_string()))?;
        if greeting(&mut conversation, &|| ())? != self.greeting {
            return Err(Failure::Trap("the probe says something else of itself than before".into()));
        }
        Ok(Shared::new(conversation))
    }

    /// Ends all processes as they end when nobody needs them any more.
    fn end_orderly(&self) {
        for conversation in &self.conversations {
            let running = conversation.lock().unwrap_or_else(PoisonError::into_inner).take();
            running.iter().for_each(Shared::end_orderly);
        }
    }
}

impl Implementation for Running {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        self.open_as(0, name)
    }

    fn open_as(&self, session: u16, name: &str) -> Result<Box<dyn Bucket>> {
        let conversation = self.conversation(session)?;
        if let Some(dialect) = self.greeting.dialect {
            return Probed::new(Rc::new(conversation), dialect).open(name);
        }
        let number = conversation.next_handle();
        conversation.ask("open", number, &[Word::text(name)])?;
        Ok(Box::new(Handle { conversation, number, greeting: self.greeting.clone() }))
    }

    fn outgoing_value_as(&self, session: u16) -> Result<Box<dyn OutgoingValue>> {
        match self.greeting.dialect {
            Some(dialect) => Probed::new(Rc::new(self.conversation(session)?), dialect).outgoing_value(),
            None => Ok(Box::new(BufferedOutgoing::default())),
        }
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        self.outgoing_value_as(0)
    }

    /// New processes on the data that the host keeps elsewhere, if it keeps any.
    fn restart(&self) -> Option<Result<()>> {
        self.end_orderly();
        Some(self.conversation(0).map(drop))
    }
}

#[cfg(test)]
mod tests;
