//! One call or answer as a line of text.
//!
//! ```text
//! call      OPERATION HANDLE ARGUMENT...
//!           cas-new HANDLE CAS KEY, cas-current CAS, cas-swap CAS FRESH VALUE, close CAS
//! answer    ok RESULT... | error KIND TEXT
//! bytes     "x" and two hexadecimal digits a byte: keys, values, names, cursors, texts
//! none      "-"
//! ```

use kvspec_reference::interface::{ErrorKind, Failure, InterfaceError, Result};

/// One word of a call.
pub(super) struct Word(pub(super) String);

impl Word {
    pub(super) fn bytes(bytes: &[u8]) -> Self {
        Word(hexadecimal(bytes))
    }

    pub(super) fn text(text: &str) -> Self {
        Self::bytes(text.as_bytes())
    }

    pub(super) fn optional_text(text: Option<&str>) -> Self {
        text.map_or(Word("-".into()), Self::text)
    }

    pub(super) fn pair(key: &str, value: &[u8]) -> Self {
        Word(format!("{}={}", hexadecimal(key.as_bytes()), hexadecimal(value)))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(1 + bytes.len() * 2);
    text.push('x');
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

/// The most words of an answer: many times the keys of the largest listing. Each takes more memory than its
/// text.
const WORDS_MAX: usize = 1 << 20;

/// The words after `ok`.
///
/// # Errors
/// The interface's error that the line tells, or a trap: the host broke the protocol.
pub(super) fn result(answer: &str) -> Result<Vec<&str>> {
    let count = answer.bytes().filter(|byte| *byte == b' ').count();
    if count > WORDS_MAX {
        return Err(Failure::Trap(format!("the probe answered with {count} words, which no answer has")));
    }
    let words: Vec<&str> = answer.split(' ').collect();
    let error = |kind, trace: &str| Err(Failure::Error(InterfaceError { kind, trace: trace.into() }));
    match words[..] {
        ["ok", ..] => Ok(words[1..].to_vec()),
        ["error", "no-such-store"] => error(ErrorKind::NoSuchStore, "no text"),
        ["error", "access-denied"] => error(ErrorKind::AccessDenied, "no text"),
        ["error", "other", trace] => error(ErrorKind::Other, &text(trace)?),
        _ => Err(odd(answer)),
    }
}

/// A line that says what no probe says: the host's fault, in its own words.
pub(super) fn odd(answer: &str) -> Failure {
    let shown: String = answer.chars().take(80).collect();
    Failure::Trap(format!("the probe answered {shown:?}; does something else write to its output?"))
}

/// The bytes that a word stands for.
pub(super) fn bytes(word: &str) -> Result<Vec<u8>> {
    word.strip_prefix('x').and_then(from_hexadecimal).ok_or_else(|| odd(word))
}

/// The bytes that these digits stand for, two a byte; `None` where they are no such.
pub(super) fn from_hexadecimal(digits: &str) -> Option<Vec<u8>> {
    let digit = |d: u8| (d as char).to_digit(16).map(|d| d as u8);
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?);
    digits.as_bytes().chunks(2).map(pair).collect()
}

/// As [`bytes`], of text.
pub(super) fn text(word: &str) -> Result<String> {
    String::from_utf8(bytes(word)?).map_err(|_| odd(word))
}

/// As [`bytes`]; `None` for `-`.
pub(super) fn optional(word: &str) -> Result<Option<Vec<u8>>> {
    if word == "-" { Ok(None) } else { bytes(word).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        for value in [&b""[..], b"\0\xff", b"text with blanks"] {
            assert_eq!(bytes(&Word::bytes(value).0).unwrap(), value);
        }
        for odd in ["", "0", "x0", "xzz", "-"] {
            assert!(bytes(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(result("ok - x00").unwrap(), ["-", "x00"]);
        assert_eq!(result("error no-such-store"), Err(Failure::no_such_store("no text")));
        assert_eq!(result("error other x6869"), Err(Failure::error("hi")));
        assert!(matches!(result("Hello, world"), Err(Failure::Trap(_))));
    }
}
