//! What a wrong value is: whose, which part of it, or what was made of it.
//!
//! Cases and workloads, and whoever else reads a history, name the same damage alike. Each kind of
//! damage breaks one requirement ([`Diagnosis::requirement`]), by one rule: **what the history
//! shows**. A case may claim another requirement that speaks of that very damage; which ones, the
//! suites say in one place.
//!
//! | the value is | requirement |
//! |---|---|
//! | a part of one that was set, a mixture, or another register's | KVE-INT-03: values are whole |
//! | one that was set, with bytes added, changed or encoded otherwise | KVE-VAL-01: any bytes come back unchanged |
//! | one that is set only later | KVE-INT-02: no value from the future |
//! | anything else | KVE-INT-01: no value out of thin air |
//!
//! So a value that was cut is KVE-INT-03 wherever it is met; KVE-VAL-03, which speaks of the
//! declared limit, is named where that limit is what a case tries.

mod candidates;
mod pieces;
mod reencoding;
mod wording;

use crate::history::effect::written;
use crate::history::{History, Kind, Outcome, State};
use crate::requirement_id::RequirementId;
use crate::workload::stamp::{Integrity, Stamp};

use candidates::Candidates;
pub use candidates::{Budget, Source};
pub use pieces::Piece;
pub use reencoding::Reencoding;
pub use wording::Naming;

/// How long a piece from the middle of a value must be to count as a part of it, in bytes: shorter
/// ones occur by chance.
const MIDDLE_BYTES_MIN: usize = 8;
/// How many of the most probable sources are tried for having been encoded otherwise, which costs
/// more than to compare.
const REENCODED_MAX: usize = 64;
/// The fewest bytes of a value that is called changed and not another: shorter ones are alike by
/// chance.
const ALIKE_BYTES_MIN: usize = 4;

/// What a value that was read has to do with those that were written, with the evidence. Indices are
/// those of records.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Diagnosis<'h> {
    /// It was set at this key, by a set that began before the read ended: no damage, but perhaps old.
    SetHere {
        /// The latest such set.
        writer: usize,
    },
    /// It is set at this key only later.
    FromTheFuture {
        /// The first such set.
        writer: usize,
    },
    /// It was set at another key or in another bucket.
    OtherRegister {
        /// A set of it.
        writer: usize,
    },
    /// The empty value, where the key was to be absent. Each value begins with no bytes, so it is no
    /// sign of a value that was cut.
    EmptyForAbsent,
    /// The start of a value.
    CutShort(Source<'h>),
    /// The end of a value.
    WithoutStart(Source<'h>),
    /// A piece from the middle of a value.
    Middle(Source<'h>),
    /// A value, followed by the rest of a longer one that was set at this key.
    OldTail {
        /// The value.
        source: Source<'h>,
        /// The write of the longer one.
        older: usize,
    },
    /// A value with bytes added at its end.
    Extended(Source<'h>),
    /// A value encoded otherwise.
    Reencoded(Source<'h>, Reencoding),
    /// Pieces of several values, or of one that has lost others.
    Mixed(Vec<Piece<'h>>),
    /// A value with some bytes changed.
    Altered(Source<'h>),
    /// A set that certainly failed would have written it.
    Failed {
        /// That set.
        writer: usize,
    },
    /// It begins with a stamp of ours, but nothing here wrote it.
    UnknownStamp(Stamp),
    /// Nothing explains it.
    ThinAir,
    /// The history names values without their bytes, and nobody wrote this one.
    ThinAirByName,
    /// Nothing simple explains it, and more was written than is looked through.
    NotLookedInto,
}

impl Diagnosis<'_> {
    /// The requirement that the history shows to be broken; of what was set at this key, none is,
    /// unless it should have been replaced by then.
    pub fn requirement(&self) -> Option<RequirementId> {
        Some(match self {
            Self::SetHere { .. } => return None,
            Self::FromTheFuture { .. } => RequirementId::KveInt02,
            Self::OtherRegister { .. }
            | Self::CutShort(_)
            | Self::WithoutStart(_)
            | Self::Middle(_)
            | Self::OldTail { .. }
            | Self::Mixed(_) => RequirementId::KveInt03,
            Self::Extended(_) | Self::Reencoded(..) | Self::Altered(_) => RequirementId::KveVal01,
            Self::EmptyForAbsent
            | Self::Failed { .. }
            | Self::UnknownStamp(_)
            | Self::ThinAir
            | Self::ThinAirByName
            | Self::NotLookedInto => RequirementId::KveInt01,
        })
    }

    /// The writes that it names.
    pub fn writers(&self) -> Vec<usize> {
        match self {
            Self::SetHere { writer }
            | Self::FromTheFuture { writer }
            | Self::OtherRegister { writer }
            | Self::Failed { writer } => vec![*writer],
            Self::CutShort(source)
            | Self::WithoutStart(source)
            | Self::Middle(source)
            | Self::Extended(source)
            | Self::Reencoded(source, _)
            | Self::Altered(source) => source.writer.into_iter().collect(),
            Self::OldTail { source, older } => source.writer.into_iter().chain([*older]).collect(),
            Self::Mixed(pieces) => pieces.iter().filter_map(|piece| piece.source.writer).collect(),
            _ => Vec::new(),
        }
    }
}

/// What is known of the value that a read should have given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited<'h> {
    /// Nothing.
    Unknown,
    /// The key was to be absent.
    Absent,
    /// This value.
    Value(&'h [u8]),
}

/// A value that was read, and all that can explain it.
#[derive(Debug, Clone, Copy)]
pub struct WrongRead<'h> {
    /// The history.
    pub history: &'h History,
    /// The index of the read among its records.
    pub read: usize,
    /// The value, as an index into the history's.
    pub state: State,
    /// Its bytes, if they are known.
    pub value: Option<&'h [u8]>,
    /// What the read should have given.
    pub awaited: Awaited<'h>,
}

impl<'h> WrongRead<'h> {
    /// Diagnoses the value. `own` are the records of its register, ascending; `elsewhere` is a write
    /// of the value to another register. Compares no more bytes than the budget allows; besides,
    /// O(records of the register).
    pub fn diagnose(&self, own: &[u32], elsewhere: Option<usize>, budget: &mut Budget) -> Diagnosis<'h> {
        if let Some(written) = self.as_written(own, elsewhere) {
            return written;
        }
        let Some(value) = self.value else { return Diagnosis::ThinAirByName };
        let awaited = match self.awaited {
            Awaited::Value(bytes) => Some(bytes),
            Awaited::Absent | Awaited::Unknown => None,
        };
        let candidates = Candidates::new(self.history, self.read, own, awaited);
        match made_of_others(value, &candidates, budget) {
            Ok(Some(diagnosis)) => diagnosis,
            Ok(None) => Stamp::read(value).map_or(Diagnosis::ThinAir, |(stamp, _)| Diagnosis::UnknownStamp(stamp)),
            Err(BudgetSpent) => Diagnosis::NotLookedInto,
        }
    }

    /// The value as somebody set it, or would have.
    fn as_written(&self, own: &[u32], elsewhere: Option<usize>) -> Option<Diagnosis<'h>> {
        let Self { history, read, .. } = *self;
        let record = &history.records()[read];
        let is_before = |index: &usize| history.records()[*index].invoke < record.response;
        let mut own_writers = own.iter().map(|&index| index as usize).filter(|&index| self.is_it(index));
        if let Some(writer) = own_writers.clone().rev().find(is_before) {
            return Some(Diagnosis::SetHere { writer });
        }
        if self.awaited == Awaited::Absent && self.value.is_some_and(<[u8]>::is_empty) {
            return Some(Diagnosis::EmptyForAbsent);
        }
        if let Some(writer) = own_writers.next() {
            return Some(Diagnosis::FromTheFuture { writer });
        }
        if let Some(writer) = elsewhere {
            return Some(Diagnosis::OtherRegister { writer });
        }
        let failed = |index: &usize| {
            let other = &history.records()[*index];
            other.kind == Kind::Set && other.outcome == Outcome::Failed && other.operand.state() == self.state
        };
        own.iter().map(|&index| index as usize).find(failed).map(|writer| Diagnosis::Failed { writer })
    }

    /// The write of the value to another register that is most probably meant: the latest that began
    /// before the read ended, else the first. O(all records).
    pub fn set_elsewhere(&self) -> Option<usize> {
        let records = self.history.records();
        let begun = records.partition_point(|other| other.invoke < records[self.read].response);
        let is_other = |index: &usize| records[*index].register != records[self.read].register && self.is_it(*index);
        (0..begun).rev().chain(begun..records.len()).find(is_other)
    }

    /// Whether the record at `index` writes the value.
    fn is_it(&self, index: usize) -> bool {
        written(self.history, &self.history.records()[index]) == Some(self.state)
    }
}

/// The budget did not last.
struct BudgetSpent;

fn made_of_others<'h>(
    value: &[u8],
    candidates: &Candidates<'h>,
    budget: &mut Budget,
) -> Result<Option<Diagnosis<'h>>, BudgetSpent> {
    for (place, source) in candidates.all.iter().enumerate() {
        if !budget.spend(1 + source.bytes.len().min(value.len()) / 16) {
            return Err(BudgetSpent);
        }
        let damaged = damaged(*source, value, candidates.own(), budget);
        // First: to trim a value is to cut it, too.
        if (damaged.is_some() || place < REENCODED_MAX)
            && budget.spend(source.bytes.len().min(4 * value.len()) + value.len())
            && let Some(way) = Reencoding::of(source.bytes, value)
        {
            return Ok(Some(Diagnosis::Reencoded(*source, way)));
        }
        if damaged.is_some() {
            return Ok(damaged);
        }
    }
    if let Some(pieces) = pieces::mixture(value, &candidates.all, budget) {
        return Ok(Some(Diagnosis::Mixed(pieces)));
    }
    Ok(altered(value, &candidates.all, budget))
}

/// One written value of which something is missing, or to which something was added.
fn damaged<'h>(source: Source<'h>, read: &[u8], own: &[Source<'h>], budget: &mut Budget) -> Option<Diagnosis<'h>> {
    let written = source.bytes;
    let (from, to) = (written.len(), read.len());
    if from > to && written.starts_with(read) {
        return Some(Diagnosis::CutShort(source));
    }
    if from > 0 && to > from && read.starts_with(written) {
        let tail = &read[from..];
        let older = own.iter().find(|other| other.bytes.len() >= to && other.bytes[from..].starts_with(tail));
        return Some(match older.and_then(|other| other.writer) {
            Some(older) => Diagnosis::OldTail { source, older },
            None => Diagnosis::Extended(source),
        });
    }
    if to > 0 && from > to && written.ends_with(read) {
        return Some(Diagnosis::WithoutStart(source));
    }
    // Comparing goes on for more than a few bytes only where they are alike.
    let is_middle = || written.windows(to).any(|part| part == read);
    let may_look = to >= MIDDLE_BYTES_MIN && from > to && budget.spend((from - to).saturating_mul(to) / 16);
    (may_look && is_middle()).then_some(Diagnosis::Middle(source))
}

/// A written value that the one that was read is, but for some bytes.
fn altered<'h>(read: &[u8], sources: &[Source<'h>], budget: &mut Budget) -> Option<Diagnosis<'h>> {
    let stamped = match Stamp::read(read) {
        Some((stamp, Integrity::DiffersAt(_))) => Some(stamp.bytes()),
        _ => None,
    };
    let mut is_alike = |source: &&Source<'h>| {
        let written = source.bytes;
        if stamped.as_deref() == Some(written) {
            return true;
        }
        if written.len() != read.len() || read.len() < ALIKE_BYTES_MIN || !budget.spend(read.len()) {
            return false;
        }
        written.iter().zip(read).filter(|(a, b)| a == b).count() * 2 >= read.len()
    };
    sources.iter().find(|source| is_alike(source)).map(|source| Diagnosis::Altered(*source))
}
