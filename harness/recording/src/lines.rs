//! The lines of a stream, one in memory at a time.

use std::io::{BufRead, Read};

use super::{Fault, ReadError};

/// The longest line that is read, in bytes.
pub const LINE_BYTES_MAX: u64 = 128 << 20;

/// Reads line by line, and counts.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    number: u64,
    max_bytes: u64,
    /// What to do about a line that is too long.
    help: &'static str,
}

/// One line, without its end.
pub(super) struct Line<'a> {
    /// The text.
    pub(super) bytes: &'a [u8],
    /// From 1.
    pub(super) number: u64,
    /// Whether a line feed ended it; else it was the end of the stream.
    pub(super) is_ended: bool,
}

impl<R: BufRead> Lines<R> {
    /// `help`: what to do about a line that is longer than [`LINE_BYTES_MAX`].
    pub(super) fn new(input: R, help: &'static str) -> Self {
        Self { input, buffer: Vec::new(), number: 0, max_bytes: LINE_BYTES_MAX, help }
    }

    #[cfg(test)]
    fn with_max_bytes(input: R, max_bytes: u64) -> Self {
        Self { max_bytes, ..Self::new(input, "cut it") }
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, ReadError> {
        self.buffer.clear();
        if self.input.by_ref().take(self.max_bytes + 1).read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let is_ended = self.buffer.last() == Some(&b'\n');
        if !is_ended && self.buffer.len() as u64 > self.max_bytes {
            let problem = format!("the line is longer than {} bytes", self.max_bytes);
            return Err(Fault { line: self.number, column: 1, problem, help: self.help.into() }.into());
        }
        let mut bytes = &self.buffer[..];
        bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        Ok(Some(Line { bytes, number: self.number, is_ended }))
    }
}

impl Line<'_> {
    /// Whether there is nothing on it but blanks.
    pub(super) fn is_blank(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_whitespace)
    }

    /// A fault at this byte of the line.
    pub(super) fn fault(&self, at: usize, problem: impl Into<String>, help: impl Into<String>) -> Fault {
        let before = &self.bytes[..at.min(self.bytes.len())];
        let column = String::from_utf8_lossy(before).chars().count() as u64 + 1;
        Fault { line: self.number, column, problem: problem.into(), help: help.into() }
    }

    /// The line as text.
    ///
    /// # Errors
    /// A fault at the first byte that is not UTF-8.
    pub(super) fn text(&self) -> Result<&str, Fault> {
        std::str::from_utf8(self.bytes)
            .map_err(|e| self.fault(e.valid_up_to(), "the text is not UTF-8", "save the file as UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_without_their_ends() {
        let mut lines = Lines::new(&b"a\r\n\nb"[..], "");
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push((line.number, line.bytes.to_vec(), line.is_ended));
        }
        assert_eq!(seen, [(1, b"a".to_vec(), true), (2, vec![], true), (3, b"b".to_vec(), false)]);
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut lines = Lines::with_max_bytes(std::io::BufReader::new(std::io::repeat(b'x')), 1000);
        let Err(ReadError::Fault(fault)) = lines.next() else { panic!("refused") };
        assert_eq!(fault.problem, "the line is longer than 1000 bytes");
        assert!(lines.buffer.capacity() < 1 << 20);
    }

    #[test]
    fn columns_count_characters() {
        let line = Line { bytes: "äöü!".as_bytes(), number: 3, is_ended: true };
        assert_eq!(line.fault(6, "", "").column, 4);
    }
}
