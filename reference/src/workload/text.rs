//! The text form of a workload: printing and parsing.
//!
//! ```text
//! file      = "kvspec workload 1" header* step*          one line each; "#" starts a comment
//! header    = "profile" NAME | "sessions" N
//! step      = N "get" name name | N "exists" name name | N "delete" name name
//!           | N "set" name name value | N "reopen" name | "wait" duration | "quiesce"
//! name      = a bare word of letters, digits, "_", "-", "." | quoted
//! value     = quoted | "stamp(" session "." operation length ")" | "repeat(" quoted N ")"
//! quoted    = '"' with the escapes \n \r \t \0 \\ \" \xNN (a byte) \u{…} (a code point) '"'
//! duration  = N ("ns" | "us" | "ms" | "s")
//! ```

use std::fmt;
use std::time::Duration;

use super::{Call, SESSIONS_MAX, Step, ValueSource, Workload};
use crate::stamp::Stamp;

const FIRST_LINE: &str = "kvspec workload 1";
/// The longest value a file may ask for, in bytes: a workload is small, whatever it says.
const VALUE_BYTES_MAX: usize = 64 << 20;

/// What is wrong with a workload file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// A parsed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadFile {
    /// The profile it was made for.
    pub profile: String,
    /// The workload.
    pub workload: Workload,
}

impl fmt::Display for WorkloadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nprofile {}\nsessions {}\n", self.profile, self.workload.sessions)?;
        for step in &self.workload.steps {
            writeln!(f, "{step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Call { session, call } => write!(f, "{session} {call}"),
            Step::Wait(duration) => write!(f, "wait {}", duration_text(*duration)),
            Step::Quiesce => write!(f, "quiesce"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Call::Reopen { bucket } => write!(f, "reopen {}", Name(bucket)),
            Call::Get { bucket, key } => write!(f, "get {} {}", Name(bucket), Name(key)),
            Call::Set { bucket, key, value } => write!(f, "set {} {} {value}", Name(bucket), Name(key)),
            Call::Delete { bucket, key } => write!(f, "delete {} {}", Name(bucket), Name(key)),
            Call::Exists { bucket, key } => write!(f, "exists {} {}", Name(bucket), Name(key)),
        }
    }
}

impl fmt::Display for ValueSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueSource::Stamp(s) => write!(f, "stamp({}.{} {})", s.session, s.operation, s.length),
            ValueSource::Bytes(bytes) => match bytes.first() {
                Some(first) if bytes.len() > 32 && bytes.iter().all(|b| b == first) => {
                    write!(f, "repeat(\"{}\" {})", [*first].escape_ascii(), bytes.len())
                }
                _ => write!(f, "\"{}\"", bytes.escape_ascii()),
            },
        }
    }
}

/// A bucket or key: bare where that is unambiguous.
struct Name<'a>(&'a str);

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() && self.0.chars().all(is_bare) {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.escape_default())
    }
}

fn duration_text(duration: Duration) -> String {
    let ns = duration.as_nanos();
    match ns {
        _ if ns.is_multiple_of(1_000_000_000) => format!("{}s", ns / 1_000_000_000),
        _ if ns.is_multiple_of(1_000_000) => format!("{}ms", ns / 1_000_000),
        _ if ns.is_multiple_of(1_000) => format!("{}us", ns / 1_000),
        _ => format!("{ns}ns"),
    }
}

/// Reads a workload file.
///
/// # Errors
/// [`ParseError`] with the place of the first fault.
pub fn parse(text: &str) -> Result<WorkloadFile, ParseError> {
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, line)) if line.trim_end() == FIRST_LINE => {}
        _ => {
            let message = format!("a workload begins with the line \"{FIRST_LINE}\"");
            return Err(ParseError { line: 1, column: 1, message });
        }
    }
    let mut file = WorkloadFile { profile: "eventual@0.1.0".into(), workload: Workload::default() };
    let mut sessions_given = false;
    for (index, text) in lines {
        let mut line = Line { text, at: 0, number: index + 1 };
        line.blanks();
        if line.is_done() {
            continue;
        }
        let start = line.at;
        let word = line.bare_word("a session number, \"wait\", \"quiesce\", \"profile\" or \"sessions\"")?;
        match word {
            "profile" => {
                line.blanks();
                let rest = line.rest().trim_end().to_owned();
                line.at = line.text.len();
                file.profile = rest;
            }
            "sessions" => {
                if sessions_given {
                    return Err(line.error_at(start, "the number of sessions is given twice"));
                }
                line.blanks();
                file.workload.sessions = line.number("a number of sessions")?;
                sessions_given = true;
                if !(1..=SESSIONS_MAX).contains(&file.workload.sessions) {
                    return Err(line.error_at(start, format!("a workload has 1 to {SESSIONS_MAX} sessions")));
                }
            }
            "wait" => {
                line.blanks();
                let duration = line.duration()?;
                file.workload.steps.push(Step::Wait(duration));
            }
            "quiesce" => file.workload.steps.push(Step::Quiesce),
            _ => {
                let Ok(session) = word.parse::<u16>() else {
                    return Err(line.error_at(start, format!("\"{word}\" begins no step; see the format's grammar")));
                };
                if !sessions_given || session >= file.workload.sessions {
                    let message = format!("session {session} is not among the {} declared", file.workload.sessions);
                    return Err(line.error_at(start, message));
                }
                line.blanks();
                let call = line.call()?;
                file.workload.steps.push(Step::Call { session, call });
            }
        }
        line.blanks();
        if !line.is_done() {
            return Err(line.error("unexpected text at the end of the line"));
        }
    }
    if !sessions_given {
        let message = "no line \"sessions N\"".into();
        return Err(ParseError { line: text.lines().count().max(1), column: 1, message });
    }
    Ok(file)
}

struct Line<'a> {
    text: &'a str,
    at: usize,
    number: usize,
}

impl<'a> Line<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn is_done(&self) -> bool {
        self.rest().is_empty() || self.rest().starts_with('#')
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r']).len();
    }

    fn error(&self, message: impl Into<String>) -> ParseError {
        self.error_at(self.at, message)
    }

    fn error_at(&self, at: usize, message: impl Into<String>) -> ParseError {
        let column = self.text[..at].chars().count() + 1;
        ParseError { line: self.number, column, message: message.into() }
    }

    fn bare_word(&mut self, wanted: &str) -> Result<&'a str, ParseError> {
        let rest = self.rest();
        let length = rest.find(|c| !is_bare(c)).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.error(format!("expected {wanted}")));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    fn number<N: std::str::FromStr>(&mut self, wanted: &str) -> Result<N, ParseError> {
        let start = self.at;
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        self.at += length;
        rest[..length].parse().map_err(|_| self.error_at(start, format!("expected {wanted}")))
    }

    fn duration(&mut self) -> Result<Duration, ParseError> {
        let start = self.at;
        let amount: u64 = self.number("a duration such as 500ms")?;
        let unit = self.bare_word("a unit: ns, us, ms or s")?;
        let ns_per_unit = match unit {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            _ => return Err(self.error_at(start, "the unit of a duration is ns, us, ms or s")),
        };
        let ns = amount.checked_mul(ns_per_unit).ok_or_else(|| self.error_at(start, "the duration is too long"))?;
        Ok(Duration::from_nanos(ns))
    }

    fn call(&mut self) -> Result<Call, ParseError> {
        let start = self.at;
        let operation = self.bare_word("an operation: get, set, delete, exists or reopen")?;
        if !["get", "set", "delete", "exists", "reopen"].contains(&operation) {
            let message = format!("\"{operation}\" is no operation; there are get, set, delete, exists and reopen");
            return Err(self.error_at(start, message));
        }
        let bucket = self.name("a bucket")?;
        if operation == "reopen" {
            return Ok(Call::Reopen { bucket });
        }
        let key = self.name("a key")?;
        Ok(match operation {
            "get" => Call::Get { bucket, key },
            "delete" => Call::Delete { bucket, key },
            "exists" => Call::Exists { bucket, key },
            _ => Call::Set { bucket, key, value: self.value()? },
        })
    }

    fn name(&mut self, wanted: &str) -> Result<String, ParseError> {
        self.blanks();
        if !self.rest().starts_with('"') {
            return self.bare_word(&format!("{wanted}: a bare word, or quoted")).map(str::to_owned);
        }
        let start = self.at;
        let bytes = self.quoted()?;
        String::from_utf8(bytes).map_err(|_| self.error_at(start, format!("{wanted} must be UTF-8")))
    }

    fn value(&mut self) -> Result<ValueSource, ParseError> {
        self.blanks();
        let start = self.at;
        if self.rest().starts_with('"') {
            return Ok(ValueSource::Bytes(self.quoted()?));
        }
        let form = self.bare_word("a value: \"…\", stamp(S.O LENGTH) or repeat(\"…\" N)")?;
        if !matches!(form, "stamp" | "repeat") {
            return Err(self.error_at(start, "a value is \"…\", stamp(S.O LENGTH) or repeat(\"…\" N)"));
        }
        self.expect('(')?;
        let value = if form == "stamp" {
            let session = self.number("the session of the stamp")?;
            self.expect('.')?;
            let operation = self.number("the operation number of the stamp")?;
            self.blanks();
            let length: u32 = self.number("the length of the stamped value in bytes")?;
            self.within_bounds(start, length as usize)?;
            ValueSource::Stamp(Stamp { session, operation, length })
        } else {
            let part = self.quoted()?;
            self.blanks();
            let count: usize = self.number("how many times to repeat")?;
            self.within_bounds(start, part.len().saturating_mul(count))?;
            ValueSource::Bytes(part.repeat(count))
        };
        self.expect(')')?;
        Ok(value)
    }

    fn within_bounds(&self, start: usize, length: usize) -> Result<(), ParseError> {
        if length > VALUE_BYTES_MAX {
            return Err(self.error_at(start, format!("a value has at most {VALUE_BYTES_MAX} bytes")));
        }
        Ok(())
    }

    fn expect(&mut self, c: char) -> Result<(), ParseError> {
        if !self.rest().starts_with(c) {
            return Err(self.error(format!("expected \"{c}\"")));
        }
        self.at += c.len_utf8();
        Ok(())
    }

    fn quoted(&mut self) -> Result<Vec<u8>, ParseError> {
        let start = self.at;
        self.expect('"')?;
        let mut bytes = Vec::new();
        loop {
            let Some(c) = self.rest().chars().next() else {
                return Err(self.error_at(start, "the quote is not closed on this line"));
            };
            let at = self.at;
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(bytes),
                '\\' => self.escape(at, &mut bytes)?,
                _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }

    fn escape(&mut self, at: usize, bytes: &mut Vec<u8>) -> Result<(), ParseError> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let kind = chars.next();
        self.at += kind.map_or(0, char::len_utf8);
        match kind {
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('0') => bytes.push(0),
            Some(c @ ('\\' | '"' | '\'')) => bytes.push(c as u8),
            Some('x') => {
                let digits = rest.get(1..3).unwrap_or("");
                let byte = u8::from_str_radix(digits, 16)
                    .map_err(|_| self.error_at(at, "\\x takes two hexadecimal digits"))?;
                self.at += 2;
                bytes.push(byte);
            }
            Some('u') => {
                let fault = "\\u takes a code point in braces, such as \\u{e9}";
                let inner = rest[1..].strip_prefix('{').and_then(|r| r.split_once('}')).map(|(inner, _)| inner);
                let inner = inner.ok_or_else(|| self.error_at(at, fault))?;
                let code = u32::from_str_radix(inner, 16).ok().and_then(char::from_u32);
                let c = code.ok_or_else(|| self.error_at(at, fault))?;
                self.at += inner.len() + 2;
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return Err(self.error_at(at, "unknown escape; there are \\n \\r \\t \\0 \\\\ \\\" \\xNN \\u{…}")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "kvspec workload 1
profile eventual@0.1.0
sessions 2

0 set b k stamp(0.1 64)
1 get b k
0 delete b \"a key\\n\\u{e9}\"
1 reopen b
0 set b \"\" \"\\x00\\xff\\\"\"
0 set b z repeat(\"a\" 100)
wait 500ms
1 exists b k
quiesce
";

    #[test]
    fn the_text_form_comes_back_the_same() {
        let file = parse(EXAMPLE).unwrap();
        assert_eq!(file.workload.steps.len(), 9);
        assert_eq!(file.to_string(), EXAMPLE);
        assert_eq!(parse(&file.to_string()).unwrap(), file);
    }

    #[test]
    fn faults_are_named_with_their_place() {
        let start = "kvspec workload 1\nsessions 1\n";
        for (line, column, message) in [
            ("0 put b k", 3, "is no operation"),
            ("1 get b k", 1, "not among the 1 declared"),
            ("0 get b", 8, "expected a key"),
            ("0 get b k extra", 11, "unexpected text"),
            ("0 set b k \"abc", 11, "not closed"),
            ("0 set b k \"\\q\"", 12, "unknown escape"),
            ("0 set b k \"\\xg0\"", 12, "two hexadecimal"),
            ("0 set b k \"\\u{d800}\"", 12, "code point"),
            ("0 set b k repeat(\"ab\" 99999999999)", 11, "at most"),
            ("wait 5h", 6, "unit"),
            ("zzz", 1, "begins no step"),
            ("sessions 1", 1, "given twice"),
        ] {
            let error = parse(&format!("{start}{line}\n")).unwrap_err();
            assert_eq!((error.line, error.column), (3, column), "{line}: {error}");
            assert!(error.message.contains(message), "{line}: {error}");
        }
        assert!(parse("hello").unwrap_err().message.contains("begins with the line"));
        assert!(parse("kvspec workload 1\n").unwrap_err().message.contains("sessions"));
    }
}
