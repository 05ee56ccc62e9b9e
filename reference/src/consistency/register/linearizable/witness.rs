//! The proof that a register is not linearizable: a few of its operations.
//!
//! Some operations of a register prove something of the whole only if what is left out cannot mend
//! them: for each operation that saw something, every write it can have seen must be among them.
//! Sets that are **closed** in this way are kept closed while they shrink.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Verdict, decide};
use super::operations::Operation;
use super::zones::Conflict;
use crate::consistency::{Witness, operation_name};
use crate::history::effect::{Seen, effective_response, seen, written};
use crate::history::{ABSENT, History, NEVER, Record};

/// How many operations may be judged again while a witness shrinks; what is left then is the
/// witness.
const JUDGED_MAX: usize = 1 << 25;
/// How many configurations the search may cost each time.
const STEPS_MAX: u64 = 1 << 18;

/// At most six operations, mostly three, for a conflict of zones.
pub(super) fn of_conflict(history: &History, conflict: Conflict) -> Witness {
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
                "{} saw the register absent, as it was before that value; nothing made it absent again",
                operation_name(history, read)
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
                    history.state_text(first.value),
                    history.state_text(second.value),
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
    value: u32,
    write: Option<usize>,
    first_to_end: usize,
    last_to_begin: usize,
}

impl Members {
    fn of(history: &History, register: u32, value: u32) -> Self {
        let mut members = Self { value, write: None, first_to_end: usize::MAX, last_to_begin: usize::MAX };
        let mut first_end = NEVER;
        for (i, record) in history.records.iter().enumerate().filter(|(_, r)| r.register == register) {
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
        let follows = |a: usize, b: usize| effective_response(&history.records[a]) < history.records[b].invoke;
        let pairs = enders.flat_map(|a| other.write.into_iter().chain([other.last_to_begin]).map(move |b| (a, b)));
        let mut linked = pairs.filter(|&(a, b)| follows(a, b));
        linked.next().unwrap_or((self.first_to_end, other.last_to_begin))
    }

    fn there_at(&self, history: &History, at: usize) -> String {
        let value = history.state_text(self.value);
        let first = operation_name(history, self.first_to_end);
        format!("{value} was there: {first} ended before {} began", operation_name(history, at))
    }
}

fn latest_absence(history: &History, register: u32) -> Option<usize> {
    let absent = |r: &Record| r.register == register && seen(history, r) == Seen::State(ABSENT);
    history.records.iter().rposition(absent)
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
pub(super) fn of_register(history: &History, operations: &[Operation], core: &[usize]) -> Witness {
    let few = Shrink::new(operations).smallest(core);
    let records: Vec<usize> = few.iter().map(|&i| operations[i].record as usize).collect();
    let mut because: Vec<String> = Vec::new();
    for pair in records.windows(2) {
        let (a, b) = (&history.records[pair[0]], &history.records[pair[1]]);
        let relation = if effective_response(a) < b.invoke { "ended before" } else { "may take effect after" };
        because.push(format!(
            "{} {relation} {} began",
            operation_name(history, pair[0]),
            operation_name(history, pair[1])
        ));
    }
    because.push(match records[..] {
        [only] => format!("{} saw what nothing wrote to this register", operation_name(history, only)),
        _ => "no order of these operations that respects real time gives each what it saw, and no other write \
              could have given it"
            .into(),
    });
    Witness { operations: records, because }
}

struct Shrink<'o> {
    operations: &'o [Operation],
    /// State and index of each write, sorted.
    writers: Vec<(u32, u32)>,
    /// The responses of certain writes, ascending, each with the latest invocation of those up to it.
    ended_writes: Vec<(u32, u32)>,
    judged: usize,
}

impl<'o> Shrink<'o> {
    fn new(operations: &'o [Operation]) -> Self {
        let mut writers: Vec<(u32, u32)> =
            (0..).zip(operations).filter_map(|(i, o)| o.writes.map(|state| (state, i))).collect();
        writers.sort_unstable();
        let ended = operations.iter().filter(|o| o.writes.is_some() && o.response != NEVER);
        let mut ended_writes: Vec<(u32, u32)> = ended.map(|o| (o.response, o.invoke)).collect();
        ended_writes.sort_unstable();
        let mut latest = 0;
        for (_, invoke) in &mut ended_writes {
            latest = latest.max(*invoke);
            *invoke = latest;
        }
        Self { operations, writers, ended_writes, judged: 0 }
    }

    fn smallest(&mut self, core: &[usize]) -> Vec<usize> {
        let mut few = self.window(core);
        let mut chunk = few.len().next_power_of_two() / 2;
        while chunk > 0 && self.judged < JUDGED_MAX {
            let mut removed_any = false;
            let mut start = 0;
            while start < few.len() {
                let fewer = self.without(&few, &few[start..few.len().min(start + chunk)]);
                if fewer.len() < few.len() && self.breaks(&fewer) {
                    few = fewer;
                    removed_any = true;
                } else {
                    start += chunk;
                }
            }
            if !removed_any || chunk > 1 {
                chunk /= 2;
            }
        }
        few
    }

    /// The core and more and more of the operations around it, until they break.
    fn window(&mut self, core: &[usize]) -> Vec<usize> {
        let all = self.operations.len();
        let (low, high) = (core.iter().min().map_or(0, |&i| i), core.iter().max().map_or(all, |&i| i + 1));
        let mut margin = 0;
        loop {
            let mut set: Vec<usize> = core.to_vec();
            if margin > 0 {
                set.extend(low.saturating_sub(margin)..all.min(high + margin));
            }
            let set = self.closed(set);
            if (low <= margin && high + margin >= all) || self.breaks(&set) {
                return if low <= margin && high + margin >= all { (0..all).collect() } else { set };
            }
            margin = (margin * 2).max(2);
        }
    }

    fn breaks(&mut self, set: &[usize]) -> bool {
        self.judged += set.len();
        let operations = renumbered(set.iter().map(|&i| self.operations[i]).collect());
        let mut steps = STEPS_MAX;
        matches!(decide(&operations, &mut steps), Verdict::Broken(_))
    }

    /// With all writes that any of them can have seen.
    fn closed(&self, mut set: Vec<usize>) -> Vec<usize> {
        let mut i = 0;
        let mut included = vec![false; self.operations.len()];
        set.retain(|&i| !std::mem::replace(&mut included[i], true));
        while i < set.len() {
            for source in self.sources(set[i]) {
                if !std::mem::replace(&mut included[source], true) {
                    set.push(source);
                }
            }
            i += 1;
        }
        set.sort_unstable();
        set
    }

    /// Without those, and without whatever can have seen them.
    fn without(&self, set: &[usize], removed: &[usize]) -> Vec<usize> {
        let mut kept: Vec<usize> = set.iter().copied().filter(|i| !removed.contains(i)).collect();
        loop {
            let before = kept.len();
            let closed = |i: &usize| self.sources(*i).iter().all(|source| kept.contains(source));
            kept = kept.iter().copied().filter(closed).collect();
            if kept.len() == before {
                return kept;
            }
        }
    }

    /// The writes that an operation can have seen: they fit, began before it ended, and were not
    /// certainly followed by another write before it began. Where there is none, the last of those
    /// that fit and the one that followed it, for they show why.
    fn sources(&self, index: usize) -> Vec<usize> {
        let reader = &self.operations[index];
        let ended = self.ended_writes.partition_point(|(response, _)| *response < reader.invoke);
        let overwritten = ended.checked_sub(1).map_or(0, |last| self.ended_writes[last].1);
        let fits = |&i: &usize| {
            let writer = &self.operations[i];
            i != index
                && writer.writes.is_some_and(|state| reader.sees.matches(state))
                && writer.invoke < reader.response
        };
        let fitting: Vec<usize> = match reader.sees {
            Seen::Nothing => return Vec::new(),
            Seen::State(state) => {
                let start = self.writers.partition_point(|(of, _)| *of < state);
                let of_state = self.writers[start..].iter().take_while(|(of, _)| *of == state);
                of_state.map(|(_, i)| *i as usize).filter(fits).collect()
            }
            Seen::Present | Seen::Not(_) => (0..self.operations.len()).filter(fits).collect(),
        };
        let response = |i: &usize| self.operations[*i].response;
        let sources: Vec<usize> = fitting.iter().copied().filter(|i| response(i) >= overwritten).collect();
        match fitting.into_iter().max_by_key(response) {
            Some(last) if sources.is_empty() => {
                vec![last, self.operations.partition_point(|o| o.invoke < overwritten)]
            }
            _ => sources,
        }
    }
}

/// The same operations, their states numbered densely.
fn renumbered(mut operations: Vec<Operation>) -> Vec<Operation> {
    let states = |o: &Operation| {
        let seen = match o.sees {
            Seen::State(state) | Seen::Not(state) => Some(state),
            Seen::Nothing | Seen::Present => None,
        };
        [seen, o.writes].into_iter().flatten()
    };
    let used: BTreeSet<u32> = operations.iter().flat_map(states).chain([ABSENT]).collect();
    let numbers: BTreeMap<u32, u32> = used.into_iter().zip(0..).collect();
    for operation in &mut operations {
        operation.writes = operation.writes.map(|state| numbers[&state]);
        operation.sees = match operation.sees {
            Seen::State(state) => Seen::State(numbers[&state]),
            Seen::Not(state) => Seen::Not(numbers[&state]),
            other => other,
        };
    }
    operations
}
