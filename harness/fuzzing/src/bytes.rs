//! Making and changing the bytes of keys and values.

use std::collections::VecDeque;

use kvspec_reference::random::Random;

use kvspec_coverage::{Comparison, Width};

/// Bytes that the component compares with, or that are worth trying anyway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dictionary {
    words: Vec<Vec<u8>>,
    /// Parts of an input, and what they were compared with.
    learned: VecDeque<(Vec<u8>, Vec<u8>)>,
}

/// How many comparisons are remembered.
const LEARNED_MAX: usize = 256;

impl Dictionary {
    pub(super) fn of(words: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut words: Vec<Vec<u8>> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words.sort();
        words.dedup();
        Self { words, learned: VecDeque::new() }
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

    /// Part of an input was compared with other bytes. The oldest comparison is forgotten when there
    /// are too many.
    pub(super) fn learn(&mut self, part: &[u8], compared_with: &[u8]) {
        if self.learned.iter().any(|(from, to)| from == part && to == compared_with) {
            return;
        }
        if self.learned.len() == LEARNED_MAX {
            self.learned.pop_front();
        }
        self.learned.push_back((part.to_vec(), compared_with.to_vec()));
    }

    /// Something that these bytes were compared with.
    fn counterpart(&self, of: &[u8], random: &mut Random) -> Option<&[u8]> {
        let count = self.learned.iter().filter(|(from, _)| from == of).count();
        let chosen = if count == 0 { return None } else { random.below(count as u64) as usize };
        self.learned.iter().filter(|(from, _)| from == of).nth(chosen).map(|(_, to)| &**to)
    }

    fn word(&self, random: &mut Random) -> Option<&[u8]> {
        if !self.learned.is_empty() && (self.words.is_empty() || random.chance(500)) {
            return Some(&self.learned[random.below(self.learned.len() as u64) as usize].1);
        }
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
    if random.chance(250)
        && let Some(counterpart) = dictionary.counterpart(bytes, random)
    {
        return counterpart[..counterpart.len().min(length_max)].to_vec();
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_was_compared_with_takes_its_place() {
        let mut dictionary = Dictionary::default();
        let tried = |dictionary: &Dictionary, word: &str| {
            let mut random = Random::new(1);
            (0..200).filter(|_| changed_key("abcd", &mut random, dictionary, 64) == word).count()
        };
        assert_eq!(tried(&dictionary, "k3y!"), 0);
        dictionary.learn(b"abcd", b"k3y!");
        assert!(tried(&dictionary, "k3y!") > 20);
        (0..LEARNED_MAX as u32).for_each(|number| dictionary.learn(b"other", &number.to_le_bytes()));
        assert_eq!((dictionary.learned.len(), tried(&dictionary, "k3y!")), (LEARNED_MAX, 0));
    }
}
