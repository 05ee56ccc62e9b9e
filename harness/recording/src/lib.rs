//! Recorded histories in files: our own format, and public ones in which real recordings exist.
//!
//! * [`json_lines`]: our format, one operation a line; read and written.
//! * [`jepsen_log`]: the log lines that Jepsen printed of its register tests.
//! * [`edn`]: the operations of Jepsen's register tests in EDN.
//!
//! [`open`] tells them apart by what a file begins with, never by its name. Files are read as a
//! stream: a line of at most [`LINE_BYTES_MAX`] is in memory, and the history that comes of it.

pub mod edn;
pub mod jepsen_log;
pub mod json_lines;
mod lines;
mod nesting;
mod process_events;

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
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
    /// [`jepsen_log`].
    JepsenLog,
    /// [`edn`].
    JepsenEdn,
}

impl Format {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Format::JsonLines => "kvspec JSON lines",
            Format::JepsenLog => "Jepsen log",
            Format::JepsenEdn => "Jepsen EDN",
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
    let name = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
    let history = if path == Path::new("-") {
        read(io::stdin().lock())
    } else {
        File::open(path).map_err(ReadError::Io).and_then(read)
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
pub fn read(mut input: impl Read) -> Result<HistoryFile, ReadError> {
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
    let history = read_as(format, all)?;
    Ok(HistoryFile { history, format })
}

/// Whether this may be the beginning of a log whose first operation is still to come.
fn is_preface(head: &[u8]) -> bool {
    let first = head.iter().copied().find(|b| !b.is_ascii_whitespace());
    let is_other = first.is_none_or(|first| b"{[;#".contains(&first)) || head.starts_with(BYTE_ORDER_MARK);
    // The last chunk, and what of the marker may stand before it.
    let fresh = &head[head.len().saturating_sub(CHUNK_BYTES + 64)..];
    !is_other && head.len() < PREFACE_BYTES_MAX && !fresh.contains(&0) && !jepsen_log::is_log(fresh)
}

/// Reads a history in this format.
///
/// # Errors
/// As [`read`].
pub fn read_as(format: Format, input: impl BufRead) -> Result<History, ReadError> {
    match format {
        Format::JsonLines => json_lines::read(input),
        Format::JepsenLog => jepsen_log::read(input),
        Format::JepsenEdn => edn::read(input),
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A JSON object begins with `{"`, an EDN map with `{:`; a log has its marker near the start.
fn format_of(head: &[u8]) -> Result<Format, Fault> {
    let here =
        |problem: &str, help: &str| Err(Fault { line: 1, column: 1, problem: problem.into(), help: help.into() });
    if head.starts_with(BYTE_ORDER_MARK) {
        return here("the file begins with a byte order mark", "save it as UTF-8 without one");
    }
    let mut solid = head.iter().copied().filter(|b| !b.is_ascii_whitespace());
    match (solid.next(), solid.next()) {
        (None, _) => here("the file is empty", "a history begins with a header; see the format's description"),
        (Some(b'{'), Some(b'"')) => Ok(Format::JsonLines),
        (Some(b'['), Some(b'{')) if solid.next() == Some(b'"') => {
            here("the file is one JSON array", "write one object a line, without brackets and commas around them")
        }
        (Some(b'{' | b'[' | b';' | b'#'), _) => Ok(Format::JepsenEdn),
        _ if jepsen_log::is_log(head) => Ok(Format::JepsenLog),
        _ => here(
            "this is no format of histories that kvspec knows",
            "give JSON lines that begin with {\"kvspec\":\"history\",...}, a Jepsen log or Jepsen's EDN operations",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_content() {
        let known: [(&[u8], Format); 6] = [
            (b"{\"kvspec\":\"history\"", Format::JsonLines),
            (b"\n { \"kvspec\"", Format::JsonLines),
            (b"{:process 0, :type", Format::JepsenEdn),
            (b"[{:process 0", Format::JepsenEdn),
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
        for head in [&b""[..], b" \n", b"[{\"session\":0}]", b"PK\x03\x04", b"\xef\xbb\xbf{\"kvspec\"", b"set k v"] {
            let fault = format_of(head).unwrap_err();
            assert_eq!((fault.line, fault.column), (1, 1));
            assert!(!fault.help.is_empty());
        }
    }
}
