//! Which values a workload writes.

use kvspec_reference::workload::ValueSource;
use kvspec_reference::workload::stamp::Stamp;

use super::choices::Choices;

/// Lengths at which buffers end, in bytes; one less and one more are used too.
const BUFFER_LENGTHS: [usize; 7] = [64, 128, 256, 1_024, 4_096, 16_384, 65_536];
/// How often each is chosen: most values stay small.
const BUFFER_WEIGHTS: [u32; 7] = [8, 6, 6, 4, 4, 1, 1];
/// Values that repeat: the empty one, and such as a store might mistake for something else.
const REPEATED: [&[u8]; 12] = [
    b"a",
    b"b",
    b"",
    b"0",
    b"0x10",
    b"null",
    b"\"a\"",
    b"a\r\nb\n",
    b"$1\r\na\r\n",
    b"\xef\xbb\xbfa",
    b"\x00\xff",
    b"a\0b",
];

/// The value at which some stores keep values apart, in bytes.
const MEBIBYTE: usize = 1 << 20;
/// The first number of stamps of values that numbered keys get: no other reaches it.
const NUMBERED_FROM: u32 = 100_000;

/// How a workload comes by its values.
pub(super) struct Values {
    /// The number of the next write, by session. `None`: values repeat.
    next_stamp: Option<Vec<u32>>,
    longest: usize,
    /// Whether values may be streams and of a mebibyte.
    is_wide: bool,
    /// The longest value that the declaration allows.
    limit: usize,
    /// The next number of a value that many keys get, by session.
    next_number: Vec<u32>,
}

impl Values {
    /// Values of at most so many bytes; `limit` is for the few that are large on purpose.
    pub(super) fn choose(
        longest: usize,
        limit: usize,
        sessions: u16,
        is_wide: bool,
        choices: &mut impl Choices,
    ) -> Self {
        let fits = longest >= Stamp { session: sessions, operation: u32::MAX, length: longest as u32 }.min_length();
        let repeats = !fits || choices.one_in(4);
        let next_number = vec![NUMBERED_FROM; usize::from(sessions)];
        Self { next_stamp: (!repeats).then(|| vec![0; usize::from(sessions)]), longest, is_wide, limit, next_number }
    }

    /// The longest value that is allowed, in bytes.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The first of so many numbers of stamps, for keys that are numbered.
    pub(super) fn numbers(&mut self, session: u16, count: u32) -> u32 {
        let next = &mut self.next_number[usize::from(session)];
        let first = *next;
        *next += count;
        first
    }

    /// Whole streams of formats that stores compress with, and values past a mebibyte.
    fn unusual(&mut self, choices: &mut impl Choices) -> Option<ValueSource> {
        let value = match choices.below(24) {
            1 => ValueSource::Zlib(b"a".repeat(1 + choices.below(40) as usize)),
            2 => ValueSource::Gzip(b"a".repeat(1 + choices.below(40) as usize)),
            _ => return None,
        };
        (value.length() <= self.limit).then_some(value)
    }

    /// A value of a mebibyte or a byte more, where that is allowed.
    pub(super) fn large(&self, choices: &mut impl Choices) -> Option<ValueSource> {
        let value = ValueSource::Bytes(vec![b'a'; MEBIBYTE + choices.below(2) as usize]);
        (value.length() <= self.limit).then_some(value)
    }

    pub(super) fn next(&mut self, session: u16, choices: &mut impl Choices) -> ValueSource {
        if self.is_wide
            && let Some(value) = self.unusual(choices)
        {
            return value;
        }
        let length = length(choices).min(self.longest);
        match &mut self.next_stamp {
            Some(next) => {
                let operation = next[usize::from(session)];
                next[usize::from(session)] += 1;
                let mut stamp = Stamp { session, operation, length: length as u32 };
                stamp.length = stamp.length.max(stamp.min_length() as u32);
                ValueSource::Stamp(stamp)
            }
            None => {
                // The first few are frequent: values that repeat within one workload are the point.
                let among = if choices.one_in(2) { REPEATED.len() } else { 4 };
                let mut bytes = REPEATED[choices.below(among as u32) as usize].to_vec();
                if choices.one_in(8) {
                    bytes = bytes.repeat(length);
                }
                bytes.truncate(self.longest);
                ValueSource::Bytes(bytes)
            }
        }
    }
}

fn length(choices: &mut impl Choices) -> usize {
    if !choices.one_in(5) {
        return choices.below(64) as usize;
    }
    let buffer = BUFFER_LENGTHS[choices.weighted(&BUFFER_WEIGHTS)];
    buffer - 1 + choices.below(3) as usize
}
