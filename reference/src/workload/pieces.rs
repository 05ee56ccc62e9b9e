//! How a streamed body is cut.

use std::fmt;

/// How a streamed body is written or read: piece by piece, and then the rest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Pieces {
    /// The pieces, in order.
    pub cuts: Vec<Cut>,
    /// The stream is dropped after the pieces: of a body that is written, the rest is not part; of one that is
    /// read, it stays unread.
    pub is_dropped: bool,
}

/// A piece of a streamed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cut {
    /// So many bytes are written, or at most so many are read.
    Bytes(u32),
    /// A flush. Reading has none: it passes over it.
    Flush,
}

impl Pieces {
    /// The pieces of a body that is written. All that is written is what comes before the rest that is dropped.
    pub fn written<'b>(&self, body: &'b [u8]) -> Vec<Option<&'b [u8]>> {
        let mut left = body;
        let mut pieces = Vec::with_capacity(self.cuts.len() + 1);
        for cut in &self.cuts {
            match cut {
                Cut::Flush => pieces.push(None),
                Cut::Bytes(count) => {
                    let (piece, rest) = left.split_at(left.len().min(*count as usize));
                    pieces.push(Some(piece));
                    left = rest;
                }
            }
        }
        if !self.is_dropped {
            pieces.push(Some(left));
        }
        pieces
    }

    /// At most how many bytes each read asks for, the rest left out.
    pub fn limits(&self) -> impl Iterator<Item = u64> {
        self.cuts.iter().filter_map(|cut| match cut {
            Cut::Bytes(count) => Some(u64::from(*count).max(1)),
            Cut::Flush => None,
        })
    }
}

impl fmt::Display for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("streamed")?;
        for cut in &self.cuts {
            match cut {
                Cut::Bytes(count) => write!(f, " {count}")?,
                Cut::Flush => f.write_str(" flush")?,
            }
        }
        f.write_str(if self.is_dropped { " dropped" } else { "" })
    }
}
