//! The values that a wrong one can have been made from, and how much may be spent on looking.

use crate::history::effect::written;
use crate::history::{History, State, Value};

/// How many writes of other registers are looked into.
const OTHER_REGISTERS_MAX: usize = 256;
/// Among how many operations they are looked for.
const LOOKED_BACK_MAX: usize = 4_096;

/// One written value, or the one that was to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'h> {
    /// Index of the record of its write; `None` where no recorded write gave it.
    pub writer: Option<usize>,
    /// The value.
    pub bytes: &'h [u8],
}

/// How many bytes may still be compared; where whole blocks are compared at once, 16 count as one.
/// What is spent is counted, not timed, so that the same history gets the same diagnoses.
#[derive(Debug, Clone)]
pub struct Budget(u64);

impl Default for Budget {
    /// 256 MiB: enough for thousands of diagnoses of small values, about a second of work.
    fn default() -> Self {
        Self(256 << 20)
    }
}

impl Budget {
    /// Whether so many bytes may be compared. They are spent then.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        match self.0.checked_sub(bytes as u64) {
            Some(rest) => self.0 = rest,
            None => return false,
        }
        true
    }
}

/// The bytes of a state; `None` of absence, and of a value that is known by name only.
pub(super) fn bytes_of(history: &History, state: State) -> Option<&[u8]> {
    match history.values().get(state.index()) {
        Some(Value::Bytes(bytes)) if state != State::ABSENT => Some(bytes),
        _ => None,
    }
}

/// The value that a record writes.
pub(super) fn source_of(history: &History, index: usize) -> Option<Source<'_>> {
    let bytes = bytes_of(history, written(history, &history.records()[index])?)?;
    Some(Source { writer: Some(index), bytes })
}

/// The sources by how probable they are: what was awaited, the writes of the register that began
/// before the read ended, the latest first, those that began later, and writes of others.
pub(super) struct Candidates<'h> {
    pub(super) all: Vec<Source<'h>>,
    /// How many of them, from the first, are of the register.
    own: usize,
}

impl<'h> Candidates<'h> {
    pub(super) fn new(history: &'h History, read: usize, own: &[u32], awaited: Option<&'h [u8]>) -> Self {
        let record = &history.records()[read];
        let source = |index: &u32| source_of(history, *index as usize);
        let (before, after): (Vec<u32>, Vec<u32>) =
            own.iter().partition(|&&index| history.records()[index as usize].invoke < record.response);
        let mut all: Vec<Source<'h>> = before.iter().rev().filter_map(source).collect();
        if let Some(bytes) = awaited {
            // It may come from no recorded write, where its body went in by other means.
            let writer = all.iter().find(|source| source.bytes == bytes).and_then(|source| source.writer);
            all.insert(0, Source { writer, bytes });
        }
        all.extend(after.iter().filter_map(source));
        let own = all.len();
        let is_other = |index: &usize| history.records()[*index].register != record.register;
        let begun = history.records().partition_point(|other| other.invoke < record.response);
        let others =
            (0..begun).rev().take(LOOKED_BACK_MAX).filter(is_other).filter_map(|index| source_of(history, index));
        all.extend(others.take(OTHER_REGISTERS_MAX));
        Self { all, own }
    }

    pub(super) fn own(&self) -> &[Source<'h>] {
        &self.all[..self.own]
    }
}
