//! A running process and the lines that go to and fro.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kvspec_reference::interface::{Failure, Result};

use super::CALL_TIMEOUT;
use super::line::{self, Word};

/// How much of what a process says on standard error is kept: the last so many bytes.
const ERRORS_BYTES_MAX: usize = 2048;
/// How long is waited for the end of standard error once standard output has ended.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest answer, in bytes: more is said only by a process gone astray.
const ANSWER_BYTES_MAX: u64 = 1 << 30;

/// A conversation that several handles, of several threads, speak in: one call after another.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Conversation>>);

impl Shared {
    pub(super) fn new(conversation: Conversation) -> Self {
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
    pub(super) fn ask(&self, operation: &str, handle: u64, arguments: &[Word]) -> Result<Vec<String>> {
        self.lock().ask(operation, handle, arguments)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Conversation> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

pub(super) struct Conversation {
    process: Child,
    /// `None` once the process has ended.
    calls: Option<ChildStdin>,
    answers: Receiver<String>,
    errors: Arc<Mutex<Vec<u8>>>,
    /// Nothing is ever sent: it is cut off when standard error has been read to its end.
    errors_end: Receiver<()>,
    /// What ended the conversation.
    broken: Option<Failure>,
    handles: u64,
}

impl Conversation {
    /// Starts the process.
    ///
    /// # Errors
    /// When there is no such program, or it cannot be run.
    pub(super) fn start(command: &[String]) -> std::io::Result<Self> {
        let mut process = Command::new(&command[0])
            .args(&command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| std::io::Error::new(e.kind(), format!("{} cannot be started: {e}", command[0])))?;
        let calls = process.stdin.take();
        let (say, answers) = channel();
        if let Some(output) = process.stdout.take() {
            std::thread::spawn(move || {
                let mut output = BufReader::new(output);
                loop {
                    let mut line = String::new();
                    let read = output.by_ref().take(ANSWER_BYTES_MAX).read_line(&mut line);
                    if !matches!(read, Ok(1..)) || say.send(line.trim_end().to_owned()).is_err() {
                        return;
                    }
                }
            });
        }
        let errors = Arc::new(Mutex::new(Vec::new()));
        let (until_end, errors_end) = channel();
        if let Some(mut output) = process.stderr.take() {
            let errors = errors.clone();
            std::thread::spawn(move || {
                let _until_end = until_end;
                let mut part = [0; 1024];
                while let Ok(read @ 1..) = output.read(&mut part) {
                    let mut kept = errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    kept.extend_from_slice(&part[..read]);
                    let excess = kept.len().saturating_sub(ERRORS_BYTES_MAX);
                    kept.drain(..excess);
                }
            });
        }
        Ok(Self { process, calls, answers, errors, errors_end, broken: None, handles: 0 })
    }

    /// A number for a new handle.
    pub(super) fn next_handle(&mut self) -> u64 {
        self.handles += 1;
        self.handles
    }

    /// Makes a call and gives the words of its result.
    ///
    /// # Errors
    /// The interface's error; a trap when the process has ended; no answer in time.
    pub(super) fn ask(&mut self, operation: &str, handle: u64, arguments: &[Word]) -> Result<Vec<String>> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let mut call = format!("{operation} {handle}");
        for Word(argument) in arguments {
            call.push(' ');
            call.push_str(argument);
        }
        call.push('\n');
        let written = self.calls.as_mut().map(|calls| calls.write_all(call.as_bytes()).and_then(|()| calls.flush()));
        if !matches!(written, Some(Ok(()))) {
            return Err(self.ended());
        }
        let answer = self.hear(CALL_TIMEOUT)?;
        let words = line::result(&answer)?;
        Ok(words.into_iter().map(str::to_owned).collect())
    }

    /// As [`Conversation::hear`]; `waits` is called when nothing was said after `soon`.
    ///
    /// # Errors
    /// As there.
    pub(super) fn hear_patiently(&mut self, soon: Duration, timeout: Duration, waits: &dyn Fn()) -> Result<String> {
        match self.answers.recv_timeout(soon.min(timeout)) {
            Ok(line) => return Ok(line),
            Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => waits(),
        }
        self.hear(timeout.saturating_sub(soon))
    }

    /// The next line that the process says.
    ///
    /// # Errors
    /// A trap when the process has ended; no answer in time.
    pub(super) fn hear(&mut self, timeout: Duration) -> Result<String> {
        match self.answers.recv_timeout(timeout) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => {
                let failure = Failure::Unanswered(format!("no answer within {} s", timeout.as_secs()));
                self.stop();
                self.broken = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// The process has ended by itself, and how.
    fn ended(&mut self) -> Failure {
        self.calls = None;
        // What it said last tells why. A child of its own may hold standard error open for longer.
        let _ = self.errors_end.recv_timeout(LAST_WORDS_TIMEOUT);
        // It has closed its output, so it ends by itself or hangs: then it is ended.
        let status = match self.process.try_wait() {
            Ok(Some(status)) => status.to_string(),
            _ => {
                self.stop();
                "its output was closed".into()
            }
        };
        let mut text = format!("the process ended: {status}");
        let errors = self.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let errors = String::from_utf8_lossy(&errors);
        if !errors.trim().is_empty() {
            text.push_str(&format!("; it said: {}", errors.trim()));
        }
        let failure = Failure::Trap(text);
        self.broken = Some(failure.clone());
        failure
    }

    fn stop(&mut self) {
        self.calls = None;
        // It may have ended by itself: then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.stop();
    }
}
