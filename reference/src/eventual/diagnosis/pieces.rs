//! Values put together from pieces of written ones.

use super::candidates::{Budget, Source};

/// Of how many pieces a mixture may be: more would fit by chance.
const PIECES_MAX: usize = 4;
/// How long a piece must be, in bytes, unless it is a third of the value: shorter ones occur by
/// chance.
const PIECE_BYTES_MIN: usize = 4;

/// One piece of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'h> {
    /// Where it begins in the value that was read.
    pub at: usize,
    /// How many bytes it has.
    pub length: usize,
    /// Whose bytes they are: there they have the same place, or the last piece the same distance
    /// from the end.
    pub source: Source<'h>,
}

/// The fewest pieces of written values that make up `read`, each at the place it had there, the last
/// one perhaps at the same distance from the end. `None` when there is no such mixture, or the
/// budget does not last.
pub(super) fn mixture<'h>(read: &[u8], sources: &[Source<'h>], budget: &mut Budget) -> Option<Vec<Piece<'h>>> {
    let mut pieces: Vec<Piece<'h>> = Vec::new();
    let mut at = 0;
    while at < read.len() {
        let rest = &read[at..];
        let end = sources.iter().find(|source| at > 0 && source.bytes.ends_with(rest));
        let (length, source) = match end {
            Some(source) => (rest.len(), *source),
            None => longest_run(read, at, sources, budget)?,
        };
        if length < PIECE_BYTES_MIN.min(read.len().div_ceil(3)) || pieces.len() == PIECES_MAX {
            return None;
        }
        pieces.push(Piece { at, length, source });
        at += length;
    }
    (pieces.len() > 1).then_some(pieces)
}

/// The source that has most of what follows in the same place; the first of several.
fn longest_run<'h>(read: &[u8], at: usize, sources: &[Source<'h>], budget: &mut Budget) -> Option<(usize, Source<'h>)> {
    let mut longest: Option<(usize, Source<'h>)> = None;
    for source in sources {
        let same_place = source.bytes.get(at..).unwrap_or_default();
        let length = same_place.iter().zip(&read[at..]).take_while(|(a, b)| a == b).count();
        if !budget.spend(length + 1) {
            return None;
        }
        if length > longest.map_or(0, |(length, _)| length) {
            longest = Some((length, *source));
        }
    }
    longest
}
