//! Diagnoses in words.

use super::{Diagnosis, Piece, Source};
use crate::anomaly::value_text;

/// How a text names the read and the writes.
pub trait Naming {
    /// What was read, as the subject of a sentence: such as `what #3 gave`.
    fn read(&self) -> String;
    /// An operation: such as `#1`.
    fn operation(&self, index: usize) -> String;
    /// The value of a write: such as `what #1 set ("v1")`.
    fn value(&self, writer: usize) -> String;
    /// Whose the bytes of a piece are: such as `#1's value`.
    fn owner(&self, writer: usize) -> String;
    /// The register of a write.
    fn place(&self, writer: usize) -> String;
}

impl Diagnosis<'_> {
    /// One sentence that says what the value is. `value` is what was read.
    pub fn sentence(&self, value: &[u8], naming: &dyn Naming) -> String {
        let read = naming.read();
        let is = |source: &Source<'_>, how: String| format!("{read} is {}, {how}", named(source, naming));
        match self {
            Self::SetHere { writer } => format!("{read} was set by {}", naming.operation(*writer)),
            Self::FromTheFuture { writer } => format!("{read} was set only later, by {}", naming.operation(*writer)),
            Self::OtherRegister { writer } => {
                let (place, writer) = (naming.place(*writer), naming.operation(*writer));
                format!("{read} was set at {place} by {writer}, and never at this key")
            }
            Self::EmptyForAbsent => format!("{read} is the empty value, which nobody set here"),
            Self::CutShort(source) => is(source, cut_short(source.bytes, value)),
            Self::WithoutStart(source) => {
                let (from, to) = (source.bytes.len(), value.len());
                is(source, format!("without its first {} of {from} bytes", from - to))
            }
            Self::Middle(source) => {
                is(source, format!("only {} of {} bytes from its middle", value.len(), source.bytes.len()))
            }
            Self::OldTail { source, older } => {
                let (added, older) = (value.len() - source.bytes.len(), naming.operation(*older));
                is(source, format!("followed by {added} bytes of the longer value that {older} had set"))
            }
            Self::Extended(source) => {
                let tail = value.get(source.bytes.len()..).unwrap_or_default();
                is(source, format!("with bytes added: {}", value_text(tail)))
            }
            Self::Reencoded(source, way) => is(source, way.words().into()),
            Self::Mixed(pieces) => format!("{read} is a mixture: {}", mixture(pieces, naming)),
            Self::Altered(source) => is(source, changed(source.bytes, value)),
            Self::Failed { writer } => {
                format!("{} would have set it, and certainly failed", naming.operation(*writer))
            }
            Self::UnknownStamp(stamp) => {
                format!("{read} begins as value {} of a run did, but nothing here set it", stamp.operation)
            }
            Self::ThinAir => format!("{read} was never given to any set, nor anything like it"),
            Self::ThinAirByName => format!("{read} was never given to any set"),
            Self::NotLookedInto => {
                format!("{read} was never given to any set; what it was made of was not looked into: too much was set")
            }
        }
    }
}

fn named(source: &Source<'_>, naming: &dyn Naming) -> String {
    source.writer.map_or_else(|| "what was to be read".into(), |writer| naming.value(writer))
}

fn cut_short(written: &[u8], value: &[u8]) -> String {
    let at = value.len();
    let before = match written.get(at) {
        Some(0) => ", right before a NUL",
        Some(b'\r' | b'\n') => ", right before a line break",
        Some(0x1a) => ", right before a Ctrl-Z",
        Some(0x80..) => ", right before a byte that is not ASCII",
        _ => "",
    };
    format!("cut off after {at} of {} bytes{before}", written.len())
}

fn changed(written: &[u8], value: &[u8]) -> String {
    let pairs = || written.iter().zip(value);
    let equal = pairs().filter(|(a, b)| a == b).count();
    let first = pairs().take_while(|(a, b)| a == b).count();
    let all = written.len().max(value.len());
    format!("with {} of {all} bytes changed, from offset {first} on", all - equal)
}

fn mixture(pieces: &[Piece<'_>], naming: &dyn Naming) -> String {
    let owner = |piece: &Piece<'_>| {
        piece.source.writer.map_or_else(|| "what was to be read".into(), |writer| naming.owner(writer))
    };
    let piece = |piece: &Piece<'_>| format!("{} bytes as in {}", piece.length, owner(piece));
    pieces.iter().map(piece).collect::<Vec<_>>().join(", then ")
}
