//! A running process, or thread, and the lines that go to and fro.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kvspec_reference::interface::{Failure, Result};

use super::line::{self, Word, from_hexadecimal, odd};
use super::peer::Peer;
use super::pipes::{self, Heard};
use super::program::Program;
use crate::interruption::{CUT_OFF, is_interrupted};
use crate::subject::hangs::Hangs;
use crate::subject::patience::Patience;
use crate::subject::probed::{Answer, Transport};

/// The longest answer, in bytes: room for values of 32 MiB, twice what the largest case writes.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// How often is looked where the processes stand that do not answer.
const LOOK_EVERY_SLICES: u32 = 10;
/// How many times the limit they may stand in the queue for a processor.
const STARVED_AT_MOST: u32 = 10;
/// How many lines are read before they are asked for: a host that talks without end then waits.
const LINES_AHEAD: usize = 1;

/// A conversation that several handles, of several threads, speak in: one call after another.
#[derive(Clone)]
pub(in crate::subject) struct Shared(Arc<Mutex<Conversation>>);

impl Shared {
    pub(in crate::subject) fn new(conversation: Conversation) -> Self {
        Self(Arc::new(Mutex::new(conversation)))
    }

    /// As [`Conversation::next_handle`].
    pub(super) fn next_handle(&self) -> u64 {
        self.lock().next_handle()
    }

    /// As [`Conversation::ask`].
    ///
    /// # Errors
    /// As there.
    pub(super) fn ask(&self, operation: &'static str, handle: u64, arguments: &[Word]) -> Result<Vec<String>> {
        self.lock().ask(operation, handle, arguments)
    }

    /// As [`Conversation::end_orderly`].
    pub(in crate::subject) fn end_orderly(&self) {
        self.lock().end_orderly();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Conversation> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// As the generated probe is told calls.
impl Transport for Shared {
    fn exchange(&self, name: &'static str, function: u32, arguments: Vec<u8>) -> Result<Answer> {
        let argument_bytes = arguments.len();
        let head = [function, argument_bytes as u32].map(u32::to_le_bytes).concat();
        let mut conversation = self.lock();
        let line = conversation.exchange(name, [head, arguments].concat())?;
        let answer = from_hexadecimal(&line).and_then(|bytes| Answer::new(bytes, argument_bytes));
        conversation.or_break_off(answer.ok_or_else(|| odd(&line)))
    }

    fn id(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }
}

/// Dropping it ends the process at once, with all its children.
pub(in crate::subject) struct Conversation {
    peer: Box<dyn Peer>,
    /// How long one call may take, from its writing to its answer.
    hangs: Arc<Hangs>,
    /// `None` once the process has ended.
    calls: Option<Sender<Vec<u8>>>,
    heard: Receiver<Heard>,
    /// What ended the conversation.
    broken: Option<Failure>,
    handles: u64,
}

impl Conversation {
    /// Starts the process.
    ///
    /// # Errors
    /// When there is no such program, or it cannot be run.
    pub(super) fn start(command: &[String], hangs: Arc<Hangs>) -> std::io::Result<Self> {
        let (program, input, output) = Program::start(command)?;
        Ok(Self::with(program, (input, output), hangs))
    }

    /// A conversation with what reads from the first of these pipes and writes to the second.
    pub(in crate::subject) fn with(
        peer: impl Peer + 'static,
        (input, output): (impl Write + Send + 'static, impl Read + Send + 'static),
        hangs: Arc<Hangs>,
    ) -> Self {
        let (say, heard) = sync_channel(LINES_AHEAD);
        let calls = Some(pipes::write(input, say.clone()));
        pipes::read(output, ANSWER_BYTES_MAX, say);
        Self { peer: Box::new(peer), hangs, calls, heard, broken: None, handles: 0 }
    }

    /// A number for a new handle.
    pub(super) fn next_handle(&mut self) -> u64 {
        self.handles += 1;
        self.handles
    }

    /// Makes a call and gives the words of its result.
    ///
    /// # Errors
    /// The interface's error; a trap when the process has ended or answers what no probe answers; no
    /// answer in time, which also is what a process gives that does not read its input.
    pub(super) fn ask(&mut self, operation: &'static str, handle: u64, arguments: &[Word]) -> Result<Vec<String>> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let mut call = format!("{operation} {handle}");
        for Word(argument) in arguments {
            call.push(' ');
            call.push_str(argument);
        }
        call.push('\n');
        let answer = self.exchange(operation, call.into_bytes())?;
        let words = line::result(&answer).map(|words| words.into_iter().map(str::to_owned).collect());
        self.or_break_off(words)
    }

    /// Writes a call, and gives the line that answers it.
    ///
    /// # Errors
    /// A trap when the process has ended or says no text; no answer in time.
    pub(super) fn exchange(&mut self, operation: &'static str, call: Vec<u8>) -> Result<String> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let is_sent = self.calls.as_ref().is_some_and(|calls| calls.send(call).is_ok());
        if !is_sent {
            return Err(self.ended());
        }
        match self.heard_within(self.hangs.limit_of(operation)) {
            Some(heard) => self.understood(heard),
            None => {
                self.hangs.note(operation);
                // A child that holds its output open does not answer for it.
                if self.peer.has_ended() {
                    return Err(self.ended());
                }
                let why = format!("no answer to {operation} within {}", self.hangs.limits());
                Err(self.break_off(Failure::Unanswered(why)))
            }
        }
    }

    /// What an answer was understood as. Where it is none, the process is ended: what it says from now on
    /// answers no call.
    pub(super) fn or_break_off<T>(&mut self, understood: Result<T>) -> Result<T> {
        understood.map_err(|failure| match failure {
            Failure::Trap(_) => self.break_off(failure),
            failure => failure,
        })
    }

    /// As [`Conversation::hear`]; `waits` is called when nothing was said after `soon`.
    ///
    /// # Errors
    /// As there.
    pub(super) fn hear_patiently(&mut self, soon: Duration, timeout: Duration, waits: &dyn Fn()) -> Result<String> {
        match self.heard_within(soon.min(timeout)) {
            None => waits(),
            Some(heard) => return self.understood(heard),
        }
        self.hear(timeout.saturating_sub(soon))
    }

    /// The next line that the process says.
    ///
    /// # Errors
    /// A trap when the process has ended or says no text; no answer in time.
    pub(super) fn hear(&mut self, timeout: Duration) -> Result<String> {
        match self.heard_within(timeout) {
            Some(heard) => self.understood(heard),
            None => Err(self.break_off(Failure::Unanswered(format!("no answer within {timeout:?}")))),
        }
    }

    /// What comes next; `None` when nothing comes in time. Time in which the processes stand in the queue for
    /// a processor does not count, but for [`STARVED_AT_MOST`].
    fn heard_within(&mut self, timeout: Duration) -> Option<Heard> {
        let (mut patience, mut slices) = (Patience::of(timeout), 0);
        let mut forgivable = timeout.saturating_mul(STARVED_AT_MOST);
        let mut queued_before = None;
        while let Some(slice) = patience.slice() {
            match self.heard.recv_timeout(slice) {
                Err(RecvTimeoutError::Timeout) if is_interrupted() => return Some(Heard::CutOff),
                Err(RecvTimeoutError::Timeout) => {}
                heard => return Some(heard.unwrap_or(Heard::End)),
            }
            patience.waited(slice);
            slices += 1;
            // What is answered soon is not asked where it stands.
            if slices % LOOK_EVERY_SLICES == 0 {
                let queued = self.peer.queued();
                let before = queued_before.replace(queued).unwrap_or(queued);
                let elsewhere = queued.saturating_sub(before).min(slice * LOOK_EVERY_SLICES).min(forgivable);
                patience.forgive(elsewhere);
                forgivable -= elsewhere;
            }
        }
        None
    }

    /// Lets the process end as it ends when nobody needs it any more: its input ends, then it is asked
    /// to end, and then it is ended.
    pub(super) fn end_orderly(&mut self) {
        self.calls = None;
        self.peer.end_orderly();
        self.break_off(Failure::Unanswered("the process was ended".into()));
    }

    fn understood(&mut self, heard: Heard) -> Result<String> {
        match heard {
            Heard::Line(line) => Ok(line),
            Heard::NoText(why) => Err(self.break_off(Failure::Trap(why))),
            Heard::End => Err(self.ended()),
            Heard::CutOff => Err(self.break_off(Failure::Unanswered(CUT_OFF.into()))),
        }
    }

    /// It has ended by itself, and how.
    fn ended(&mut self) -> Failure {
        self.calls = None;
        let how = self.peer.how_it_ended();
        self.break_off(Failure::Trap(how))
    }

    /// Ends the process; each later call fails as this one.
    fn break_off(&mut self, failure: Failure) -> Failure {
        self.calls = None;
        self.peer.kill();
        self.broken = Some(failure.clone());
        failure
    }
}
