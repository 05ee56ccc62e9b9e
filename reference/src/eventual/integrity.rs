//! KVE-INT-01 to KVE-INT-03: what a read gives was written to its register, whole, and not later.

use std::collections::HashMap;

use super::wording::Words;
use super::{Judgement, push_first};
use crate::anomaly::Anomaly;
use crate::eventual::model::Write;
use crate::history::{ABSENT, History, Kind, Outcome, PRESENT, Record, Value};
use crate::requirement_id::RequirementId;
use crate::workload::stamp::{Integrity, Stamp};

/// How many unexplained values of one register are looked into: telling where each came from
/// costs a walk over all that was written, and most repeat the first.
const DIAGNOSES_MAX: usize = 8;
/// How long a piece from the middle of a value must be to count as a part of it, in bytes: shorter
/// ones occur by chance.
const MIDDLE_BYTES_MIN: usize = 8;
/// Values longer than this are not searched for a piece from the middle, in bytes: the search costs
/// their length times that of the piece.
const SEARCHED_BYTES_MAX: usize = 64 << 10;
/// Of how many pieces a mixture may be: more would fit by chance.
const PIECES_MAX: usize = 4;

/// Who writes which value first, register by register.
pub(super) struct Written<'h> {
    history: &'h History,
    /// By value: the register (plus one) that last claimed the slot, and its first writer.
    first_writer: Vec<(u32, u32)>,
    /// All writes by value, made when a diagnosis first needs it.
    by_value: Option<HashMap<u32, usize>>,
}

impl<'h> Written<'h> {
    pub(super) fn new(history: &'h History) -> Self {
        Self { history, first_writer: vec![(0, 0); history.values.len()], by_value: None }
    }

    /// Checks the reads of a register; tells of each operation whether it kept the integrity
    /// requirements.
    pub(super) fn check(&mut self, register: u32, operations: &[u32], judgement: &mut Judgement) -> Vec<bool> {
        let first_present = self.note_writers(register, operations);
        let mut sound = Vec::with_capacity(operations.len());
        let mut diagnoses = 0;
        for &index in operations {
            let record = &self.history.records[index as usize];
            if !record.is_ok_read() {
                sound.push(true);
                continue;
            }
            judgement.reads += 1;
            let first_writer = match record.value {
                // Everybody starts absent, and a weak store may go back to it while writes go on.
                ABSENT => {
                    sound.push(true);
                    continue;
                }
                PRESENT => first_present,
                value => {
                    let (owner, writer) = self.first_writer[value as usize];
                    (owner == register + 1).then_some(writer as usize)
                }
            };
            let is_future = |w: usize| self.history.records[w].invoke > record.response;
            sound.push(first_writer.is_some_and(|w| !is_future(w)));
            match first_writer {
                Some(writer) if is_future(writer) => {
                    push_first(&mut judgement.anomalies, self.future_read(index as usize, writer));
                }
                None if diagnoses < DIAGNOSES_MAX => {
                    diagnoses += 1;
                    let anomaly = self.never_written(index as usize, operations);
                    push_first(&mut judgement.anomalies, anomaly);
                }
                _ => {}
            }
        }
        sound
    }

    /// Notes the first writer of each value; returns the first that leaves the key present.
    fn note_writers(&mut self, register: u32, operations: &[u32]) -> Option<usize> {
        let mut first_present = None;
        for &index in operations {
            if let Some(write) = Write::of(self.history, index as usize)
                && write.state != ABSENT
            {
                first_present = first_present.or(Some(write.index));
                let slot = &mut self.first_writer[write.state as usize];
                if slot.0 != register + 1 {
                    *slot = (register + 1, index);
                }
            }
        }
        first_present
    }

    fn future_read(&self, read: usize, writer: usize) -> Anomaly {
        let words = Words(self.history);
        let (read_text, writer_text) = (words.operation(read), words.operation(writer));
        let what = match self.history.records[read].value {
            PRESENT => "leaves the key present".to_owned(),
            value => format!("writes {}", words.state(value)),
        };
        Anomaly {
            requirement: RequirementId::KveInt02,
            register: Some(words.register(read)),
            expected: format!("absent, or a state whose write began before the {} ended", words.kind(read)),
            actual: read_text.clone(),
            operations: vec![read, writer],
            because: vec![
                format!("the first operation that {what} is {writer_text}"),
                format!("{read_text} ended before that began"),
                "so the read saw the future".into(),
            ],
        }
    }

    fn never_written(&mut self, read: usize, operations_of_register: &[u32]) -> Anomaly {
        let words = Words(self.history);
        let origin = self.origin(read, operations_of_register);
        let writes = operations_of_register.iter().filter(|i| Write::of(self.history, **i as usize).is_some()).count();
        let (bucket, key) = words.register(read);
        let place = words.place(read);
        let mut because = vec![match writes {
            0 => format!("nobody ever wrote to {place}"),
            1 => format!("the only write of {place} did not write that"),
            n => format!("none of the {n} writes of {place} wrote that"),
        }];
        let requirement = if origin.is_some() { RequirementId::KveInt03 } else { RequirementId::KveInt01 };
        let mut operations = vec![read];
        match origin {
            Some(origin) => {
                because.push(origin.text);
                operations.extend(origin.writers);
            }
            None => match self.failed_write(read) {
                Some(failed) => {
                    because.push(format!("{} would have, and certainly failed", words.operation(failed)));
                    operations.push(failed);
                }
                None => because.push(self.thin_air(read).into()),
            },
        }
        operations.sort_unstable();
        operations.dedup();
        let sets = operations_of_register.iter().filter_map(|i| Write::of(self.history, *i as usize));
        let expected = match sets.filter(|write| write.state != ABSENT).count() {
            0 => "absent".into(),
            _ => "absent, or exactly the bytes of one set of this key".into(),
        };
        Anomaly {
            requirement,
            register: Some((bucket, key)),
            expected,
            actual: words.operation(read),
            operations,
            because,
        }
    }

    /// A set of what was read that certainly failed.
    fn failed_write(&self, read: usize) -> Option<usize> {
        let Record { register, value, kind, .. } = self.history.records[read];
        let is_it = |r: &Record| {
            let same = (r.register, r.value) == (register, value);
            kind == Kind::Get && r.kind == Kind::Set && r.outcome == Outcome::Failed && same
        };
        self.history.records.iter().position(is_it)
    }

    /// What is said when nothing explains a state. Of a value known by name only nobody can tell
    /// what its bytes are like.
    fn thin_air(&self, read: usize) -> &'static str {
        let record = &self.history.records[read];
        if record.kind != Kind::Get {
            "nothing but a set makes a key present"
        } else if self.bytes(record.value).is_none() {
            "no other register got it either: it came out of thin air"
        } else {
            "it is no part or mixture of values written, nor another register's: it came out of thin air"
        }
    }

    /// Where a value that nobody wrote to the register came from, if that can be told.
    fn origin(&mut self, read: usize, operations: &[u32]) -> Option<Origin> {
        let record = self.history.records[read];
        if record.kind != Kind::Get {
            return None;
        }
        let words = Words(self.history);
        if let Some(&writer) = self.all_writes().get(&record.value) {
            let text =
                format!("it is the value of another register, {}: {}", words.place(writer), words.operation(writer));
            return Some(Origin { text, writers: vec![writer] });
        }
        let bytes = self.bytes(record.value)?;
        let mine: Vec<(usize, &[u8])> = operations
            .iter()
            .filter_map(|i| Write::of(self.history, *i as usize))
            .filter_map(|w| Some((w.index, self.bytes(w.state)?)))
            .collect();
        stamped(&words, bytes, &mine)
            .or_else(|| part(&words, bytes, &mine))
            .or_else(|| mixture(&words, bytes, &mine))
            .or_else(|| patchwork(&words, bytes, &mine))
    }

    fn all_writes(&mut self) -> &HashMap<u32, usize> {
        let history = self.history;
        self.by_value.get_or_insert_with(|| {
            let mut first = HashMap::new();
            for write in (0..history.records.len()).filter_map(|i| Write::of(history, i)) {
                if write.state != ABSENT {
                    first.entry(write.state).or_insert(write.index);
                }
            }
            first
        })
    }

    fn bytes(&self, state: u32) -> Option<&'h [u8]> {
        match self.history.values.get(state as usize) {
            Some(Value::Bytes(bytes)) if state != ABSENT => Some(bytes),
            _ => None,
        }
    }
}

struct Origin {
    text: String,
    writers: Vec<usize>,
}

/// By the stamp at its start: damage to one known value.
fn stamped(words: &Words<'_>, bytes: &[u8], mine: &[(usize, &[u8])]) -> Option<Origin> {
    let (stamp, integrity) = Stamp::read(bytes)?;
    let whole = stamp.bytes();
    let (writer, _) = mine.iter().find(|(_, written)| *written == whole)?;
    let how = match integrity {
        Integrity::CutShort => format!("it is the first {} of the {} bytes", bytes.len(), whole.len()),
        Integrity::Extended => format!("it is all {} bytes, and {} more,", whole.len(), bytes.len() - whole.len()),
        Integrity::DiffersAt(at) => {
            // What follows may be another write's: then both are named.
            if let Some(origin) = mixture(words, bytes, mine) {
                return Some(origin);
            }
            format!("it differs from byte {at} on from the {} bytes", whole.len())
        }
        Integrity::Whole => return None,
    };
    let text = format!("{how} that were written by {}", words.operation(*writer));
    Some(Origin { text, writers: vec![*writer] })
}

/// A part of one value.
fn part(words: &Words<'_>, bytes: &[u8], mine: &[(usize, &[u8])]) -> Option<Origin> {
    let is_part = |written: &[u8]| {
        let in_middle = || written.len() <= SEARCHED_BYTES_MAX && written.windows(bytes.len()).any(|w| w == bytes);
        written.len() > bytes.len()
            && (written.starts_with(bytes)
                || written.ends_with(bytes)
                || bytes.len() >= MIDDLE_BYTES_MIN && in_middle())
    };
    let (writer, written) = mine.iter().rev().find(|(_, written)| is_part(written))?;
    let (part, whole) = (bytes.len(), written.len());
    let text = format!("it is a part, {part} of {whole} bytes, of what was written by {}", words.operation(*writer));
    Some(Origin { text, writers: vec![*writer] })
}

/// The start of one value and the end of another, or one value with something added.
fn mixture(words: &Words<'_>, bytes: &[u8], mine: &[(usize, &[u8])]) -> Option<Origin> {
    let common_start = |w: &[u8]| w.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    let common_end = |w: &[u8]| w.iter().rev().zip(bytes.iter().rev()).take_while(|(a, b)| a == b).count();
    let (start_writer, start) = mine.iter().map(|(i, w)| (*i, common_start(w))).max_by_key(|(_, n)| *n)?;
    let (end_writer, end) = mine.iter().map(|(i, w)| (*i, common_end(w))).max_by_key(|(_, n)| *n)?;
    if start == 0 || end == 0 || start + end < bytes.len() {
        return None;
    }
    let end = bytes.len() - start;
    let text = format!(
        "it is a mixture: its first {start} bytes are those of {}, its last {end} those of {}",
        words.operation(start_writer),
        words.operation(end_writer)
    );
    Some(Origin { text, writers: vec![start_writer, end_writer] })
}

/// Pieces of several values, each at the place it had there.
fn patchwork(words: &Words<'_>, bytes: &[u8], mine: &[(usize, &[u8])]) -> Option<Origin> {
    if bytes.is_empty() {
        return None;
    }
    let (mut pieces, mut writers, mut at) = (Vec::new(), Vec::new(), 0);
    while at < bytes.len() {
        let common = |written: &[u8]| written.iter().skip(at).zip(&bytes[at..]).take_while(|(a, b)| a == b).count();
        let (writer, length) = mine.iter().map(|(i, w)| (*i, common(w))).max_by_key(|(_, n)| *n)?;
        if length == 0 || pieces.len() == PIECES_MAX {
            return None;
        }
        pieces.push(format!("bytes {at} to {} are those of {}", at + length - 1, words.operation(writer)));
        writers.push(writer);
        at += length;
    }
    Some(Origin { text: format!("it is a mixture: {}", pieces.join(", ")), writers })
}
