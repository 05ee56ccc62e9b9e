//! Stamped values: a value that says who wrote it, so that a wrong read names its writer.
//!
//! A stamp is the text `s<session>o<operation>l<length>c<checksum>|`, followed by filler that
//! depends on the writer, up to the length. The checksum is FNV-1a (32 bit) of the text before it
//! and of the filler.

use crate::hash::fnv1a_32;

/// The name of one written value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stamp {
    /// The session that writes it.
    pub session: u16,
    /// The number of the write within its workload or case; unique per session.
    pub operation: u32,
    /// How many bytes the value has; at least [`Stamp::min_length`], or it is raised to that.
    pub length: u32,
}

/// What a read value has to do with the stamp at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// Exactly the bytes that were stamped.
    Whole,
    /// A true prefix of them.
    CutShort,
    /// All of them, and more.
    Extended,
    /// Something else from this offset on.
    DiffersAt(usize),
}

/// The longest value that kvspec stamps, in bytes.
pub const LENGTH_MAX: u32 = 64 << 20;

impl Stamp {
    /// The shortest value that can carry this stamp, in bytes.
    pub fn min_length(&self) -> usize {
        self.head(0).len()
    }

    /// The stamped value.
    pub fn bytes(&self) -> Vec<u8> {
        let plain_head = format!("s{}o{}l{}c", self.session, self.operation, self.length);
        let head_length = plain_head.len() + 9;
        let body: Vec<u8> = self.filler().take((self.length as usize).saturating_sub(head_length)).collect();
        let sum = fnv1a_32(plain_head.bytes().chain(body.iter().copied()));
        let mut bytes = self.head(sum).into_bytes();
        bytes.extend_from_slice(&body);
        bytes
    }

    /// The stamp that `value` begins with, and whether the rest is as it was written. `None` also
    /// where the stamp claims a length above [`LENGTH_MAX`], which no value of ours has: the bytes
    /// come from an implementation, and are not to make kvspec build gigabytes.
    pub fn read(value: &[u8]) -> Option<(Stamp, Integrity)> {
        let end = value.iter().take(48).position(|&b| b == b'|')?;
        let head = std::str::from_utf8(&value[..end]).ok()?;
        let (session, rest) = head.strip_prefix('s')?.split_once('o')?;
        let (operation, rest) = rest.split_once('l')?;
        let (length, _sum) = rest.split_once('c')?;
        let stamp =
            Stamp { session: session.parse().ok()?, operation: operation.parse().ok()?, length: length.parse().ok()? };
        if stamp.length > LENGTH_MAX {
            return None;
        }
        let written = stamp.bytes();
        let common = written.iter().zip(value).take_while(|(a, b)| a == b).count();
        let integrity = match () {
            () if common == written.len() && common == value.len() => Integrity::Whole,
            () if common == value.len() => Integrity::CutShort,
            () if common == written.len() => Integrity::Extended,
            () => Integrity::DiffersAt(common),
        };
        Some((stamp, integrity))
    }

    fn head(&self, sum: u32) -> String {
        format!("s{}o{}l{}c{sum:08x}|", self.session, self.operation, self.length)
    }

    /// Printable bytes with a period that is prime and a phase that depends on the writer, so that
    /// a shifted, repeated or mixed value shows.
    fn filler(&self) -> impl Iterator<Item = u8> + use<> {
        let phase = u64::from(self.session) * 31 + u64::from(self.operation) * 7;
        (0u64..).map(move |i| b'!' + ((i * i / 97 + i + phase) % 89) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { session: 3, operation: 17, length: 100 };

    #[test]
    fn a_stamped_value_has_its_length_and_names_its_writer() {
        let value = STAMP.bytes();
        assert_eq!(value.len(), 100);
        assert_eq!(Stamp::read(&value), Some((STAMP, Integrity::Whole)));
    }

    #[test]
    fn damage_is_told_apart() {
        let mut value = STAMP.bytes();
        assert_eq!(Stamp::read(&value[..60]), Some((STAMP, Integrity::CutShort)));
        value.push(b'x');
        assert_eq!(Stamp::read(&value), Some((STAMP, Integrity::Extended)));
        value[50] = 0;
        assert_eq!(Stamp::read(&value), Some((STAMP, Integrity::DiffersAt(50))));
    }

    #[test]
    fn a_claimed_length_is_not_believed_without_bound() {
        assert_eq!(Stamp::read(b"s0o0l4294967295c00000000|"), None);
        assert_eq!(Stamp::read(&Stamp { length: 2_000, ..STAMP }.bytes()[..40]).unwrap().1, Integrity::CutShort);
    }

    #[test]
    fn other_bytes_carry_no_stamp() {
        for bytes in [&b""[..], b"hello", b"s1o2l3", b"sXo2l3c00000000|"] {
            assert_eq!(Stamp::read(bytes), None);
        }
    }
}
