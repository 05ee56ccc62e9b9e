//! Printing: what [`parse`](super::parse) reads back as it was.

use std::fmt;
use std::time::Duration;

use super::file::{FIRST_LINE, WorkloadFile};
use crate::workload::keys::Keys;
use crate::workload::step::{Call, Step, Workload};
use crate::workload::value_source::ValueSource;

impl fmt::Display for WorkloadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nprofile {}\nsessions {}\n", self.profile, self.workload.sessions)?;
        write_steps(f, &self.workload)
    }
}

impl fmt::Debug for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nsessions {}\n", self.sessions)?;
        write_steps(f, self)
    }
}

fn write_steps(f: &mut fmt::Formatter<'_>, workload: &Workload) -> fmt::Result {
    workload.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
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
            Call::SetStreamed { bucket, key, value, pieces } => {
                write!(f, "set {} {} {value} {pieces}", Name(bucket), Name(key))
            }
            Call::GetStreamed { bucket, key, pieces } => write!(f, "get {} {} {pieces}", Name(bucket), Name(key)),
            Call::Delete { bucket, key } => write!(f, "delete {} {}", Name(bucket), Name(key)),
            Call::Exists { bucket, key } => write!(f, "exists {} {}", Name(bucket), Name(key)),
            Call::Increment { bucket, key, delta } => write!(f, "increment {} {} {delta}", Name(bucket), Name(key)),
            Call::CasNew { handle, bucket, key } => write!(f, "cas-new {handle} {} {}", Name(bucket), Name(key)),
            Call::CasCurrent { handle } => write!(f, "cas-current {handle}"),
            Call::Swap { handle, value } => write!(f, "swap {handle} {value}"),
            Call::List { bucket, pages: None } => write!(f, "list {}", Name(bucket)),
            Call::List { bucket, pages: Some(pages) } => write!(f, "list {} page {pages}", Name(bucket)),
            Call::GetMany { bucket, keys } => write_keys(f, "get-many", bucket, keys),
            Call::DeleteMany { bucket, keys } => write_keys(f, "delete-many", bucket, keys),
            Call::SetMany { bucket, pairs } => {
                write!(f, "set-many {}", Name(bucket))?;
                pairs.iter().try_for_each(|(keys, value)| write!(f, " {keys} {value}"))
            }
        }
    }
}

fn write_keys(f: &mut fmt::Formatter<'_>, operation: &str, bucket: &str, keys: &[Keys]) -> fmt::Result {
    write!(f, "{operation} {}", Name(bucket))?;
    keys.iter().try_for_each(|keys| write!(f, " {keys}"))
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Keys::One(key) => Name(key).fmt(f),
            Keys::Numbered { prefix, from, to } => write!(f, "{}[{from}..{to}]", Name(prefix)),
        }
    }
}

impl fmt::Display for ValueSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueSource::Stamp(s) => write!(f, "stamp({}.{} {})", s.session, s.operation, s.length),
            ValueSource::Bytes(bytes) => match repeated(bytes) {
                Some(byte) => write!(f, "repeat(\"{}\" {})", [byte].escape_ascii(), bytes.len()),
                None => write!(f, "\"{}\"", bytes.escape_ascii()),
            },
            ValueSource::Zlib(inner) => write_stream(f, "zlib", inner),
            ValueSource::Gzip(inner) => write_stream(f, "gzip", inner),
        }
    }
}

fn write_stream(f: &mut fmt::Formatter<'_>, format: &str, inner: &[u8]) -> fmt::Result {
    match repeated(inner) {
        Some(byte) => write!(f, "{format}(\"{}\" {})", [byte].escape_ascii(), inner.len()),
        None => write!(f, "{format}(\"{}\")", inner.escape_ascii()),
    }
}

/// The byte that all are, of many.
fn repeated(bytes: &[u8]) -> Option<u8> {
    let first = *bytes.first()?;
    (bytes.len() > 32 && bytes.iter().all(|byte| *byte == first)).then_some(first)
}

/// A bucket or key: bare where that is unambiguous.
struct Name<'a>(&'a str);

/// Whether a name may have it without quotes.
pub(super) fn is_bare(c: char) -> bool {
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
