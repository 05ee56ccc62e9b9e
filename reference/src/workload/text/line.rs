//! Reading within a line: words, names, numbers, durations, with the column of a fault.

use std::time::Duration;

use super::error::ParseError;
use super::print::is_bare;

/// The longest value a file may ask for, in bytes: a workload is small, whatever it says.
const VALUE_BYTES_MAX: usize = crate::workload::stamp::LENGTH_MAX as usize;

/// A line, and how far it was read.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    /// In bytes.
    pub(super) at: usize,
    /// From 1.
    pub(super) number: usize,
}

impl<'a> Line<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest().is_empty() || self.rest().starts_with('#')
    }

    pub(super) fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r']).len();
    }

    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        self.error_at(self.at, message)
    }

    pub(super) fn error_at(&self, at: usize, message: impl Into<String>) -> ParseError {
        let column = self.text[..at].chars().count() + 1;
        ParseError { line: self.number, column, message: message.into() }
    }

    pub(super) fn bare_word(&mut self, wanted: &str) -> Result<&'a str, ParseError> {
        let rest = self.rest();
        let length = rest.find(|c| !is_bare(c)).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.error(format!("expected {wanted}")));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    pub(super) fn number<N: std::str::FromStr>(&mut self, wanted: &str) -> Result<N, ParseError> {
        let start = self.at;
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        self.at += length;
        let message = if length == 0 { format!("expected {wanted}") } else { format!("{wanted} is too large") };
        rest[..length].parse().map_err(|_| self.error_at(start, message))
    }

    pub(super) fn duration(&mut self) -> Result<Duration, ParseError> {
        let start = self.at;
        let amount: u64 = self.number("a duration such as 500ms")?;
        let unit = self.bare_word("a unit: ns, us, ms or s")?;
        let ns_per_unit = match unit {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            _ => return Err(self.error_at(start, "unknown unit of a duration; expected one of ns, us, ms, s")),
        };
        let ns = amount.checked_mul(ns_per_unit).ok_or_else(|| self.error_at(start, "the duration is too long"))?;
        Ok(Duration::from_nanos(ns))
    }

    pub(super) fn name(&mut self, wanted: &str) -> Result<String, ParseError> {
        self.blanks();
        let start = self.at;
        if !self.rest().starts_with('"') {
            let word = self.rest().split([' ', '\t', '\r', '#', '[']).next().unwrap_or_default();
            if word.is_empty() {
                return Err(self.error(format!("expected {wanted}: a bare word, or quoted")));
            }
            if !word.chars().all(is_bare) {
                let quoted = word.escape_default();
                let fix = format!("quote a name with other characters than letters, digits, _ - .: \"{quoted}\"");
                return Err(self.error(fix));
            }
            self.at += word.len();
            return Ok(word.to_owned());
        }
        let bytes = self.quoted()?;
        String::from_utf8(bytes).map_err(|_| self.error_at(start, format!("{wanted} must be UTF-8")))
    }

    pub(super) fn within_bounds(&self, start: usize, length: usize) -> Result<(), ParseError> {
        if length > VALUE_BYTES_MAX {
            return Err(self.error_at(start, format!("a value has at most {VALUE_BYTES_MAX} bytes")));
        }
        Ok(())
    }

    pub(super) fn expect(&mut self, c: char) -> Result<(), ParseError> {
        if !self.rest().starts_with(c) {
            return Err(self.error(format!("expected \"{c}\"")));
        }
        self.at += c.len_utf8();
        Ok(())
    }

    pub(super) fn quoted(&mut self) -> Result<Vec<u8>, ParseError> {
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
                let byte = hexadecimal(digits).and_then(|byte| u8::try_from(byte).ok());
                let byte = byte.ok_or_else(|| self.error_at(at, "\\x takes two hexadecimal digits"))?;
                self.at += 2;
                bytes.push(byte);
            }
            Some('u') => {
                let fault = "\\u takes a code point in braces, such as \\u{e9}";
                let inner = rest[1..].strip_prefix('{').and_then(|r| r.split_once('}')).map(|(inner, _)| inner);
                let inner = inner.ok_or_else(|| self.error_at(at, fault))?;
                let code = hexadecimal(inner).and_then(char::from_u32);
                let c = code.ok_or_else(|| self.error_at(at, fault))?;
                self.at += inner.len() + 2;
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => {
                return Err(
                    self.error_at(at, "unknown escape; expected one of \\n \\r \\t \\0 \\\\ \\\" \\' \\xNN \\u{…}")
                );
            }
        }
        Ok(())
    }
}

/// Digits alone: no sign.
fn hexadecimal(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| plain)
}
