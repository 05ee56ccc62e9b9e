//! Read your writes and monotonic reads (Terry et al. 1994), with writes ordered by real time.
//!
//! ```text
//! session 0: |--set k=1--|  |--get k -> none--|                  read your writes broken
//! session 1:                |--get k -> 1--|  |--get k -> none--|  monotonic reads broken
//! ```
//!
//! **Definition.** Both need an order of the writes to say what «older» means. Here it is the
//! default of the ladder: a write is certainly older than another when it ended before the other
//! began; an indeterminate write never ends, and the initial absence is older than every write.
//!
//! - Read your writes: what a session saw of a register is not certainly older than an ok write
//!   that the session itself had completed before.
//! - Monotonic reads: it is not certainly older than what the session saw of it before.
//!
//! With repeated values each operation may have seen any write of that value begun before it ended;
//! a level is kept if some choice for all operations keeps it. What nobody can have written by then
//! says nothing here: it breaks integrity. After an indeterminate write a session goes on as a fresh
//! one: it cannot tell what it had done. A compare-and-swap counts as what it saw, then as a write.
//!
//! **Algorithm.** For each session and register a **floor**: the greatest invocation of its own
//! writes, or of the writes it saw. A state is too old when all its writers ended below the floor.
//! Among the writers that did not, the one begun first raises the floor least, so that choosing it
//! loses nothing: O(n), O(n log n) where states repeat.

use std::collections::HashMap;

use crate::consistency::finding::{Finding, Witness, operation_name};
use crate::consistency::register::guarantee::{Guarantee, Violation};
use crate::consistency::register::handover_scan;
use crate::consistency::register::writers::{Writer, WriterList, Writers, WritersOf};
use crate::consistency::shrink::shrink;
use crate::history::effect::{Seen, seen, swaps_for_itself, written};
use crate::history::sub_history::sub_history;
use crate::history::{History, Kind, Outcome, Rank, Record, State};

/// Judges read-your-writes. Memory: 16 bytes a value, and at most 8 an operation for floors.
pub fn check_read_your_writes(history: &History) -> Finding {
    check(history, Guarantee::ReadYourWrites)
}

/// Judges monotonic reads. Memory as for [`check_read_your_writes`].
pub fn check_monotonic_reads(history: &History) -> Finding {
    check(history, Guarantee::MonotonicReads)
}

fn check(history: &History, guarantee: Guarantee) -> Finding {
    match (scan(history, guarantee), guarantee) {
        (Scanned::TooOld(violation), _) => Finding::Broken(proof(history, guarantee, &violation)),
        (Scanned::Kept, _) => Finding::Kept,
        (Scanned::NotExercised, Guarantee::ReadYourWrites) => {
            Finding::NotExercised("no session read a register after a write of its own".into())
        }
        (Scanned::NotExercised, Guarantee::MonotonicReads) => Finding::NotExercised(
            "no session read a register again after it had seen what some write gave it, or the initial state".into(),
        ),
    }
}

enum Scanned {
    Kept,
    NotExercised,
    TooOld(Violation),
}

fn scan(history: &History, guarantee: Guarantee) -> Scanned {
    match (scan_ranks(history, guarantee), history.handovers()) {
        (Scanned::TooOld(violation), _) => Scanned::TooOld(violation),
        (scanned, []) => scanned,
        (scanned, _) => handover_scan::too_old(history, guarantee).map_or(scanned, Scanned::TooOld),
    }
}

fn scan_ranks(history: &History, guarantee: Guarantee) -> Scanned {
    let writers = Writers::of(history);
    let mut floors = Floors::new(history);
    let mut exercised = false;
    for (index, record) in history.records().iter().enumerate() {
        // The two that most histories are made of, first.
        if record.kind == Kind::Get
            && record.outcome == Outcome::Ok
            && record.operand.state() != State::ABSENT
            && let Some(writer) = writers.single(record.register, record.operand.state())
        {
            let floor = floors.at(record);
            exercised |= *floor != 0;
            if writer.invoke > record.response.place() {
                continue;
            }
            if writer.response < floor.saturating_sub(2) {
                let (seen, floor) = (Seen::State(record.operand.state()), *floor - 2);
                return Scanned::TooOld(Violation { index, seen, floor });
            }
            if guarantee == Guarantee::MonotonicReads {
                *floor = (*floor).max(writer.invoke + 2);
            }
            continue;
        }
        if record.kind == Kind::Set && record.outcome == Outcome::Ok {
            if guarantee == Guarantee::ReadYourWrites {
                *floors.at(record) = record.invoke.place() + 2;
            }
            continue;
        }
        let seen = seen(history, record);
        if seen != Seen::Nothing {
            let floor = floors.at(record);
            exercised |= *floor != 0;
            match choose(history, &writers, record, seen, *floor) {
                Choice::TooOld => return Scanned::TooOld(Violation { index, seen, floor: *floor - 2 }),
                Choice::Nobody => {}
                Choice::Initial if guarantee == Guarantee::MonotonicReads => *floor = (*floor).max(INITIAL),
                Choice::Write(invoke) if guarantee == Guarantee::MonotonicReads => *floor = (*floor).max(invoke + 2),
                Choice::Initial | Choice::Write(_) => {}
            }
        }
        if written(history, record).is_none() {
            continue;
        }
        if record.outcome != Outcome::Ok {
            floors.renew_session(record.session);
        } else if guarantee == Guarantee::ReadYourWrites {
            let floor = floors.at(record);
            *floor = (*floor).max(record.invoke.place() + 2);
        }
    }
    if exercised { Scanned::Kept } else { Scanned::NotExercised }
}

/// A floor is 0 at first, 1 when the initial state was seen, else two more than an invocation.
const INITIAL: u32 = 1;

/// What an operation can have seen that is not too old.
enum Choice {
    /// Nothing that began before it ended.
    Nobody,
    Initial,
    /// The write invoked then.
    Write(u32),
    TooOld,
}

#[inline]
fn choose(history: &History, writers: &Writers, record: &Record, seen: Seen, floor: u32) -> Choice {
    let end = record.response;
    if floor <= INITIAL && seen.matches(State::ABSENT) {
        return Choice::Initial;
    }
    let floor = floor.saturating_sub(2);
    if let Seen::State(state) = seen
        && let WritersOf::One(writer) = writers.of_state(record.register, state)
    {
        return match () {
            () if writer.invoke == record.invoke.place() => Choice::Nobody,
            () if writer.invoke > end.place() => Choice::Nobody,
            () if writer.response < floor => Choice::TooOld,
            () => Choice::Write(writer.invoke),
        };
    }
    choose_of_several(history, writers, record, seen, floor)
}

fn choose_of_several(history: &History, writers: &Writers, record: &Record, seen: Seen, floor: u32) -> Choice {
    let end = record.response;
    let first_of = |list: &WriterList| list.first_open_at(floor).filter(|w| w.invoke < end.place());
    let begun = |list: &WriterList| list.begun_before(end.place()).next().is_some();
    let of_state = |state: State| match writers.of_state(record.register, state) {
        WritersOf::Nobody => (None, false),
        WritersOf::One(writer) => {
            (Some(writer).filter(|w| w.invoke < end.place() && w.response >= floor), writer.invoke < end.place())
        }
        WritersOf::Several(list) => (first_of(list), begun(list)),
    };
    let values = || writers.of_any_value(record.register);
    let (first, any) = match seen {
        Seen::Nothing => (None, false),
        Seen::State(state) if swaps_for_itself(history, record) => {
            let others =
                || writers.of_state(record.register, state).others_begun_before(end.place(), record.invoke.place());
            (others().find(|w| w.response >= floor), others().next().is_some())
        }
        Seen::State(state) => of_state(state),
        Seen::Present => (values().and_then(first_of), values().is_some_and(begun)),
        Seen::Not(other) => {
            let (absent, absent_any) = if other == State::ABSENT { (None, false) } else { of_state(State::ABSENT) };
            let differs = |w: &Writer| written(history, &history.records()[w.record as usize]) != Some(other);
            let value = values()
                .and_then(|l| l.begun_before_from(end.place(), floor).find(|w| w.response >= floor && differs(w)));
            let first = [absent, value].into_iter().flatten().min_by_key(|w| w.invoke);
            (first, absent_any || values().is_some_and(|l| l.begun_before(end.place()).any(|w| differs(&w))))
        }
    };
    match first {
        Some(writer) => Choice::Write(writer.invoke),
        None if any || seen.matches(State::ABSENT) => Choice::TooOld,
        None => Choice::Nobody,
    }
}

/// A floor for each session and register: a table where it is small, else a map.
struct Floors {
    registers: usize,
    /// The number under which each session goes on.
    current: Vec<u32>,
    sessions: u32,
    table: Vec<u32>,
    map: HashMap<(u32, u32), u32>,
}

impl Floors {
    fn new(history: &History) -> Self {
        let sessions = history.session_count();
        let renewals = history.records().iter().filter(|r| r.is_indeterminate_write()).count();
        let cells = (sessions + renewals).saturating_mul(history.registers().len());
        let table = if cells <= 2 * history.records().len() + 1024 { vec![0; cells] } else { Vec::new() };
        Self {
            registers: history.registers().len(),
            current: (0..sessions as u32).collect(),
            sessions: sessions as u32,
            table,
            map: HashMap::new(),
        }
    }

    #[inline]
    fn at(&mut self, record: &Record) -> &mut u32 {
        let session = self.current[record.session as usize];
        if self.table.is_empty() {
            return self.map.entry((session, record.register)).or_insert(0);
        }
        &mut self.table[session as usize * self.registers + record.register as usize]
    }

    fn renew_session(&mut self, session: u16) {
        self.current[session as usize] = self.sessions;
        self.sessions += 1;
    }
}

/// How many operations may be judged again while a proof is made small; what is left then is the
/// proof.
const JUDGED_MAX: usize = 1 << 23;

/// Three or four operations; more where reads could have seen several writes.
fn proof(history: &History, guarantee: Guarantee, violation: &Violation) -> Witness {
    let breaks = |part: &History| matches!(scan(part, guarantee), Scanned::TooOld(_));
    let direct = witness(history, guarantee, violation);
    if breaks(&sub_history(history, &direct.operations)) {
        return direct;
    }
    let index = violation.index;
    let at = &history.records()[index];
    let concerns = |r: &Record| {
        r.register == at.register
            && (r.session == at.session || written(history, r).is_some())
            && r.invoke < at.response
    };
    let all = (0..history.records().len()).filter(|&i| concerns(&history.records()[i])).collect();
    let all: Vec<usize> = all;
    let mut judged = 0;
    let operations = shrink(all, |set, range| {
        let fewer = [&set[..range.start], &set[range.end..]].concat();
        judged += fewer.len() + 1;
        (judged < JUDGED_MAX && breaks(&sub_history(history, &fewer))).then_some(fewer)
    });
    let name = |i: usize| operation_name(history, i);
    let own = operations.iter().filter(|&&i| history.records()[i].session == at.session && i != index);
    let mut because: Vec<String> = own.map(|&i| format!("{} came before in the session", name(i))).collect();
    because.push(format!("whatever they saw, all writes that {} can have seen are certainly older", name(index)));
    Witness { operations, because }
}

fn witness(history: &History, guarantee: Guarantee, violation: &Violation) -> Witness {
    let &Violation { index, seen: what, floor } = violation;
    let record = &history.records()[index];
    let name = |i: usize| operation_name(history, i);
    let fits = |r: &Record, by: Seen| written(history, r).is_some_and(|state| by.matches(state));
    let of_register = || history.records().iter().enumerate().filter(|(_, r)| r.register == record.register);
    let newer =
        of_register().find(|(_, r)| r.invoke == Rank::at(floor) && written(history, r).is_some()).map(|(i, _)| i);
    let older = of_register()
        .filter(|(i, r)| *i != index && fits(r, what) && r.invoke < record.response)
        .max_by_key(|(_, r)| crate::history::effect::effective_response(r))
        .map(|(i, _)| i);
    let mut operations = vec![index];
    let mut because = Vec::new();
    let newer_name = newer.map_or_else(String::new, name);
    operations.extend(newer);
    if guarantee == Guarantee::ReadYourWrites {
        because.push(format!("{newer_name} was the session's own, before {}", name(index)));
    } else {
        // The first time since its last renewal that the session saw that write.
        let renewed = history.records()[..index]
            .iter()
            .rposition(|r| r.session == record.session && r.is_indeterminate_write())
            .unwrap_or(0);
        let saw = |r: &Record| newer.is_some_and(|w| saw_write(history, r, w)) && r.session == record.session;
        let earlier = (renewed..index).find(|&i| saw(&history.records()[i]));
        operations.extend(earlier);
        let earlier_name = earlier.map_or_else(String::new, name);
        because.push(format!("{earlier_name} saw {newer_name}, and came before {} in its session", name(index)));
    }
    match older {
        Some(write) => {
            operations.push(write);
            because.push(format!("{} ended before {newer_name} began", name(write)));
            because
                .push(format!("{} saw the older of the two, and no other write of that state is newer", name(index)));
        }
        None => because.push(format!("{} saw the initial state, older than every write", name(index))),
    }
    operations.sort_unstable();
    operations.dedup();
    Witness { operations, because }
}

/// Whether `record` can have seen the write at `write`.
fn saw_write(history: &History, record: &Record, write: usize) -> bool {
    let writer = &history.records()[write];
    let what = seen(history, record);
    what != Seen::Nothing
        && writer.register == record.register
        && writer.invoke < record.response
        && record.response != Rank::NEVER
        && written(history, writer).is_some_and(|state| what.matches(state))
}
