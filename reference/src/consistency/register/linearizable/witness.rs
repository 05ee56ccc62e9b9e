//! The proof that a register is not linearizable: a few of its operations, and why.
//!
//! A proof is about the first thing that went wrong: it is sought among what had begun when it first
//! was certain that there is no order (registers of up to 131,072 operations).

use super::clusters::Verdict;
use super::decide::decide;
use super::operations::{Operation, order_handovers};
use super::smallest::{first_broken_prefix, smallest};
use super::zones::{Conflict, Scan};
use crate::consistency::budget::{Budget, DEFAULT_STEPS};
use crate::consistency::finding::{Witness, operation_name};
use crate::history::effect::{Seen, effective_response, seen, written};
use crate::history::sub_history::sub_history;
use crate::history::{History, Kind, Rank, Record, State};

/// At most six operations, mostly three, for a conflict of zones.
pub(super) fn of_conflict(history: &History, conflict: Conflict, budget: &Budget) -> Witness {
    let register = match conflict {
        Conflict::Values { register, .. } | Conflict::Absence { register, .. } => register,
        Conflict::Unwritten { register, .. } => register,
    };
    let of_this = of_this_conflict(history, conflict);
    of_first_conflict(history, register, &of_this, budget).unwrap_or(of_this)
}

/// The proof from what had begun when the register first was not linearizable, sought from another proof on.
fn of_first_conflict(history: &History, register: u32, other: &Witness, budget: &Budget) -> Option<Witness> {
    let records = history.records().iter().enumerate().filter(|(_, r)| r.register == register);
    let mut operations: Vec<Operation> = records.filter_map(|(i, r)| Operation::of(history, r, i)).collect();
    order_handovers(history, register, &mut operations);
    let place = |record: &usize| operations.binary_search_by_key(&(*record as u32), |o| o.record).ok();
    let core: Vec<usize> = other.operations.iter().filter_map(place).collect();
    let cut = first_broken_prefix(&operations, &core, budget)?;
    let begun = &operations[..cut.begun];
    let known = begun.iter().filter(|o| o.response <= cut.response || o.writes.is_some());
    let indices: Vec<usize> = known.map(|o| o.record as usize).collect();
    let part = sub_history(history, &indices);
    let conflict = Scan::of(&part).conflict(&part)?;
    let witness = of_this_conflict(&part, conflict);
    Some(Witness { operations: witness.operations.iter().map(|&i| indices[i]).collect(), ..witness })
}

fn of_this_conflict(history: &History, conflict: Conflict) -> Witness {
    let (register, values, absent) = match conflict {
        Conflict::Values { register, first, second } => (register, vec![first, second], None),
        Conflict::Absence { register, value } => (register, vec![value], latest_absence(history, register)),
        Conflict::Unwritten { register, value } => (register, vec![value], None),
    };
    let mut members: Vec<Members> = values.iter().map(|&value| Members::of(history, register, value)).collect();
    if let Conflict::Unwritten { .. } = conflict {
        return unwritten(history, &members[0]);
    }
    members.sort_by_key(|m| m.first_to_end);
    let mut because = Vec::new();
    let mut operations;
    match absent {
        Some(read) => {
            let value = &members[0];
            operations = vec![read, value.first_to_end];
            operations.extend(value.write);
            because.push(value.there_at(history, read));
            because.push(format!(
                "{} saw the register {}, as it was before that value; nothing made it so again",
                operation_name(history, read),
                history.state_text(history.initial_state(register))
            ));
        }
        None => {
            let (a, b) = (&members[0], &members[1]);
            operations = a.write.into_iter().chain(b.write).collect();
            for (first, second) in [(a, b), (b, a)] {
                let (ended, began) = first.link_to(history, second);
                operations.extend([ended, began]);
                because.push(format!(
                    "{} comes before {}: {} ended before {} began",
                    history.state_text(history.state_as_recorded(register, first.value)),
                    history.state_text(history.state_as_recorded(register, second.value)),
                    operation_name(history, ended),
                    operation_name(history, began)
                ));
            }
            because.push("each value would have to come before the other, and each was written only once".into());
        }
    }
    operations.sort_unstable();
    operations.dedup();
    Witness { operations, because }
}

/// The operations of a value that say where its zone is.
struct Members {
    value: State,
    write: Option<usize>,
    first_to_end: usize,
    last_to_begin: usize,
}

impl Members {
    fn of(history: &History, register: u32, value: State) -> Self {
        let mut members = Self { value, write: None, first_to_end: usize::MAX, last_to_begin: usize::MAX };
        let mut first_end = Rank::NEVER;
        for (i, record) in history.records().iter().enumerate().filter(|(_, r)| r.register == register) {
            let writes = written(history, record) == Some(value);
            if !writes && seen(history, record) != Seen::State(value) {
                continue;
            }
            if writes {
                members.write.get_or_insert(i);
            }
            if effective_response(record) < first_end {
                (first_end, members.first_to_end) = (effective_response(record), i);
            }
            members.last_to_begin = i;
        }
        members
    }

    /// Why this value comes before the other: something of it ended before something of the other
    /// began; the writes where they will do.
    fn link_to(&self, history: &History, other: &Members) -> (usize, usize) {
        let enders = self.write.into_iter().chain([self.first_to_end]);
        let follows = |a: usize, b: usize| effective_response(&history.records()[a]) < history.records()[b].invoke;
        let pairs = enders.flat_map(|a| other.write.into_iter().chain([other.last_to_begin]).map(move |b| (a, b)));
        let mut linked = pairs.filter(|&(a, b)| follows(a, b));
        linked.next().unwrap_or((self.first_to_end, other.last_to_begin))
    }

    fn there_at(&self, history: &History, at: usize) -> String {
        let register = history.records()[self.first_to_end].register;
        let value = history.state_text(history.state_as_recorded(register, self.value));
        let first = operation_name(history, self.first_to_end);
        format!("{value} was there: {first} ended before {} began", operation_name(history, at))
    }
}

fn latest_absence(history: &History, register: u32) -> Option<usize> {
    let absent = |r: &Record| r.register == register && seen(history, r) == Seen::State(State::ABSENT);
    history.records().iter().rposition(absent)
}

fn unwritten(history: &History, members: &Members) -> Witness {
    let read = members.first_to_end;
    let because = match members.write {
        Some(write) => {
            format!(
                "{} ended before {} began, the only write of that value",
                operation_name(history, read),
                operation_name(history, write)
            )
        }
        None => format!("{} saw a value that nothing wrote to this register", operation_name(history, read)),
    };
    let mut operations: Vec<usize> = members.write.into_iter().chain([read]).collect();
    operations.sort_unstable();
    Witness { operations, because: vec![because] }
}

/// Shrinks the operations of a register that is not linearizable to a closed few that are not.
pub(super) fn of_register(history: &History, operations: &[Operation], core: &[usize], budget: &Budget) -> Witness {
    let begun = first_broken_prefix(operations, core, budget).map_or(operations.len(), |cut| cut.begun);
    let few = match decide(&operations[..begun], &budget.beside(DEFAULT_STEPS)) {
        Verdict::Broken(core) => smallest(&operations[..begun], &core, budget),
        Verdict::Linearizable | Verdict::Unknown(_) => smallest(operations, core, budget),
    };
    let few: Vec<&Operation> = few.iter().map(|&i| &operations[i]).collect();
    let mut because: Vec<String> = chained(&few).into_iter().filter_map(|o| source_line(history, &few, o)).collect();
    because.extend(order_lines(history, &few));
    because.push(match few[..] {
        [only] => format!("{} saw what nothing wrote to this register", name(history, only)),
        _ => "no order of these operations that respects real time gives each what it saw, and no other write \
              could have given it"
            .into(),
    });
    Witness { operations: few.iter().map(|o| o.record as usize).collect(), because }
}

fn name(history: &History, operation: &Operation) -> String {
    operation_name(history, operation.record as usize)
}

/// The operations that need something, each followed by those that can have given it and need something in their
/// turn, from the last read on.
fn chained<'o>(few: &[&'o Operation]) -> Vec<&'o Operation> {
    let needs = |o: &&&Operation| o.sees != Seen::Nothing;
    let mut waiting: Vec<&Operation> = few.iter().filter(needs).copied().collect();
    if few.len() > ORDERED_MAX {
        return waiting;
    }
    waiting.sort_by_key(|o| (o.writes.is_none(), o.invoke));
    let mut chain: Vec<&Operation> = Vec::new();
    while let Some(next) = waiting.pop() {
        if chain.iter().any(|o| o.record == next.record) {
            continue;
        }
        chain.push(next);
        let gives =
            |o: &&&Operation| o.writes.is_some_and(|state| next.sees.matches(state)) && o.invoke < next.response;
        waiting.extend(few.iter().filter(needs).filter(gives));
    }
    chain
}

/// What an operation saw or must have seen, in words.
fn needed(history: &History, operation: &Operation) -> String {
    let record = &history.records()[operation.record as usize];
    let text = |state| history.state_text(history.state_as_recorded(record.register, state));
    match seen(history, record) {
        Seen::State(state) => text(state),
        Seen::Not(state) => format!("another state than {}", text(state)),
        Seen::Present => "some value".into(),
        Seen::Nothing if record.kind == Kind::CompareAndSwap => {
            text(history.swaps()[record.operand.swap_index()].expected)
        }
        Seen::Nothing => "nothing".into(),
    }
}

/// Who can have written what an operation saw or, to take effect, must have seen.
fn source_line(history: &History, few: &[&Operation], operation: &Operation) -> Option<String> {
    if operation.sees == Seen::Nothing {
        return None;
    }
    let fits = |w: &&&Operation| {
        let writes = w.writes.is_some_and(|state| operation.sees.matches(state));
        writes && w.record != operation.record && w.invoke < operation.response
    };
    let mut writers: Vec<String> = few.iter().filter(fits).map(|w| name(history, w)).collect();
    if operation.sees.matches(State::ABSENT) {
        writers.insert(0, "the initial state".into());
    }
    let needs = if operation.writes.is_some() { "needs" } else { "saw" };
    let reader = name(history, operation);
    let state = needed(history, operation);
    Some(match &writers[..] {
        [] => format!("{reader} {needs} {state}, which no write that began before it ended can have given"),
        [only] => format!("{reader} {needs} {state}, which only {only} can have given"),
        several => format!("{reader} {needs} {state}, which one of {} can have given", several.join(", ")),
    })
}

/// Of how many operations their order is spelt out.
const ORDERED_MAX: usize = 128;

/// Which ended before which began, without what follows from the others.
fn order_lines(history: &History, few: &[&Operation]) -> Vec<String> {
    let mut lines = Vec::new();
    if few.len() > ORDERED_MAX {
        return lines;
    }
    let before = |a: &Operation, b: &Operation| a.response < b.invoke || b.after == a.record;
    for a in few {
        for b in few.iter().filter(|b| before(a, b)) {
            let is_implied = few.iter().any(|between| before(a, between) && before(between, b));
            if !is_implied {
                lines.push(format!("{} ended before {} began", name(history, a), name(history, b)));
            }
        }
    }
    lines
}
