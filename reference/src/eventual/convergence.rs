//! KVE-CON-01 to KVE-CON-04: which of them a window of settled reads breaks, and the proof.
//!
//! The window broke the definition of [`model`](crate::eventual::model). Which requirement that is:
//!
//! * one session read an admissible state, and later, in the same way, another: KVE-CON-03;
//! * two reads differ in some other way, or `get` and `exists` do: KVE-CON-01;
//! * all agree on a state that is none of the last writes: KVE-CON-02;
//! * any of these, but only in reads while other registers were being written: KVE-CON-04.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::wording::{NAMED_MAX, Words};
use crate::anomaly::Anomaly;
use crate::eventual::model::{LastWrites, Reading, Write, is_past};
use crate::history::{ABSENT, History, NEVER, PRESENT};
use crate::requirement_id::RequirementId;

/// Explains a window that `last` does not admit. `operations` are the records of its register.
pub(super) fn explain(
    history: &History,
    operations: &[u32],
    last: &LastWrites<'_>,
    window: &[Reading],
    quiet: &GlobalQuiet<'_>,
) -> Anomaly {
    let in_quiet: Vec<Reading> = window.iter().filter(|r| quiet.holds_at(r)).copied().collect();
    let only_under_traffic = last.admit(&in_quiet);
    let window = if only_under_traffic { window } else { &in_quiet };
    let breach = Breach::of(history, last, window);
    let requirement = if only_under_traffic { RequirementId::KveCon04 } else { breach.requirement() };
    Proof { history, words: Words(history), operations, last }.write(requirement, &breach)
}

/// What is wrong with a window, with the reads that show it, in the order of their invocation.
enum Breach {
    /// One session saw the first, then the second.
    Changed(Vec<Reading>),
    /// Reads that no one state explains.
    Disagreed(Vec<Reading>),
    /// All agree on what is not a last write.
    NotLast(Vec<Reading>),
}

impl Breach {
    fn of(history: &History, last: &LastWrites<'_>, window: &[Reading]) -> Self {
        if let Some(pair) = changed(history, last, window) {
            return Breach::Changed(pair);
        }
        let Some(stray) = window.iter().find(|r| !last.admit(&[**r])) else {
            return Breach::Disagreed(smallest_conflict(last, window));
        };
        match window.iter().find(|r| differ(r, stray)) {
            None => Breach::NotLast(vec![*stray]),
            Some(other) => {
                let mut pair = vec![*stray, *other];
                pair.sort_by_key(|r| r.index);
                Breach::Disagreed(pair)
            }
        }
    }

    fn requirement(&self) -> RequirementId {
        match self {
            Breach::Changed(_) => RequirementId::KveCon03,
            Breach::Disagreed(_) => RequirementId::KveCon01,
            Breach::NotLast(_) => RequirementId::KveCon02,
        }
    }

    fn readings(&self) -> &[Reading] {
        let (Breach::Changed(readings) | Breach::Disagreed(readings) | Breach::NotLast(readings)) = self;
        readings
    }
}

/// Two readings of one session by one kind of read: first a state that is admissible, then one
/// that cannot follow it.
fn changed(history: &History, last: &LastWrites<'_>, window: &[Reading]) -> Option<Vec<Reading>> {
    let mut previous: BTreeMap<(u16, &'static str), Reading> = BTreeMap::new();
    for reading in window {
        let record = &history.records[reading.index];
        let before = previous.insert((record.session, record.kind.name()), *reading);
        if let Some(before) = before
            && before.seen != reading.seen
            && last.admit(&[before])
            && !last.admit(&[before, *reading])
        {
            return Some(vec![before, *reading]);
        }
    }
    None
}

/// Whether no state fits both.
fn differ(a: &Reading, b: &Reading) -> bool {
    match (a.seen, b.seen) {
        (PRESENT, state) | (state, PRESENT) => state == ABSENT,
        (x, y) => x != y,
    }
}

/// A conflict of which no reading can be left out. Each round finds, by bisection, the shortest
/// prefix that conflicts with what is known to be needed: its last reading is needed too.
fn smallest_conflict(last: &LastWrites<'_>, window: &[Reading]) -> Vec<Reading> {
    let mut needed: Vec<Reading> = Vec::new();
    let mut length = window.len();
    while last.admit(&needed) {
        let conflicts = |prefix: usize| {
            let mut readings = window[..prefix].to_vec();
            readings.extend(&needed);
            !last.admit(&readings)
        };
        let (mut low, mut high) = (0, length);
        while low + 1 < high {
            let middle = low.midpoint(high);
            if conflicts(middle) { high = middle } else { low = middle }
        }
        needed.push(window[high - 1]);
        length = high - 1;
    }
    needed.sort_by_key(|r| r.index);
    needed
}

/// Writes the anomaly down.
struct Proof<'p> {
    history: &'p History,
    words: Words<'p>,
    operations: &'p [u32],
    last: &'p LastWrites<'p>,
}

impl Proof<'_> {
    fn write(&self, requirement: RequirementId, breach: &Breach) -> Anomaly {
        let readings = breach.readings();
        let first = readings[0].index;
        let mut operations: Vec<usize> = readings.iter().map(|r| r.index).collect();
        let mut because = self.last_writes(&mut operations);
        because.extend(self.overwritten(readings, &mut operations));
        because.extend(readings.iter().map(|r| self.is_settled(r)));
        because.push(self.conclusion(requirement, breach));
        operations.sort_unstable();
        operations.dedup();
        Anomaly {
            requirement,
            register: Some(self.words.register(first)),
            expected: self.expected(breach, first),
            actual: readings.iter().map(|r| self.words.operation(r.index)).collect::<Vec<_>>().join("; "),
            operations,
            because,
        }
    }

    fn expected(&self, breach: &Breach, read: usize) -> String {
        let place = self.words.place(read);
        let when = match self.history.header.convergence_bound {
            _ if self.last.ok.is_empty() && self.last.indeterminate.is_empty() => "with nothing written".into(),
            0 => "once its last write has ended".into(),
            bound => format!("{} after its last write", self.words.duration(bound)),
        };
        let states = self.words.admissible(self.last);
        match breach {
            Breach::NotLast(_) => format!("{when}, reads of {place} give {states}"),
            Breach::Disagreed(_) => {
                format!("{when}, all reads of {place} agree, on {states}")
            }
            Breach::Changed(_) => {
                format!("{when}, {place} stays as it is, at {states}")
            }
        }
    }

    /// Why the last writes are that.
    fn last_writes(&self, operations: &mut Vec<usize>) -> Vec<String> {
        let named: Vec<&Write> = self.last.ok.iter().chain(self.last.indeterminate).take(NAMED_MAX).collect();
        operations.extend(named.iter().map(|w| w.index));
        if named.is_empty() {
            return vec!["nothing was ever written to it, so it is absent".into()];
        }
        let mut lines: Vec<String> = named.iter().map(|w| self.words.why_last(w)).collect();
        if self.last.has_initial() {
            lines.push("no write was completed, so its initial state, absent, is admissible too".into());
        }
        lines
    }

    /// Who wrote what was read, where that is no last write, and what replaced it.
    fn overwritten(&self, readings: &[Reading], operations: &mut Vec<usize>) -> Vec<String> {
        let mut lines = Vec::new();
        for reading in readings.iter().filter(|r| !self.last.admit(&[**r])) {
            let seen = self.words.seen(reading.index);
            let writer = self
                .operations
                .iter()
                .rev()
                .filter_map(|i| Write::of(self.history, *i as usize))
                .find(|w| reading.fits(w.state) && w.invoke < self.history.records[reading.index].response);
            let after = self.last.ok.iter().find(|last| writer.is_none_or(|w| w.response < last.invoke));
            operations.extend(writer.iter().chain(after).map(|w| w.index));
            lines.push(match (writer, after) {
                (Some(w), Some(after)) => format!(
                    "{seen} was written by {}, which ended before {} began",
                    self.words.operation(w.index),
                    self.words.operation(after.index)
                ),
                (None, Some(after)) => format!(
                    "{seen} is the state before any write, which {} replaced",
                    self.words.operation(after.index)
                ),
                // Sound readings are absent or written; unwritten absence is admissible without
                // an ok write.
                (Some(w), None) => format!("{seen} was written by {}", self.words.operation(w.index)),
                (None, None) => format!("{seen} was written by nobody"),
            });
        }
        lines.dedup();
        lines
    }

    fn is_settled(&self, reading: &Reading) -> String {
        let bound = self.words.duration(self.history.header.convergence_bound);
        let operation = self.words.operation(reading.index);
        let ended = self.operations.iter().take_while(|i| **i < reading.index as u32);
        let latest_end = ended.filter_map(|i| Write::of(self.history, *i as usize)).map(|w| w.end_time).max();
        match latest_end {
            None => format!("{operation} is settled: no write began before it"),
            Some(end) => {
                let since = self.words.duration(reading.invoke_time - end);
                format!("{operation} is settled: it began {since} after the last write ended, and the bound is {bound}")
            }
        }
    }

    fn conclusion(&self, requirement: RequirementId, breach: &Breach) -> String {
        let what = match breach {
            Breach::Changed(_) => "so a settled register changed without a write",
            Breach::Disagreed(_) => "so the register did not converge: its settled reads differ",
            Breach::NotLast(_) if self.last.ok.len() > 1 => {
                "so the last writes are lost: no settled read shows any of them"
            }
            Breach::NotLast(_) => "so the last write is lost: no settled read shows it",
        };
        match requirement {
            RequirementId::KveCon04 => format!("{what}; writes to other registers went on, which is no excuse"),
            _ => what.into(),
        }
    }
}

/// Tells whether all registers were settled when a read was made. Made on first use.
pub(super) struct GlobalQuiet<'h> {
    history: &'h History,
    /// By record.
    around: OnceCell<Vec<Around>>,
}

/// The writes of all registers around a record.
#[derive(Clone, Copy)]
struct Around {
    /// Rank and time at which the latest of the writes before it ended.
    latest_end: Option<(u32, u64)>,
    /// The rank at which the next write begins.
    next_write: u32,
}

impl<'h> GlobalQuiet<'h> {
    pub(super) fn new(history: &'h History) -> Self {
        Self { history, around: OnceCell::new() }
    }

    fn holds_at(&self, reading: &Reading) -> bool {
        let around = self.around.get_or_init(|| around_each_record(self.history))[reading.index];
        let bound = self.history.header.convergence_bound;
        is_past(around.latest_end, bound, reading) && reading.response < around.next_write
    }
}

fn around_each_record(history: &History) -> Vec<Around> {
    let mut latest_end = None;
    let mut around: Vec<Around> = Vec::with_capacity(history.records.len());
    for index in 0..history.records.len() {
        around.push(Around { latest_end, next_write: NEVER });
        if let Some(write) = Write::of(history, index) {
            latest_end = latest_end.max(Some((write.end, write.end_time)));
        }
    }
    let mut next_write = NEVER;
    for index in (0..history.records.len()).rev() {
        around[index].next_write = next_write;
        if let Some(write) = Write::of(history, index) {
            next_write = write.invoke;
        }
    }
    around
}
