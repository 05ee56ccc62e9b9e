//! KVE-CON-01 to KVE-CON-04: which of them a pause breaks, and the proof.
//!
//! The pause is not kept by the definition of [`model`](crate::eventual::model). Which requirement
//! that breaks:
//!
//! * one session read the state of a last write, and later, in the same way, one that cannot follow
//!   it: KVE-CON-03;
//! * two reads differ in some other way, or `get` and `exists` do: KVE-CON-01;
//! * all agree on a state that is none of the last writes: KVE-CON-02;
//! * any of these, but only in reads while other registers were being written: KVE-CON-04.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::wording::{NAMED_MAX, Words};
use crate::anomaly::Anomaly;
use crate::eventual::model::{LastWrites, differ, disagreement, end_of, is_bound_later};
use crate::eventual::settled::BrokenPause;
use crate::history::effect::{observed, read_from, written};
use crate::history::{History, Kind, NEVER, Rank, State};
use crate::requirement_id::RequirementId;

/// Explains the broken pauses of one history.
pub(super) struct Explainer<'h> {
    history: &'h History,
    left_out: &'h [u32],
    /// By record. Made on first use.
    around: OnceCell<Vec<Around>>,
}

impl<'h> Explainer<'h> {
    /// `left_out`, ascending, are reads that prove nothing here.
    pub(super) fn new(history: &'h History, left_out: &'h [u32]) -> Self {
        Self { history, left_out, around: OnceCell::new() }
    }

    /// Explains a pause. `own` are the records of its register.
    pub(super) fn explain(&self, broken: &BrokenPause, own: &[u32]) -> Anomaly {
        let pause = Pause::of(self.history, self.left_out, own, broken.end);
        let quiet: Vec<u32> = pause.reads.iter().copied().filter(|&read| self.all_is_quiet(read)).collect();
        let fault_in_quiet = pause.fault(&quiet);
        let only_under_traffic = fault_in_quiet.is_none();
        // The pause is broken, by its reads all together if not by some.
        let fault = fault_in_quiet.or_else(|| pause.fault(&pause.reads)).unwrap_or(Fault::NotLast(pause.reads[0]));
        let requirement = match pause.wrong_listing(&fault) {
            Some(requirement) => requirement,
            None if only_under_traffic => RequirementId::KveCon04,
            None => fault.requirement(),
        };
        Proof { words: Words(self.history), own, pause: &pause }.write(requirement, &fault)
    }

    /// Whether all registers were settled when a read was made.
    fn all_is_quiet(&self, read: u32) -> bool {
        let around = self.around.get_or_init(|| around_each_record(self.history))[read as usize];
        let record = &self.history.records()[read as usize];
        let is_past = |end: Rank| is_bound_later(self.history, end, record.invoke);
        around.latest_end.is_none_or(is_past) && record.response < around.next_write
    }
}

/// The settled reads between two writes.
struct Pause<'h> {
    history: &'h History,
    last: LastWrites,
    /// Indices of records, in the order of invocation.
    reads: Vec<u32>,
}

impl<'h> Pause<'h> {
    /// The register, of which a broken pause has a read.
    fn register(&self) -> u32 {
        self.history.records()[self.reads[0] as usize].register
    }

    /// The pause that ends where the write that is invoked at rank `end` begins.
    fn of(history: &'h History, left_out: &[u32], own: &[u32], end: Rank) -> Self {
        let (mut last, mut reads) = (LastWrites::default(), Vec::new());
        for &index in own {
            let record = &history.records()[index as usize];
            if record.invoke >= end {
                break;
            }
            if let Some(state) = written(history, record) {
                last.add(history, index as usize, record, state);
                reads.clear();
            } else if record.response < end
                && left_out.binary_search(&index).is_err()
                && read_from(history, record).is_some_and(|from| last.settle(history, from))
                && (record.kind.is_read() || !last.has_indeterminate())
            {
                reads.push(index);
            }
        }
        last.drop_replaced();
        Self { history, last, reads }
    }

    fn shows_last(&self, read: u32) -> bool {
        self.last.left(observed(self.history, &self.history.records()[read as usize]))
    }

    /// What a listing breaks that shows no last write: it lacks a key, or holds one that is not there.
    fn wrong_listing(&self, fault: &Fault) -> Option<RequirementId> {
        let record = |read: &u32| &self.history.records()[*read as usize];
        let wrong = fault.reads().iter().find(|read| record(read).kind == Kind::List && !self.shows_last(**read))?;
        let holds = record(wrong).operand.state() == State::PRESENT;
        Some(if holds { RequirementId::KvsLst03 } else { RequirementId::KvsLst01 })
    }

    fn differ(&self, a: u32, b: u32) -> bool {
        let saw = |read: u32| observed(self.history, &self.history.records()[read as usize]);
        differ(saw(a), saw(b))
    }

    /// What is wrong with some of its reads, if anything is.
    fn fault(&self, reads: &[u32]) -> Option<Fault> {
        let stray = reads.iter().copied().find(|&read| !self.shows_last(read));
        let disagreement = disagreement(self.history, &self.last, reads);
        if stray.is_none() && disagreement.is_none() {
            return None;
        }
        if let Some(pair) = self.changed(reads) {
            return Some(Fault::Changed(pair));
        }
        let Some(stray) = stray else {
            return disagreement.map(|[a, b]| Fault::Disagreed([a as u32, b as u32]));
        };
        let other = reads.iter().copied().find(|&read| self.differ(read, stray));
        Some(match other {
            None => Fault::NotLast(stray),
            Some(other) => Fault::Disagreed([stray.min(other), stray.max(other)]),
        })
    }

    /// Two reads of one session by one kind of read: the first shows a last write, the second what
    /// cannot follow it.
    fn changed(&self, reads: &[u32]) -> Option<[u32; 2]> {
        let mut previous: BTreeMap<(u16, &'static str), u32> = BTreeMap::new();
        for &read in reads {
            let record = &self.history.records()[read as usize];
            let before = previous.insert((record.session, record.kind.name()), read);
            if let Some(before) = before
                && self.differ(before, read)
                && self.shows_last(before)
                && (!self.shows_last(read) || disagreement(self.history, &self.last, &[before, read]).is_some())
            {
                return Some([before, read]);
            }
        }
        None
    }
}

/// What is wrong with a pause, with the reads that show it, in the order of their invocation.
enum Fault {
    /// One session saw the first, then the second.
    Changed([u32; 2]),
    /// Reads that no one state explains.
    Disagreed([u32; 2]),
    /// All agree on what is no last write.
    NotLast(u32),
}

impl Fault {
    fn requirement(&self) -> RequirementId {
        match self {
            Fault::Changed(_) => RequirementId::KveCon03,
            Fault::Disagreed(_) => RequirementId::KveCon01,
            Fault::NotLast(_) => RequirementId::KveCon02,
        }
    }

    fn reads(&self) -> &[u32] {
        match self {
            Fault::Changed(pair) | Fault::Disagreed(pair) => pair,
            Fault::NotLast(read) => std::slice::from_ref(read),
        }
    }
}

/// Writes the anomaly down.
struct Proof<'p> {
    words: Words<'p>,
    own: &'p [u32],
    pause: &'p Pause<'p>,
}

impl Proof<'_> {
    fn write(&self, requirement: RequirementId, fault: &Fault) -> Anomaly {
        let reads = fault.reads();
        let first = reads[0] as usize;
        let mut operations: Vec<usize> = reads.iter().map(|&read| read as usize).collect();
        let mut because = self.last_writes(&mut operations);
        because.extend(self.overwritten(reads, &mut operations));
        because.extend(reads.iter().map(|&read| self.is_settled(read)));
        because.push(self.conclusion(requirement, fault));
        operations.sort_unstable();
        operations.dedup();
        Anomaly {
            requirement,
            register: Some(self.words.register(first)),
            expected: self.expected(fault, first),
            actual: reads.iter().map(|&read| self.words.operation(read as usize)).collect::<Vec<_>>().join("; "),
            operations,
            because,
        }
    }

    fn expected(&self, fault: &Fault, read: usize) -> String {
        let place = self.words.place(read);
        let when = match self.pause.history.header().convergence_bound {
            _ if self.pause.last.is_unwritten() => "with nothing written".into(),
            0 => "once its last write has ended".into(),
            bound => format!("{} after its last write", self.words.duration(bound)),
        };
        let states = self.words.admissible(self.pause.register(), &self.pause.last);
        match fault {
            Fault::NotLast(_) => format!("{when}, reads of {place} give {states}"),
            Fault::Disagreed(_) => format!("{when}, all reads of {place} agree, on {states}"),
            Fault::Changed(_) => format!("{when}, {place} stays as it is, at {states}"),
        }
    }

    /// Why the last writes are that.
    fn last_writes(&self, operations: &mut Vec<usize>) -> Vec<String> {
        let last = &self.pause.last;
        if last.is_unwritten() {
            return vec![format!(
                "nothing was ever written to it, so it is {}",
                self.words.initial(self.pause.register())
            )];
        }
        let completed = last.completed().map(|write| write.index);
        let named = completed.chain(last.indeterminate().iter().copied()).take(NAMED_MAX);
        let named: Vec<usize> = named.map(|index| index as usize).collect();
        let mut lines: Vec<String> = named.iter().map(|&index| self.words.why_last(index)).collect();
        operations.extend(named);
        if last.has_initial() {
            let initial = self.words.initial(self.pause.register());
            lines.push(format!("no write was completed, so its initial state, {initial}, is admissible too"));
        }
        lines
    }

    /// Who wrote what was read, where that is no last write, and what replaced it.
    fn overwritten(&self, reads: &[u32], operations: &mut Vec<usize>) -> Vec<String> {
        let mut lines = Vec::new();
        for &read in reads.iter().filter(|&&read| !self.pause.shows_last(read)) {
            let read = read as usize;
            let text = self.words.seen(read);
            let writer = self.writer_of(read);
            let response = writer.map(|writer| self.pause.history.records()[writer].response);
            let replaced_by = self.pause.last.completed().find(|last| response.is_none_or(|end| end < last.invoke));
            let replaced_by = replaced_by.map(|last| last.index as usize);
            operations.extend(writer.into_iter().chain(replaced_by));
            let name = |index: usize| self.words.operation(index);
            lines.push(match (writer, replaced_by) {
                (Some(writer), Some(newer)) => {
                    format!("{text} was written by {}, which ended before {} began", name(writer), name(newer))
                }
                (None, Some(newer)) => format!("{text} is the state before any write, which {} replaced", name(newer)),
                (Some(writer), None) => format!("{text} was written by {}", name(writer)),
                (None, None) => format!("{text} was written by nobody"),
            });
        }
        lines.dedup();
        lines
    }

    /// The latest write of what a read saw.
    fn writer_of(&self, read: usize) -> Option<usize> {
        let history = self.pause.history;
        let record = &history.records()[read];
        let saw = observed(history, record);
        let wrote_it = |index: &usize| {
            let write = &history.records()[*index];
            write.invoke < record.response && written(history, write).is_some_and(|state| saw.matches(state))
        };
        self.own.iter().rev().map(|&index| index as usize).find(wrote_it)
    }

    fn is_settled(&self, read: u32) -> String {
        let history = self.pause.history;
        let operation = self.words.operation(read as usize);
        let earlier =
            self.own.iter().take_while(|&&index| index < read).map(|&index| &history.records()[index as usize]);
        let ends = earlier.filter(|record| written(history, record).is_some()).map(end_of);
        let time = |rank: Rank| history.time(rank).unwrap_or_default();
        match ends.max() {
            None => format!("{operation} is settled: no write began before it"),
            Some(end) => {
                let invoke = time(history.records()[read as usize].invoke);
                let since = self.words.duration(invoke.saturating_sub(time(end)));
                let bound = self.words.duration(history.header().convergence_bound);
                format!("{operation} is settled: it began {since} after the last write ended, and the bound is {bound}")
            }
        }
    }

    fn conclusion(&self, requirement: RequirementId, fault: &Fault) -> String {
        let what = match fault {
            Fault::Changed(_) => "so a settled register changed without a write",
            Fault::Disagreed(_) => "so the register did not converge: its settled reads differ",
            Fault::NotLast(_) if self.pause.last.completed().count() > 1 => {
                "so the last writes are lost: no settled read shows any of them"
            }
            Fault::NotLast(_) => "so the last write is lost: no settled read shows it",
        };
        match requirement {
            RequirementId::KveCon04 => format!("{what}; writes to other registers went on, which is no excuse"),
            _ => what.into(),
        }
    }
}

/// The writes of all registers around a record.
#[derive(Clone, Copy)]
struct Around {
    /// The rank at which the latest of the writes before it ended.
    latest_end: Option<Rank>,
    /// The rank at which the next write begins.
    next_write: Rank,
}

fn around_each_record(history: &History) -> Vec<Around> {
    let is_write = |index: usize| written(history, &history.records()[index]).is_some();
    let mut latest_end = None;
    let mut around: Vec<Around> = Vec::with_capacity(history.records().len());
    for (index, record) in history.records().iter().enumerate() {
        around.push(Around { latest_end, next_write: Rank::NEVER });
        if is_write(index) {
            latest_end = latest_end.max(Some(end_of(record)));
        }
    }
    let mut next_write = NEVER;
    for (index, record) in history.records().iter().enumerate().rev() {
        around[index].next_write = Rank::at(next_write);
        if is_write(index) {
            next_write = record.invoke.place();
        }
    }
    around
}
