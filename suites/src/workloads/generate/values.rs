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

/// How a workload comes by its values.
pub(super) struct Values {
    /// The number of the next write, by session. `None`: values repeat.
    next_stamp: Option<Vec<u32>>,
    longest: usize,
}

impl Values {
    /// Values of at most so many bytes.
    pub(super) fn choose(longest: usize, sessions: u16, choices: &mut impl Choices) -> Self {
        let fits = longest >= Stamp { session: sessions, operation: u32::MAX, length: longest as u32 }.min_length();
        let repeats = !fits || choices.one_in(4);
        Self { next_stamp: (!repeats).then(|| vec![0; usize::from(sessions)]), longest }
    }

    pub(super) fn next(&mut self, session: u16, choices: &mut impl Choices) -> ValueSource {
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
