//! Hosts in a process of their own, of any language: the probe (`harness/probe`) runs in the host
//! and is told each call on its standard input, which it answers on its standard output.
//!
//! The form of calls and answers is in `line`. An answer that does not come in time leaves the
//! operation unanswered, and ends the process: what it would have said later is nobody's.

mod command_line;
mod conversation;
mod handle;
mod line;

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use kvspec_reference::interface::{Bucket, Failure, Implementation, Result, Subject};

use conversation::Conversation;
use handle::Handle;
use line::Word;

/// How long a host may take to start the probe: it may compile it first.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A host that a command starts.
pub struct ProcessHost {
    command: Vec<String>,
    greeting: Greeting,
}

/// What the probe says of itself when it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Greeting {
    profile: String,
    has_atomics: bool,
    has_batch: bool,
}

/// Why a host cannot be tested; what to do about it is part of the text.
#[derive(Debug)]
pub struct HostError(String);

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
        let words = command_line::split(command_line).map_err(|e| HostError(format!("--host: {e}")))?;
        let names_probe = words.iter().any(|word| word.contains("{probe}"));
        let probe = match probe {
            None if names_probe => return Err(HostError(NO_PROBE.into())),
            Some(file) if !file.exists() => {
                return Err(HostError(format!("{}: there is no such file\n  {BUILD_PROBE}", file.display())));
            }
            other => other.map(|file| file.display().to_string()).unwrap_or_default(),
        };
        let command: Vec<String> = words.iter().map(|word| word.replace("{probe}", &probe)).collect();
        let mut first = Conversation::start(&command).map_err(|e| HostError(e.to_string()))?;
        let greeting = greeting(&mut first).map_err(|failure| {
            HostError(format!(
                "{}: {failure}\n  it must run the probe, and leave its input and output alone",
                command[0]
            ))
        })?;
        Ok(Self { command, greeting })
    }
}

const BUILD_PROBE: &str = "build it: cargo build --release --target wasm32-wasip2 --manifest-path \
     harness/probe/Cargo.toml (the target: rustup target add wasm32-wasip2)";
const NO_PROBE: &str = "--host names {probe}, but no --probe-file FILE says where it is\n  build it: cargo build --release \
     --target wasm32-wasip2 --manifest-path harness/probe/Cargo.toml (the target: rustup target add wasm32-wasip2)";

fn greeting(conversation: &mut Conversation) -> Result<Greeting> {
    let line = conversation.hear(START_TIMEOUT)?;
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["kvspec-probe", "1", profile, ..] => Ok(Greeting {
            profile: profile.to_owned(),
            has_atomics: words.contains(&"atomics"),
            has_batch: words.contains(&"batch"),
        }),
        _ => Err(Failure::Harness(format!("it said {:?}, which is no greeting of a probe of version 1", line))),
    }
}

impl Subject for ProcessHost {
    fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new(Running { host: self, conversation: RefCell::new(self.converse()?) }))
    }

    fn profile(&self) -> &str {
        &self.greeting.profile
    }
}

impl ProcessHost {
    fn converse(&self) -> Result<Rc<RefCell<Conversation>>> {
        let mut conversation = Conversation::start(&self.command).map_err(|e| Failure::Harness(e.to_string()))?;
        let greeting = greeting(&mut conversation)?;
        if greeting != self.greeting {
            return Err(Failure::Harness("the probe says something else of itself than before".into()));
        }
        Ok(Rc::new(RefCell::new(conversation)))
    }
}

struct Running<'h> {
    host: &'h ProcessHost,
    conversation: RefCell<Rc<RefCell<Conversation>>>,
}

impl Implementation for Running<'_> {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let conversation = self.conversation.borrow().clone();
        let number = conversation.borrow_mut().next_handle();
        conversation.borrow_mut().ask("open", number, &[Word::text(name)])?;
        Ok(Box::new(Handle { conversation, number, greeting: self.host.greeting.clone() }))
    }

    /// A new process on the data that the host keeps elsewhere, if it keeps any.
    fn restart(&self) -> Option<Result<()>> {
        Some(self.host.converse().map(|fresh| drop(self.conversation.replace(fresh))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let no_file = ProcessHost::new("host run {probe}", None).err().unwrap().to_string();
        assert!(no_file.contains("--probe-file FILE") && no_file.contains("wasm32-wasip2"), "{no_file}");
        let absent = ProcessHost::new("host {probe}", Some(Path::new("nowhere.wasm"))).err().unwrap().to_string();
        assert!(absent.contains("nowhere.wasm") && absent.contains("harness/probe"), "{absent}");
        let no_program = ProcessHost::new("kvspec-no-such-program", None).err().unwrap().to_string();
        assert!(no_program.contains("kvspec-no-such-program"), "{no_program}");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_is_no_probe_is_refused() {
        let error = ProcessHost::new("echo hello", None).err().unwrap().to_string();
        assert!(error.contains("\"hello\"") && error.contains("no greeting"), "{error}");
        let silent = ProcessHost::new("true", None).err().unwrap().to_string();
        assert!(silent.contains("ended"), "{silent}");
    }

    #[cfg(unix)]
    #[test]
    fn a_process_that_ends_is_a_trap() {
        let command = "sh -c 'echo kvspec-probe 1 store@0.2.0-draft; read call; echo ok; read call; echo sorry >&2'";
        let host = ProcessHost::new(command, None).unwrap();
        let store = host.start(1).unwrap();
        let bucket = store.open("b").unwrap();
        let failure = bucket.get("k").unwrap_err();
        assert!(matches!(&failure, Failure::Trap(why) if why.contains("ended") && why.contains("sorry")), "{failure}");
    }
}
