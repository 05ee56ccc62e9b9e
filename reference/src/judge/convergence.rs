//! Convergence and last write: what reads return once writes pause (KVE-CON-01 and KVE-CON-02).
//!
//! ```text
//! session 0: |--set k=1--|  |--set k=2--|
//! session 1:                             ..bound..  |--get k -> 2--|
//! session 2:                             ..bound..    |--get k -> 1--|   broken
//! ```
//!
//! **Definition.** A read (`get` or `exists`) is **settled** when no write of its register is in
//! flight or begins from the convergence bound before its invocation until its response: each
//! write ended at least the bound earlier, or was invoked later. (An indeterminate write counts as
//! ended when it was answered, or when it was invoked if it never was.) Settled reads with the same
//! writes before them belong to one **pause**. A history that ended with the pause would be a
//! history too, in which the pause is the quiescence; so every pause is judged, not only the last.
//!
//! - Convergent: all settled reads of a pause return one state. Each indeterminate write before it
//!   may still change that state once: the reads must have an order, from some state on, in which
//!   these are the only writes, where a read that began at least the bound after another had ended
//!   comes later. (Within the bound of such a change old and new may alternate.)
//! - Last write: the state a settled read returns was written by an ok write that precedes no other
//!   ok write, or by an indeterminate one; without an ok write the initial absence will do too.
//!
//! A compare-and-swap counts as a write when it swapped, and not at all when it did not.
//!
//! **Algorithm.** One pass in the order of invocation. The write that ends a pause ends it for all its
//! reads alike, so that only the earliest responses are kept (see `View`). O(n); with indeterminate writes the bounded search of [`super::linearizable`].

use std::collections::{BTreeMap, BTreeSet};

use super::effect::{Seen, effective_response, seen, written};
use super::linearizable::{Found, Operation, STEPS_MAX, search};
use super::writers::Writers;
use super::{Finding, Witness};
use crate::history::{ABSENT, History, Kind, NEVER, Outcome, Record};

/// Judges convergence. Memory: 52 bytes a register.
pub fn check(history: &History) -> Finding {
    let mut pauses = vec![Pause::START; history.registers.len()];
    let mut views = vec![View::NONE; history.registers.len()];
    let mut unsure: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    let mut exercised = false;
    for (index, record) in history.records.iter().enumerate() {
        let (pause, view) = (&mut pauses[record.register as usize], &mut views[record.register as usize]);
        if is_read(record) {
            if record.outcome != Outcome::Ok || !pause.has_lasted(history, record.invoke) {
                continue;
            }
            if pause.indeterminate {
                unsure.entry((record.register, pause.number)).or_default().push(index);
            } else {
                view.add(index, record.response, seen(history, record));
            }
        } else if is_write(history, record) {
            if let Some((first, second)) = view.differ_before(record.invoke) {
                return Finding::Broken(two_states(history, first, second));
            }
            exercised |= pause.number > 0 && view.second_response < record.invoke;
            if pause.indeterminate
                && let Some(reads) = unsure.get_mut(&(record.register, pause.number))
            {
                reads.retain(|&read| history.records[read].response < record.invoke);
            }
            *view = View::NONE;
            pause.add(record);
        }
    }
    for (view, pause) in views.iter().zip(&pauses) {
        if let Some((first, second)) = view.differ_before(NEVER) {
            return Finding::Broken(two_states(history, first, second));
        }
        exercised |= pause.number > 0 && view.second_response < NEVER;
    }
    check_unsure(history, &unsure, exercised)
}

/// Judges the pauses after indeterminate writes.
fn check_unsure(history: &History, unsure: &BTreeMap<(u32, u32), Vec<usize>>, mut exercised: bool) -> Finding {
    let mut unknown = None;
    let mut steps = STEPS_MAX;
    for ((register, _), reads) in unsure.iter().filter(|(_, reads)| !reads.is_empty()) {
        exercised |= reads.len() > 1;
        match explain(history, *register, reads, &mut steps) {
            Found::Order => {}
            Found::NoOrder { .. } => return Finding::Broken(several_states(history, *register, reads)),
            Found::Unknown(why) => unknown = unknown.or(Some(why)),
        }
    }
    match unknown {
        Some(why) => Finding::Unknown(why),
        None if exercised => Finding::Kept,
        None => Finding::NotExercised("no two reads of a register began the bound after its last write".into()),
    }
}

/// Judges that a pause keeps a last write. Memory: 16 bytes a value, 20 a register.
pub fn check_last_write(history: &History) -> Finding {
    let writers = Writers::of(history);
    let mut pauses = vec![Pause::START; history.registers.len()];
    let mut exercised = false;
    for (index, record) in history.records.iter().enumerate() {
        let pause = &mut pauses[record.register as usize];
        if is_read(record) {
            if record.outcome != Outcome::Ok || !pause.has_lasted(history, record.invoke) {
                continue;
            }
            if !exercised && pause.latest_ok.is_some() {
                exercised = is_alone(history, index);
            }
            // Nearly all reads have a source: only of the others it is asked whether they count.
            let seen = seen(history, record);
            if !writers.has_source(history, record, seen, pause.latest_ok) && is_alone(history, index) {
                return Finding::Broken(lost_write(history, index, seen, pause.latest_ok));
            }
        } else if is_write(history, record) {
            pause.add(record);
        }
    }
    if exercised {
        return Finding::Kept;
    }
    Finding::NotExercised("no read of a register began the bound after its last write".into())
}

/// What came before a pause of one register.
#[derive(Debug, Clone, Copy)]
struct Pause {
    /// How many writes began before it.
    number: u32,
    /// The latest invocation of an ok write.
    latest_ok: Option<u32>,
    /// Whether one of the writes is indeterminate.
    indeterminate: bool,
    /// The rank at which the last of them ended; [`NEVER`] when one has not.
    end: u32,
}

impl Pause {
    const START: Self = Self { number: 0, latest_ok: None, indeterminate: false, end: 0 };

    fn add(&mut self, write: &Record) {
        self.number += 1;
        self.end = self.end.max(end_of(write));
        if write.outcome == Outcome::Ok {
            self.latest_ok = Some(write.invoke);
        } else {
            self.indeterminate = true;
        }
    }

    #[inline]
    fn has_lasted(&self, history: &History, until: u32) -> bool {
        if self.number == 0 {
            return true;
        }
        let bound = history.header.convergence_bound;
        self.end < until && (bound == 0 || later_by(history, self.end, until, bound))
    }
}

/// Whether `to` is at least `bound` units of the clock after `from`.
fn later_by(history: &History, from: u32, to: u32, bound: u64) -> bool {
    match (history.time(from), history.time(to)) {
        (Some(from), Some(to)) => to.saturating_sub(from) >= bound,
        _ => false,
    }
}

/// Set and delete that did not certainly fail, and a compare-and-swap that swapped or may have.
#[inline]
fn is_write(history: &History, record: &Record) -> bool {
    record.kind.is_write() && written(history, record).is_some()
}

/// When a write ended for those who wait for a pause.
fn end_of(write: &Record) -> u32 {
    match write.outcome {
        Outcome::Ok => write.response,
        _ if write.response == NEVER => write.invoke,
        _ => write.response,
    }
}

#[inline]
fn is_read(record: &Record) -> bool {
    matches!(record.kind, Kind::Get | Kind::Exists)
}

/// Whether no write of the register begins during the read. O(operations that do).
fn is_alone(history: &History, index: usize) -> bool {
    let read = &history.records[index];
    let during = history.records[index + 1..].iter().take_while(|record| record.invoke < read.response);
    !during.into_iter().any(|record| record.register == read.register && is_write(history, record))
}

/// What the reads of a pause saw so far.
///
/// The next write ends the pause for all of them alike: those that responded before it count. So
/// the earliest response of each state is enough, and of all states the two earliest.
#[derive(Debug, Clone, Copy)]
struct View {
    /// The read that responded first, when and what it saw.
    first: u32,
    first_response: u32,
    state: u32,
    /// The first to respond of those that saw another state.
    other: u32,
    other_response: u32,
    /// The first to respond of those that saw «some value».
    present: u32,
    present_response: u32,
    /// When the second of them all responded.
    second_response: u32,
}

impl View {
    const NONE: Self = Self {
        first: NEVER,
        first_response: NEVER,
        state: ABSENT,
        other: NEVER,
        other_response: NEVER,
        present: NEVER,
        present_response: NEVER,
        second_response: NEVER,
    };

    #[inline]
    fn add(&mut self, index: usize, response: u32, seen: Seen) {
        let earliest = self.first_response.min(self.present_response);
        self.second_response = self.second_response.min(response.max(earliest));
        match seen {
            Seen::State(state) if state == self.state => {
                if response < self.first_response {
                    (self.first, self.first_response) = (index as u32, response);
                }
            }
            Seen::State(state) if response < self.first_response => {
                (self.other, self.other_response) = (self.first, self.first_response);
                (self.first, self.first_response, self.state) = (index as u32, response, state);
            }
            Seen::State(_) => {
                if response < self.other_response {
                    (self.other, self.other_response) = (index as u32, response);
                }
            }
            Seen::Present => {
                if response < self.present_response {
                    (self.present, self.present_response) = (index as u32, response);
                }
            }
            Seen::Nothing | Seen::Not(_) => debug_assert!(false, "reads see states"),
        }
    }

    /// Two reads that responded before `end` and saw different states.
    #[inline]
    fn differ_before(&self, end: u32) -> Option<(usize, usize)> {
        if self.other_response < end {
            return Some((self.first as usize, self.other as usize));
        }
        let absent = self.state == ABSENT && self.first_response.max(self.present_response) < end;
        absent.then_some((self.first as usize, self.present as usize))
    }
}

/// Whether the reads of one pause have an order in which only indeterminate writes change the
/// state.
fn explain(history: &History, register: u32, reads: &[usize], steps: &mut u64) -> Found {
    // Absence first, so that it has number 0; values that nobody read by name share the last one.
    let exact = reads.iter().filter_map(|&i| match seen(history, &history.records[i]) {
        Seen::State(state) => Some(state),
        _ => None,
    });
    let states: BTreeSet<u32> = exact.chain([ABSENT]).collect();
    let states: Vec<u32> = states.into_iter().collect();
    let operations = relaxed(history, register, reads, &states);
    let mut found = Found::NoOrder { at: 0 };
    for initial in 0..=states.len() as u32 {
        match search(&operations, states.len() + 1, initial, steps) {
            Found::Order => return Found::Order,
            Found::NoOrder { .. } => {}
            Found::Unknown(why) => found = Found::Unknown(why),
        }
    }
    found
}

/// The reads, each drawn out by the bound, and the indeterminate writes before them.
fn relaxed(history: &History, register: u32, reads: &[usize], states: &[u32]) -> Vec<Operation> {
    let number = |state: u32| states.binary_search(&state).unwrap_or(states.len()) as u32;
    let mut operations: Vec<Operation> = Vec::new();
    for i in surfacing(history, register, reads[0]) {
        let writes = written(history, &history.records[i]).map(number);
        let sees = Seen::Nothing;
        operations.push(Operation { invoke: 0, response: NEVER, sees, writes, optional: true, record: i as u32 });
    }
    let time = |rank: u32| history.time(rank).unwrap_or(u64::MAX);
    let bound = history.header.convergence_bound;
    let mut events: Vec<(u64, u32, usize, bool)> = Vec::with_capacity(reads.len() * 2);
    for &i in reads {
        let record = &history.records[i];
        events.push((time(record.invoke), record.invoke, i, false));
        events.push((time(record.response).saturating_add(bound), record.response, i, true));
    }
    events.sort_unstable();
    let mut position = BTreeMap::new();
    for (rank, (_, _, i, is_response)) in (1u32..).zip(events) {
        if is_response {
            let at: usize = position[&i];
            operations[at].response = rank;
            continue;
        }
        position.insert(i, operations.len());
        let sees = match seen(history, &history.records[i]) {
            Seen::State(state) => Seen::State(number(state)),
            other => other,
        };
        let record = i as u32;
        operations.push(Operation { invoke: rank, response: NEVER, sees, writes: None, optional: false, record });
    }
    operations
}

/// The indeterminate writes of the register before the operation at `index`.
fn surfacing(history: &History, register: u32, index: usize) -> impl Iterator<Item = usize> + '_ {
    let may = move |i: &usize| {
        let record = &history.records[*i];
        record.register == register && record.is_indeterminate_write()
    };
    (0..index).filter(may)
}

fn name(history: &History, index: usize) -> String {
    format!("[{}]", history.operation_text(index))
}

/// The write before the operation at `index` that ended last.
fn last_write_before(history: &History, index: usize) -> Option<usize> {
    let register = history.records[index].register;
    let write = |i: &usize| history.records[*i].register == register && is_write(history, &history.records[*i]);
    (0..index).filter(write).max_by_key(|&i| end_of(&history.records[i]))
}

fn two_states(history: &History, first: usize, second: usize) -> Witness {
    let (first, second) = (first.min(second), first.max(second));
    let mut operations = vec![first, second];
    let mut because = Vec::new();
    match last_write_before(history, first) {
        Some(write) => {
            operations.push(write);
            because.push(format!(
                "{} was the last write to end before {} began",
                name(history, write),
                name(history, first)
            ));
        }
        None => because.push("nothing was written to the register before".into()),
    }
    because.push(format!("the convergence bound had passed when {} began", name(history, first)));
    because.push(format!("no write began before {} ended, and it saw another state", name(history, second)));
    operations.sort_unstable();
    Witness { operations, because }
}

/// A few of the reads that have no order, with the indeterminate writes of what they saw.
fn several_states(history: &History, register: u32, reads: &[usize]) -> Witness {
    let mut few = reads.to_vec();
    let mut chunk = few.len().next_power_of_two() / 2;
    while chunk > 0 {
        let mut start = 0;
        while start < few.len() {
            let end = few.len().min(start + chunk);
            let fewer: Vec<usize> = few[..start].iter().chain(&few[end..]).copied().collect();
            let mut steps = STEPS_MAX;
            if !fewer.is_empty() && matches!(explain(history, register, &fewer, &mut steps), Found::NoOrder { .. }) {
                few = fewer;
            } else {
                start = end;
            }
        }
        chunk /= 2;
    }
    let mut because: Vec<String> = few
        .windows(2)
        .map(|pair| format!("after {} came {}", name(history, pair[0]), name(history, pair[1])))
        .collect();
    because.push("the writes had ended and the convergence bound had passed before the first".into());
    because.push("no indeterminate write, each taking effect at most once, explains the changes".into());
    let seen_by_few = |state: u32| few.iter().any(|&i| seen(history, &history.records[i]).matches(state));
    let may = surfacing(history, register, reads[0]);
    let mut operations: Vec<usize> =
        may.filter(|&i| written(history, &history.records[i]).is_some_and(seen_by_few)).collect();
    operations.extend(&few);
    operations.sort_unstable();
    Witness { operations, because }
}

fn lost_write(history: &History, index: usize, what: Seen, latest_ok: Option<u32>) -> Witness {
    let record = &history.records[index];
    let of_register = || (0..index).filter(|&i| history.records[i].register == record.register);
    let newest =
        of_register().find(|&i| Some(history.records[i].invoke) == latest_ok && is_write(history, &history.records[i]));
    let fits = |i: &usize| written(history, &history.records[*i]).is_some_and(|state| what.matches(state));
    let source = of_register().filter(fits).max_by_key(|&i| effective_response(&history.records[i]));
    let read = name(history, index);
    let mut because = vec![format!("the writes had ended and the convergence bound had passed when {read} began")];
    because.push(match (source, newest) {
        (Some(old), Some(new)) => {
            format!("{} ended before {} began, so that it was no last write", name(history, old), name(history, new))
        }
        (None, Some(new)) if what.matches(ABSENT) => {
            format!("{} had replaced the initial absence, and nothing was deleted", name(history, new))
        }
        _ => "nothing had written what it saw".into(),
    });
    let mut operations: Vec<usize> = [source, newest].into_iter().flatten().chain([index]).collect();
    operations.sort_unstable();
    operations.dedup();
    Witness { operations, because }
}
