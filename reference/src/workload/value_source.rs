//! Where the bytes of a written value come from.

use super::stamp::Stamp;
use super::stored_stream::{gzip, zlib};

/// Where the bytes of a written value come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ValueSource {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A value that names its writer. Written out in full, so that it stays the same when other
    /// steps are removed.
    Stamp(Stamp),
    /// A whole zlib stream (RFC 1950) of these bytes, which are stored in it and not compressed.
    Zlib(Vec<u8>),
    /// A whole gzip file (RFC 1952) of these bytes, which are stored in it and not compressed.
    Gzip(Vec<u8>),
}

impl ValueSource {
    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            ValueSource::Bytes(bytes) => bytes.clone(),
            ValueSource::Stamp(stamp) => stamp.bytes(),
            ValueSource::Zlib(inner) => zlib(inner),
            ValueSource::Gzip(inner) => gzip(inner),
        }
    }

    /// How many bytes it has; of a stamped value, without making them.
    pub fn length(&self) -> usize {
        match self {
            ValueSource::Bytes(bytes) => bytes.len(),
            ValueSource::Stamp(stamp) => stamp.min_length().max(stamp.length as usize),
            ValueSource::Zlib(_) | ValueSource::Gzip(_) => self.bytes().len(),
        }
    }

    /// The value of the numbered key at this place, from 0: a stamp counts up, so that each key has its own.
    pub fn numbered(&self, place: u32) -> ValueSource {
        match self {
            ValueSource::Stamp(stamp) => {
                ValueSource::Stamp(Stamp { operation: stamp.operation.saturating_add(place), ..*stamp })
            }
            same => same.clone(),
        }
    }
}
