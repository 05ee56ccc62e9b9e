//! What an oracle reports: an anomaly is data, never a panic.

/// One violation of one requirement, decided on a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// The ID of the requirement, such as `KVE-INT-01`.
    pub requirement: &'static str,
    /// The register it concerns, as bucket and key; `None` where it concerns none.
    pub register: Option<(String, String)>,
    /// What would have been admissible, in words for people.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// The operations that prove it, as indices into the records of the history, in the order of
    /// their invocation.
    pub operations: Vec<usize>,
    /// Why, as a chain: each line follows from those before it.
    pub because: Vec<String>,
}

/// The longest value a report prints whole, in bytes.
const SHOWN_BYTES_MAX: usize = 48;

/// A value for reports: escaped, and when long, cut, with its length and hash. What a store
/// returns is hostile: no control character of it reaches a terminal.
pub fn value_text(bytes: &[u8]) -> String {
    let quoted = |part: &[u8]| format!("\"{}\"", part.escape_ascii().to_string().replace("\\'", "'"));
    if bytes.len() <= SHOWN_BYTES_MAX {
        return quoted(bytes);
    }
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{}... ({} bytes, fnv {hash:016x})", quoted(&bytes[..SHOWN_BYTES_MAX]), bytes.len())
}

/// A bucket or key for reports: bare when it is a plain word, else quoted, escaped and cut.
pub fn name_text(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !name.is_empty() && name.len() <= SHOWN_BYTES_MAX && name.chars().all(plain) {
        return name.to_owned();
    }
    if name.chars().count() <= SHOWN_BYTES_MAX {
        return format!("\"{}\"", name.escape_default());
    }
    let cut: String = name.chars().take(SHOWN_BYTES_MAX).collect();
    format!("\"{}\"... ({} bytes)", cut.escape_default(), name.len())
}

/// Text of an implementation for reports: control characters are escaped, so that none reaches a
/// terminal.
pub fn visible(text: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    text.chars().map(escape).collect()
}
