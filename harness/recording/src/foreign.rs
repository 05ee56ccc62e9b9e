//! Files that hold no text as it should be, told by their first bytes.

/// The first bytes, what begins so, and what to do about it.
const KNOWN: [(&[u8], &str, &str); 9] = [
    (b"\x1f\x8b", "the file is compressed with gzip", "unpack it first: gunzip -c FILE | kvspec judge -"),
    (b"\x28\xb5\x2f\xfd", "the file is compressed with zstd", "unpack it first: zstd -dc FILE | kvspec judge -"),
    (b"\xfd7zXZ\0", "the file is compressed with xz", "unpack it first: xz -dc FILE | kvspec judge -"),
    (b"BZh", "the file is compressed with bzip2", "unpack it first: bzip2 -dc FILE | kvspec judge -"),
    (b"PK\x03\x04", "the file is a ZIP archive", "unpack the recording from it first"),
    (b"\xef\xbb\xbf", "the file begins with a byte order mark", "save it as UTF-8 without one"),
    (b"\xff\xfe", UTF_16, SAVE),
    (b"\xfe\xff", UTF_16, SAVE),
    // An archive of Jepsen's own.
    (b"JEPSEN", "the file is an archive of Jepsen's own", "give the history.edn that Jepsen wrote beside it"),
];
const UTF_16: &str = "the file is UTF-16";
const SAVE: &str = "save it as UTF-8";

/// What a file is that begins like this, and what to do about it.
pub(super) fn named(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let known = KNOWN.iter().find(|(start, ..)| head.starts_with(start)).map(|(_, what, help)| (*what, *help));
    // ASCII in UTF-16 has a zero in every second place, even without a mark.
    let is_wide =
        |head: &[u8], zero: usize| head[zero] == 0 && head[zero + 2] == 0 && head[1 - zero].is_ascii_graphic();
    known.or_else(|| (head.len() >= 4 && (is_wide(head, 0) || is_wide(head, 1))).then_some((UTF_16, SAVE)))
}
