//! Well-known ways to spoil bytes: what stores, drivers and transports do to values.

/// A way in which one value became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reencoding {
    /// Invalid UTF-8 became U+FFFD.
    InvalidUtf8Replaced,
    /// Each byte became a Latin-1 character, written in UTF-8.
    Latin1,
    /// White space at the end is gone.
    TrimmedAtEnd,
    /// White space on both sides is gone.
    Trimmed,
    /// The byte order mark is gone.
    WithoutByteOrderMark,
    /// CRLF became LF.
    CrlfToLf,
    /// LF became CRLF.
    LfToCrlf,
    /// NUL bytes are gone.
    WithoutNul,
    /// ASCII letters became small.
    LowerCase,
    /// ASCII letters became capital.
    UpperCase,
    /// The highest bit of each byte is cleared.
    SevenBit,
    /// The last byte came first.
    Reversed,
    /// Each byte became two hexadecimal digits.
    Hexadecimal,
    /// The text was put in quotes.
    Quoted,
    /// The same number, written otherwise.
    OtherNumber,
    /// The value came twice in a row.
    Doubled,
}

impl Reencoding {
    /// How `written` became `read`, if it is one of these ways. O(length of both).
    pub(super) fn of(written: &[u8], read: &[u8]) -> Option<Self> {
        ALL.iter().find(|(_, makes)| makes(written, read)).map(|(way, _)| *way)
    }

    /// It in words that complete "it is that value, ...".
    pub fn words(self) -> &'static str {
        match self {
            Self::InvalidUtf8Replaced => "with invalid UTF-8 replaced by U+FFFD",
            Self::Latin1 => "encoded as if its bytes were Latin-1 characters",
            Self::TrimmedAtEnd => "without the white space at its end",
            Self::Trimmed => "without the white space around it",
            Self::WithoutByteOrderMark => "without its byte order mark",
            Self::CrlfToLf => "with CRLF turned into LF",
            Self::LfToCrlf => "with LF turned into CRLF",
            Self::WithoutNul => "without its NUL bytes",
            Self::LowerCase => "in lower case",
            Self::UpperCase => "in upper case",
            Self::SevenBit => "with the highest bit of bytes cleared",
            Self::Reversed => "in reverse",
            Self::Hexadecimal => "written in hexadecimal",
            Self::Quoted => "in quotes",
            Self::OtherNumber => "as the same number written otherwise",
            Self::Doubled => "twice in a row",
        }
    }
}

/// Whether a value becomes another one in some way.
type Makes = fn(&[u8], &[u8]) -> bool;

/// The first that fits is named: to trim the end is to trim, too.
const ALL: [(Reencoding, Makes); 16] = [
    (Reencoding::InvalidUtf8Replaced, |from, to| {
        from.len() <= to.len() && String::from_utf8_lossy(from).as_bytes() == to
    }),
    (Reencoding::Latin1, |from, to| {
        from.len() <= to.len() && from.iter().map(|&b| char::from(b)).collect::<String>().as_bytes() == to
    }),
    (Reencoding::TrimmedAtEnd, |from, to| from.trim_ascii_end() == to),
    (Reencoding::Trimmed, |from, to| from.trim_ascii() == to),
    (Reencoding::WithoutByteOrderMark, |from, to| from.strip_prefix(b"\xef\xbb\xbf") == Some(to)),
    (Reencoding::CrlfToLf, |from, to| from.len() >= to.len() && replace(from, b"\r\n", b"\n") == to),
    (Reencoding::LfToCrlf, |from, to| from.len() <= to.len() && replace(from, b"\n", b"\r\n") == to),
    (Reencoding::WithoutNul, |from, to| from.iter().filter(|&&b| b != 0).eq(to)),
    (Reencoding::LowerCase, |from, to| from.len() == to.len() && from.to_ascii_lowercase() == to),
    (Reencoding::UpperCase, |from, to| from.len() == to.len() && from.to_ascii_uppercase() == to),
    (Reencoding::SevenBit, |from, to| from.iter().map(|b| b & 0x7f).eq(to.iter().copied())),
    (Reencoding::Reversed, |from, to| from.len() > 1 && from.iter().rev().eq(to)),
    (Reencoding::Hexadecimal, |from, to| from.len() * 2 == to.len() && hexadecimal(from) == to),
    (Reencoding::Quoted, |from, to| {
        from.len() < to.len()
            && std::str::from_utf8(from)
                .is_ok_and(|text| format!("\"{text}\"").as_bytes() == to || format!("{text:?}").as_bytes() == to)
    }),
    (Reencoding::OtherNumber, |from, to| number(from).is_some_and(|n| number(to) == Some(n))),
    (Reencoding::Doubled, |from, to| {
        !to.is_empty() && to.len() == from.len() * 2 && to.starts_with(from) && to.ends_with(from)
    }),
];

/// The longest text that is taken for a number, in bytes.
const NUMBER_BYTES_MAX: usize = 64;

fn number(bytes: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= NUMBER_BYTES_MAX)?;
    text.trim().parse().ok()
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(from) {
            out.extend_from_slice(to);
            at += from.len();
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_recognised() {
        let ways: [(Reencoding, &[u8], &[u8]); 16] = [
            (Reencoding::InvalidUtf8Replaced, b"a\xff", "a\u{fffd}".as_bytes()),
            (Reencoding::Latin1, b"a\xff", "a\u{ff}".as_bytes()),
            (Reencoding::TrimmedAtEnd, b" a ", b" a"),
            (Reencoding::Trimmed, b" a ", b"a"),
            (Reencoding::WithoutByteOrderMark, b"\xef\xbb\xbfa", b"a"),
            (Reencoding::CrlfToLf, b"a\r\nb", b"a\nb"),
            (Reencoding::LfToCrlf, b"a\nb", b"a\r\nb"),
            (Reencoding::WithoutNul, b"a\0b", b"ab"),
            (Reencoding::LowerCase, b"Ab", b"ab"),
            (Reencoding::UpperCase, b"Ab", b"AB"),
            (Reencoding::SevenBit, b"a\xe1", b"aa"),
            (Reencoding::Reversed, b"abc", b"cba"),
            (Reencoding::Hexadecimal, b"a\x01", b"6101"),
            (Reencoding::Quoted, b"a", b"\"a\""),
            (Reencoding::OtherNumber, b"007", b"7"),
            (Reencoding::Doubled, b"ab", b"abab"),
        ];
        for (way, written, read) in ways {
            assert_eq!(Reencoding::of(written, read), Some(way), "{}", way.words());
        }
        assert_eq!(Reencoding::of(b"abc", b"abd"), None);
    }
}
