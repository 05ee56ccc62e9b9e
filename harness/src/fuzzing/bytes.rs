//! Making and changing the bytes of keys and values.

use kvspec_reference::random::Random;

use crate::coverage::{Comparison, Width};

/// Bytes that the component compares with, or that are worth trying anyway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dictionary {
    words: Vec<Vec<u8>>,
}

impl Dictionary {
    pub(super) fn of(words: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut words: Vec<Vec<u8>> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words.sort();
        words.dedup();
        Self { words }
    }

    /// The constants that a component's code compares with, as they lie in its memory.
    pub(super) fn of_comparisons<'c>(comparisons: impl Iterator<Item = &'c Comparison>) -> Self {
        Self::of(comparisons.map(|comparison| {
            let bytes = comparison.constant.to_le_bytes();
            let width = match comparison.width {
                Width::Bits32 => 4,
                Width::Bits64 => 8,
            };
            // A shorter constant was read from shorter memory.
            let length = bytes[..width].iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
            bytes[..length].to_vec()
        }))
    }

    fn word(&self, random: &mut Random) -> Option<&[u8]> {
        if self.words.is_empty() {
            return None;
        }
        Some(&self.words[random.below(self.words.len() as u64) as usize])
    }
}

/// Keys that meet each other often, so that operations do.
const COMMON_KEYS: [&str; 6] = ["k", "key", "a", "b", "k1", "k2"];

/// Keys that stores are known to get wrong.
const ODD_KEYS: [&str; 12] =
    ["", "K", "\u{0}", "k\u{0}", "../k", "a/b", "k ", "\u{e9}", "e\u{301}", "\u{1f511}", "%6b", "bucket-a:k"];

/// A key made from chance.
pub(super) fn fresh_key(random: &mut Random, dictionary: &Dictionary, length_max: usize) -> String {
    let key = match random.below(16) {
        0..=6 => COMMON_KEYS[random.below(COMMON_KEYS.len() as u64) as usize].to_owned(),
        7..=8 => ODD_KEYS[random.below(ODD_KEYS.len() as u64) as usize].to_owned(),
        9 => match dictionary.word(random) {
            Some(word) => String::from_utf8_lossy(word).into_owned(),
            None => "k".into(),
        },
        _ => {
            let length = random.between(1, 8);
            (0..length).map(|_| random.between(0x20, 0x7e) as u8 as char).collect()
        }
    };
    cut(key, length_max)
}

/// A value made from chance.
pub(super) fn fresh_value(random: &mut Random, dictionary: &Dictionary, length_max: usize) -> Vec<u8> {
    let mut value = match random.below(8) {
        0 => Vec::new(),
        1 => dictionary.word(random).unwrap_or(b"value").to_vec(),
        2 => vec![random.bits() as u8; random.below(300) as usize],
        _ => (0..random.below(32)).map(|_| random.bits() as u8).collect(),
    };
    value.truncate(length_max);
    value
}

/// The key with a change, still UTF-8.
pub(super) fn changed_key(key: &str, random: &mut Random, dictionary: &Dictionary, length_max: usize) -> String {
    // A key of ASCII stays one: what lies between bytes and characters is for `ODD_KEYS`.
    let mut bytes = changed(key.as_bytes(), random, dictionary, length_max);
    if key.is_ascii() {
        bytes.iter_mut().for_each(|byte| *byte &= 0x7f);
    }
    cut(String::from_utf8_lossy(&bytes).into_owned(), length_max)
}

/// The bytes with a change.
pub(super) fn changed(bytes: &[u8], random: &mut Random, dictionary: &Dictionary, length_max: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = random.below(bytes.len() as u64 + 1) as usize;
    match random.below(10) {
        0..=2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        3 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.bits() as u8;
            }
        }
        4 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = byte.wrapping_add(random.between(1, 16) as u8).wrapping_sub(8);
            }
        }
        5 => bytes.insert(at, random.bits() as u8),
        6 => {
            if at < bytes.len() {
                let end = (at + random.between(1, 4) as usize).min(bytes.len());
                bytes.drain(at..end);
            }
        }
        7 => {
            if let Some(word) = dictionary.word(random) {
                let end = (at + word.len()).min(bytes.len());
                bytes.splice(at..end, word.iter().copied());
            }
        }
        8 => {
            if let Some(word) = dictionary.word(random) {
                bytes = word.to_vec();
            }
        }
        _ => {
            let part = bytes[at..].to_vec();
            bytes.splice(at..at, part);
        }
    }
    bytes.truncate(length_max);
    bytes
}

/// The longest start of the text that has at most so many bytes.
fn cut(mut text: String, length_max: usize) -> String {
    text.truncate(text.floor_char_boundary(length_max));
    text
}
