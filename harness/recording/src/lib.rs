//! Recorded histories in files: our own format, and public ones in which real recordings exist.
//!
//! * [`json_lines`]: our format, one operation a line; read and written.
//! * `jepsen_log`: the log lines that Jepsen printed of its register tests; `event_lines`: such lines alone.
//! * `edn`: the operations of Jepsen's register tests in EDN or JSON; `event` has the spellings of one.
//!
//! [`open`] tells them apart by what a file begins with, never by its name. Files are read as a
//! stream: a line of at most [`LINE_BYTES_MAX`] is in memory, and the history that comes of it.

mod edn;
mod event;
mod event_lines;
mod foreign;
mod jepsen_log;
mod json_form;
pub mod json_lines;
mod line_numbers;
mod lines;
mod nesting;
mod process_events;
mod sessions_of_processes;

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use kvspec_reference::History;
use kvspec_reference::anomaly::visible;

pub use lines::LINE_BYTES_MAX;

/// The convergence bound of a history whose recording names none, in [`Header::convergence_bound`]:
/// no pause of any recording is that long, so no read is settled, and nothing is judged that nobody
/// promised.
///
/// [`Header::convergence_bound`]: kvspec_reference::history::Header::convergence_bound
pub const NO_CONVERGENCE_BOUND: u64 = u64::MAX;

/// In which format a history was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Ours: [`json_lines`].
    JsonLines,
    /// The log of a Jepsen test.
    JepsenLog,
    /// Events of a Jepsen test in EDN.
    JepsenEdn,
    /// The same in JSON.
    JepsenJson,
    /// The same in words, one on a line.
    EventLines,
}

impl Format {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Format::JsonLines => "kvspec JSON lines",
            Format::JepsenLog => "Jepsen log",
            Format::JepsenEdn => "Jepsen EDN",
            Format::JepsenJson => "Jepsen JSON",
            Format::EventLines => "lines of events",
        }
    }
}

/// A history and the format it came in.
#[derive(Debug, Clone)]
pub struct HistoryFile {
    /// The history.
    pub history: History,
    /// The format it came in.
    pub format: Format,
    /// By record, the line on which its operation stands, or begins.
    pub lines: Vec<u64>,
    /// What a user should know of how it was read, a sentence each.
    pub notes: Vec<String>,
}

/// A history as its importer gives it.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) history: History,
    pub(crate) lines: Vec<u64>,
    pub(crate) notes: Vec<String>,
}

/// What a user says of a recording that it does not say itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// What registers begin with: a string in JSON lines, else a value as the recording prints it.
    pub initial: Option<String>,
}

/// What is wrong with the text of a history, where, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
    /// What is wrong.
    pub problem: String,
    /// How to fix it.
    pub help: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It quotes the file, which may be hostile.
        write!(f, "{}:{}: {}; {}", self.line, self.column, visible(&self.problem), visible(&self.help))
    }
}

impl std::error::Error for Fault {}

/// Why there is no history.
#[derive(Debug)]
pub enum ReadError {
    /// The bytes could not be read.
    Io(io::Error),
    /// They are no history.
    Fault(Fault),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        ReadError::Io(error)
    }
}

impl From<Fault> for ReadError {
    fn from(fault: Fault) -> Self {
        ReadError::Fault(fault)
    }
}

/// A [`ReadError`] with the name of the file.
#[derive(Debug)]
pub struct OpenError {
    /// The name of the file, for people.
    pub file: String,
    /// What went wrong.
    pub error: ReadError,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            ReadError::Io(error) => write!(f, "{}: cannot be read: {error}", self.file),
            ReadError::Fault(fault) => write!(f, "{}:{fault}", self.file),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.error {
            ReadError::Io(error) => Some(error),
            ReadError::Fault(fault) => Some(fault),
        }
    }
}

/// Reads the history in a file; `-` is standard input.
///
/// # Errors
/// [`OpenError`] when the file cannot be read or is no history in a format known.
pub fn open(path: &Path) -> Result<HistoryFile, OpenError> {
    open_with(path, &ReadOptions::default())
}

/// The same of a recording of which the user says something.
///
/// # Errors
/// As [`open`].
pub fn open_with(path: &Path, options: &ReadOptions) -> Result<HistoryFile, OpenError> {
    let name = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
    let history = if path == Path::new("-") {
        read_with(io::stdin().lock(), options)
    } else {
        File::open(path).map_err(ReadError::Io).and_then(|file| read_with(file, options))
    };
    history.map_err(|error| OpenError { file: name, error })
}

/// How much of a file is looked at to tell its format, in bytes.
const HEAD_BYTES: u64 = 64 << 10;
/// How much of a text that is none of the other formats is searched for the first line of a log: what
/// a test does before its first operation, such as setting up a database, is logged too.
const PREFACE_BYTES_MAX: usize = 64 << 20;
/// How much is read at a time, in bytes.
const CHUNK_BYTES: usize = 256 << 10;

/// Reads a history in any of the formats.
///
/// # Errors
/// [`ReadError`] when reading fails or the text is no history in a format known.
pub fn read(input: impl Read) -> Result<HistoryFile, ReadError> {
    read_with(input, &ReadOptions::default())
}

/// The same of a recording of which the user says something.
///
/// # Errors
/// As [`read`].
pub fn read_with(mut input: impl Read, options: &ReadOptions) -> Result<HistoryFile, ReadError> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    while is_preface(&head) {
        let known = head.len();
        input.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut head)?;
        if head.len() == known {
            break;
        }
    }
    let format = format_of(&head)?;
    let all = Cursor::new(head).chain(BufReader::with_capacity(CHUNK_BYTES, input));
    let initial = options.initial.as_deref();
    let Recorded { history, lines, notes } = match format {
        Format::JsonLines => json_lines::read_recorded(all, initial),
        Format::JepsenLog => jepsen_log::read(all, initial),
        Format::JepsenEdn => edn::read(all, edn::Syntax::Edn, initial),
        Format::JepsenJson => edn::read(all, edn::Syntax::Json, initial),
        Format::EventLines => event_lines::read(all, initial),
    }?;
    Ok(HistoryFile { history, format, lines, notes })
}

/// Whether this may be the beginning of a log whose first operation is still to come.
fn is_preface(head: &[u8]) -> bool {
    let first = head.iter().copied().find(|b| !b.is_ascii_whitespace());
    let is_other = first.is_none_or(|first| b"{[(;#".contains(&first))
        || foreign::named(head).is_some()
        || event_lines::is_lines(head);
    // The last chunk, and what of the marker may stand before it.
    let fresh = &head[head.len().saturating_sub(CHUNK_BYTES + 64)..];
    !is_other && head.len() < PREFACE_BYTES_MAX && !fresh.contains(&0) && !jepsen_log::is_log(fresh)
}

/// A JSON object begins with `{"`, an EDN map with `{:`; a log has its marker near the start.
fn format_of(head: &[u8]) -> Result<Format, Fault> {
    let here =
        |problem: &str, help: &str| Err(Fault { line: 1, column: 1, problem: problem.into(), help: help.into() });
    if let Some((what, help)) = foreign::named(head) {
        return here(what, help);
    }
    let mut solid = head.iter().copied().filter(|b| !b.is_ascii_whitespace());
    match (solid.next(), solid.next()) {
        (None, _) => here("the file is empty", "a history begins with a header; see the format's description"),
        (Some(b'{'), Some(b'"')) if is_event_in_json(head) => Ok(Format::JepsenJson),
        (Some(b'{'), Some(b'"')) => Ok(Format::JsonLines),
        (Some(b'['), Some(b'{')) if solid.next() == Some(b'"') => match is_event_in_json(head) {
            true => Ok(Format::JepsenJson),
            false => {
                here("the file is one JSON array", "write one object a line, without brackets and commas around them")
            }
        },
        (Some(b'{' | b'[' | b'(' | b';' | b'#'), _) => Ok(Format::JepsenEdn),
        _ if jepsen_log::is_log(head) => Ok(Format::JepsenLog),
        _ if event_lines::is_lines(head) => Ok(Format::EventLines),
        _ => here(
            "this is no format of histories that kvspec knows",
            "give JSON lines that begin with {\"kvspec\":\"history\",...}, a Jepsen log or Jepsen's EDN operations",
        ),
    }
}

/// Whether the first object of a text names a process, as events do and our lines do not.
fn is_event_in_json(head: &[u8]) -> bool {
    let first = head.split(|b| *b == b'}').next().unwrap_or_default();
    let has = |name: &[u8]| first.windows(name.len()).any(|window| window == name);
    has(b"\"process\"") && !has(b"\"kvspec\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_content() {
        let known: [(&[u8], Format); 12] = [
            (b"{\"kvspec\":\"history\"", Format::JsonLines),
            (b"\n { \"kvspec\"", Format::JsonLines),
            (b"{:process 0, :type", Format::JepsenEdn),
            (b"[{:process 0", Format::JepsenEdn),
            (b"(\n {:process 0", Format::JepsenEdn),
            (b"[81 :invoke :read [8 nil]]", Format::JepsenEdn),
            (b"[{\"process\":0,\"type\":\"invoke\"", Format::JepsenJson),
            (b"{\"type\":\"invoke\", \"process\":0,", Format::JepsenJson),
            (b"4\t:invoke\t:read\tnil", Format::EventLines),
            (b":nemesis :info :start nil", Format::EventLines),
            (b"; made by hand\n{:process 0", Format::JepsenEdn),
            (b"INFO  jepsen.core - go\nINFO  jepsen.util - 0\t:invoke", Format::JepsenLog),
        ];
        for (head, format) in known {
            assert_eq!(format_of(head), Ok(format), "{}", head.escape_ascii());
        }
    }

    #[test]
    fn a_log_may_have_a_long_preface() {
        let preface = "INFO  jepsen.db - set up\n".repeat(40_000);
        let log = format!("{preface}INFO  jepsen.util - 0\t:invoke\t:read\tnil\n");
        let file = read(log.as_bytes()).unwrap();
        assert_eq!((file.format, file.history.records().len()), (Format::JepsenLog, 1));
        assert!(read(preface.as_bytes()).is_err());
        assert!(read(format!("PK\0{log}").as_bytes()).is_err(), "an archive is no log");
    }

    #[test]
    fn other_files_are_refused_with_a_mend() {
        for (head, named) in [
            (&b""[..], "empty"),
            (b" \n", "empty"),
            (b"[{\"session\":0}]", "JSON array"),
            (b"PK\x03\x04", "ZIP"),
            (b"\xef\xbb\xbf{\"kvspec\"", "byte order mark"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"\x28\xb5\x2f\xfd\0", "zstd"),
            (b"\xff\xfe{\0\"\0", "UTF-16"),
            (b"\xfe\xff\0{\0\"", "UTF-16"),
            (b"{\0\"\0k\0", "UTF-16"),
            (b"\0{\0\"\0k", "UTF-16"),
            (b"set k v", "no format"),
        ] {
            let fault = format_of(head).unwrap_err();
            assert_eq!((fault.line, fault.column), (1, 1));
            assert!(!fault.help.is_empty() && fault.problem.contains(named), "{fault}");
            assert!(read(head).is_err());
        }
    }
}
