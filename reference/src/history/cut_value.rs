//! A value of which only the beginning is kept: what an implementation answers has no bound.

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;

use crate::hash::fnv1a_64;

/// A value of which only the beginning is kept. Two are equal when the values were, up to chance: length
/// and two hashes of 64 bits say whether.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CutValue {
    start: Arc<[u8]>,
    length: usize,
    fnv: u64,
    sip: u64,
}

/// How many bytes are kept: more than any report shows.
const START_BYTES: usize = 4096;

impl CutValue {
    /// Of these bytes. O(n).
    pub fn of(bytes: &[u8]) -> Self {
        let mut sip = DefaultHasher::new();
        sip.write(bytes);
        Self {
            start: bytes[..bytes.len().min(START_BYTES)].into(),
            length: bytes.len(),
            fnv: fnv1a_64(bytes.iter().copied()),
            sip: sip.finish(),
        }
    }

    /// Its first bytes.
    pub fn start(&self) -> &[u8] {
        &self.start
    }

    /// How many bytes it had.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The FNV-1a hash of all of them.
    pub fn fnv(&self) -> u64 {
        self.fnv
    }
}
