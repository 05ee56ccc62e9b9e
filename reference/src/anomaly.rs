//! What an oracle reports: an anomaly is data, never a panic.

use crate::hash::fnv1a_64;
use crate::requirement_id::RequirementId;

/// One violation of one requirement, decided on a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// The requirement.
    pub requirement: RequirementId,
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
    if bytes.len() <= SHOWN_BYTES_MAX {
        return quoted(bytes);
    }
    cut_value_text(bytes, bytes.len(), fnv1a_64(bytes.iter().copied()))
}

/// As [`value_text`], of a long value of which these are the first bytes, with its length and FNV-1a hash.
pub fn cut_value_text(start: &[u8], length: usize, fnv: u64) -> String {
    format!("{}... ({length} bytes, fnv {fnv:016x})", quoted(&start[..start.len().min(SHOWN_BYTES_MAX)]))
}

fn quoted(part: &[u8]) -> String {
    format!("\"{}\"", part.escape_ascii().to_string().replace("\\'", "'"))
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
    format!("\"{}\"... ({} bytes, fnv {:016x})", cut.escape_default(), name.len(), fnv1a_64(name.bytes()))
}

/// Whether a character shows nothing of its own, and changes what is shown of others or hides text: general
/// category Cf of Unicode 17, with the line and paragraph separators and the supplementary variation selectors.
fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text of an implementation for reports: of at most 1,000 characters, and escaped where a character
/// could do something to a terminal or to the order of what is read (Unicode Standard Annex 9).
pub fn visible(text: &str) -> String {
    const SHOWN_MAX: usize = 1_000;
    let escape = |c: char| if c.is_control() || is_format(c) { c.escape_default().collect() } else { c.to_string() };
    let mut shown: String = text.chars().take(SHOWN_MAX).map(escape).collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push_str(&format!("... ({} bytes)", text.len()));
    }
    shown
}
