//! Regular: each read returns a write that was not certainly overwritten before the read began,
//! nor one from its future (Lamport 1986 for one writer; for several writers the weakest of the
//! generalisations of Shao, Pierce and Welch 2003 and 2011, where each read is looked at by itself).
//!
//! ```text
//! session 0: |--set k=1--|  |--set k=2--|
//! session 1:                              |--get k -> 1--|    broken: 2 was written in between
//! ```
//!
//! **Definition.** For each operation r that saw a state there is a write w of it (or w is the
//! initial absence) such that w was invoked before r responded and no ok write w' lies between: w
//! ended before w' began and w' ended before r began. An indeterminate write has no end. A
//! compare-and-swap saw the expected state, or, when it answered «no», another one.
//!
//! **Algorithm.** One sweep over all events keeps, for each register, the latest invocation of a
//! completed write; a write that ended before it is out of date. With repeated values it is enough
//! to know the writer that ended last, so that the level is decided exactly: O(n), O(n log n) where
//! values repeat.

use crate::consistency::finding::{Finding, Witness, operation_name};
use crate::consistency::register::handovers::{Handovers, RegisterWrites};
use crate::consistency::register::linearizable;
use crate::consistency::register::writers::Writers;
use crate::history::effect::{Seen, effective_response, seen, written};
use crate::history::{History, NEVER, Outcome, Rank, Record, State};

/// Judges whether the registers of a history are regular. Memory: 16 bytes a value, 8 an operation.
pub fn check(history: &History) -> Finding {
    let writers = Writers::of(history);
    let mut completed = Completed::of(history);
    for (i, record) in history.records().iter().enumerate() {
        completed.advance(history, record.invoke.place());
        let seen = seen(history, record);
        if seen == Seen::Nothing {
            continue;
        }
        let floor = completed.latest[record.register as usize];
        if !writers.has_source(history, record, seen, floor.checked_sub(1)) {
            return Finding::Broken(witness(history, i, seen, floor.checked_sub(1)));
        }
    }
    match replaced_in_session(history) {
        Some(witness) => Finding::Broken(witness),
        None => linearizable::exercised(history),
    }
}

/// The same where one write replaced another, or ended before a read, in a session whose ranks do not
/// say so.
fn replaced_in_session(history: &History) -> Option<Witness> {
    let handovers = Handovers::of(history);
    if handovers.is_empty() {
        return None;
    }
    let writes = RegisterWrites::of(history);
    let mut completed = Completed::of(history);
    for (i, record) in history.records().iter().enumerate() {
        completed.advance(history, record.invoke.place());
        let seen = seen(history, record);
        let by_ranks = completed.latest[record.register as usize].checked_sub(1);
        let floor = by_ranks.max(handovers.floor(history, i as u32));
        if seen == Seen::Nothing || floor.is_none() && seen.matches(State::ABSENT) {
            continue;
        }
        let response = |w: u32| effective_response(&history.records()[w as usize]);
        let open = writes.sources(history, i as u32, seen).filter(|&w| floor.is_none_or(|f| response(w) > Rank::at(f)));
        let replaced: Option<Vec<(u32, u32)>> =
            open.map(|write| Some((write, replaced_in_time(history, &handovers, write, record)?))).collect();
        match replaced {
            Some(replaced) if replaced.is_empty() && floor.is_none() => {}
            Some(replaced) => return Some(witness_of_replaced(history, i, seen, floor, &replaced)),
            None => {}
        }
    }
    None
}

/// The witness where each write that had not ended before the `floor` was replaced in its session.
fn witness_of_replaced(
    history: &History,
    index: usize,
    seen: Seen,
    floor: Option<u32>,
    replaced: &[(u32, u32)],
) -> Witness {
    let mut found = match floor {
        Some(_) => witness(history, index, seen, floor),
        None => Witness { operations: vec![index], because: Vec::new() },
    };
    for &(write, newer) in replaced {
        found.operations.extend([write as usize, newer as usize]);
        found.because.push(format!(
            "{} was replaced by {}, next in its session, before {} began",
            operation_name(history, write as usize),
            operation_name(history, newer as usize),
            operation_name(history, index)
        ));
    }
    found.operations.sort_unstable();
    found.operations.dedup();
    found
}

/// The ok write that came right after another in its session, and before a read.
fn replaced_in_time(history: &History, handovers: &Handovers, write: u32, read: &Record) -> Option<u32> {
    if history.records()[write as usize].outcome != Outcome::Ok {
        return None;
    }
    let newer = |i: &u32| {
        let newer = &history.records()[*i as usize];
        let is_write = newer.register == read.register && newer.is_ok_write() && written(history, newer).is_some();
        let in_session = newer.session == read.session && newer.invoke < read.invoke;
        is_write && (in_session || newer.precedes(read))
    };
    handovers.after(history, write).iter().copied().find(newer)
}

/// The writes that have ended, as time goes on.
pub(super) struct Completed {
    /// Index of the ok write that responds at each rank; [`NEVER`] elsewhere.
    write_at: Vec<u32>,
    now: u32,
    /// By register, one more than the latest invocation of an ended write; 0 without one.
    pub(super) latest: Vec<u32>,
}

impl Completed {
    pub(super) fn of(history: &History) -> Self {
        let end =
            history.records().iter().flat_map(|r| [Some(r.invoke), Some(r.response).filter(|&r| r != Rank::NEVER)]);
        let mut write_at = vec![NEVER; end.flatten().max().map_or(0, |last| last.index() + 1)];
        for (i, record) in history.records().iter().enumerate() {
            if record.outcome == Outcome::Ok && record.response != Rank::NEVER && written(history, record).is_some() {
                write_at[record.response.index()] = i as u32;
            }
        }
        Self { write_at, now: 0, latest: vec![0; history.registers().len()] }
    }

    /// Takes in the writes that ended before `rank`.
    #[inline]
    pub(super) fn advance(&mut self, history: &History, rank: u32) {
        while self.now < rank {
            let write = self.write_at[self.now as usize];
            if write != NEVER {
                let record = &history.records()[write as usize];
                let latest = &mut self.latest[record.register as usize];
                *latest = (*latest).max(record.invoke.place() + 1);
            }
            self.now += 1;
        }
    }
}

fn witness(history: &History, index: usize, seen: Seen, floor: Option<u32>) -> Witness {
    let record = &history.records()[index];
    let name = |i: usize| operation_name(history, i);
    let of_register = || history.records().iter().enumerate().filter(|(_, r)| r.register == record.register);
    let fits = |r: &Record| written(history, r).is_some_and(|state| seen.matches(state));
    let begun = of_register().filter(|(i, r)| *i != index && fits(r) && r.invoke < record.response);
    let source = begun.max_by_key(|(_, r)| r.response).map(|(i, _)| i);
    let overwriting = floor.and_then(|floor| history.records().iter().position(|r| r.invoke == Rank::at(floor)));

    let mut operations = vec![index];
    let mut because = Vec::new();
    match (source, overwriting) {
        (Some(write), Some(newer)) => {
            operations.extend([write, newer]);
            because.push(format!("{} ended before {} began", name(write), name(newer)));
            because.push(format!("{} ended before {} began", name(newer), name(index)));
            because.push("the read saw the older of the two, and no other write of that state is newer".into());
        }
        (None, Some(newer)) if seen.matches(State::ABSENT) => {
            operations.push(newer);
            because.push(format!("{} ended before {} began", name(newer), name(index)));
            because.push("the read saw the initial state, which that write had replaced".into());
        }
        _ => because.push(format!("{} saw what nobody had begun to write when it ended", name(index))),
    }
    if let (None, Some(write)) = (source, of_register().find(|(i, r)| *i != index && fits(r)))
        && !seen.matches(State::ABSENT)
    {
        operations.push(write.0);
    }
    operations.sort_unstable();
    operations.dedup();
    Witness { operations, because }
}
