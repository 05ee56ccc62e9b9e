//! Integrity: no value out of thin air, none from the future, none of a write that failed.
//!
//! ```text
//! session 0:                     |--set k=1--|
//! session 1:   |--get k -> 1--|                   broken: the value came before its write
//! ```
//!
//! **Definition** (KVE-INT-01 and KVE-INT-02). Each state that an operation saw is the initial one,
//! or was written to that register by an operation that was invoked before the first one responded
//! and that did not certainly fail. A compare-and-swap that swapped saw the expected value; one that
//! answered «no» saw some other state. `exists` = true saw some value.
//!
//! **Algorithm.** One pass: the earliest invocation of a write of each value, and the reads that
//! came before it wait in a list, no longer than there are operations in flight. O(n).

use std::collections::HashMap;

use crate::consistency::{Finding, Witness, operation_name};
use crate::history::effect::{Seen, seen, swaps_for_itself, written};
use crate::history::{ABSENT, History, Kind, NEVER, Outcome, Record};

/// Judges the integrity of a history. Time O(n); memory 8 bytes a value.
pub fn check(history: &History) -> Finding {
    let mut scan = Scan::new(history);
    for (i, record) in history.records.iter().enumerate() {
        if record.outcome == Outcome::Ok && record.value != ABSENT {
            match record.kind {
                Kind::Get => scan.read(i, record, record.value),
                Kind::Set => scan.write(record, record.value),
                _ => scan.rare(history, i, record),
            }
        } else {
            scan.rare(history, i, record);
        }
    }
    let broken = scan.waiting.iter().find(|&&(i, seen)| !scan.is_explained(history, i, seen));
    match broken {
        Some(&(i, seen)) => Finding::Broken(witness(history, i, seen)),
        None if scan.exercised => Finding::Kept,
        None => Finding::NotExercised("no operation saw a value".into()),
    }
}

struct Scan {
    /// Register and first invocation of a write of each value.
    first_write: Vec<(u32, u32)>,
    other_registers: HashMap<(u32, u32), u32>,
    /// By register, the first invocation of a write of any value.
    first_value: Vec<u32>,
    /// Operations that saw something nobody had begun to write when they began.
    waiting: Vec<(usize, Seen)>,
    exercised: bool,
}

impl Scan {
    fn new(history: &History) -> Self {
        let needs_any = |r: &Record| matches!(r.kind, Kind::Exists | Kind::CompareAndSwap);
        let registers = if history.records.iter().any(needs_any) { history.registers.len() } else { 0 };
        Self {
            first_write: vec![(NEVER, NEVER); history.values.len()],
            other_registers: HashMap::new(),
            first_value: vec![NEVER; registers],
            waiting: Vec::new(),
            exercised: false,
        }
    }

    #[inline(always)]
    fn read(&mut self, index: usize, record: &Record, value: u32) {
        self.exercised = true;
        if self.first_write[value as usize].0 != record.register
            && !self.other_registers.contains_key(&(record.register, value))
        {
            self.waiting.push((index, Seen::State(value)));
        }
    }

    #[inline(always)]
    fn write(&mut self, record: &Record, value: u32) {
        let slot = &mut self.first_write[value as usize];
        if slot.0 == NEVER {
            *slot = (record.register, record.invoke);
        } else if slot.0 != record.register {
            self.other_registers.entry((record.register, value)).or_insert(record.invoke);
        }
        if let Some(first) = self.first_value.get_mut(record.register as usize) {
            *first = record.invoke.min(*first);
        }
    }

    #[cold]
    fn rare(&mut self, history: &History, index: usize, record: &Record) {
        match seen(history, record) {
            Seen::State(value) if value != ABSENT => self.read(index, record, value),
            Seen::Present | Seen::Not(ABSENT) => {
                self.exercised = true;
                if self.first_value[record.register as usize] == NEVER {
                    self.waiting.push((index, Seen::Present));
                }
            }
            _ => {}
        }
        if let Some(value) = written(history, record).filter(|&state| state != ABSENT) {
            self.write(record, value);
        }
    }

    /// Whether a write that fits was invoked before the operation responded.
    fn is_explained(&self, history: &History, index: usize, seen: Seen) -> bool {
        let record = &history.records[index];
        if swaps_for_itself(history, record) {
            return sources(history, index, seen).any(|write| history.records[write].invoke < record.response);
        }
        let begun = match seen {
            Seen::State(value) => {
                let (register, invoke) = self.first_write[value as usize];
                let other = || self.other_registers.get(&(record.register, value)).copied();
                if register == record.register { Some(invoke) } else { other() }
            }
            _ => Some(self.first_value[record.register as usize]),
        };
        begun.is_some_and(|invoke| invoke < record.response)
    }
}

/// Writes, whenever they began, of what the operation at `index` saw.
fn sources(history: &History, index: usize, seen: Seen) -> impl Iterator<Item = usize> + '_ {
    let register = history.records[index].register;
    (0..history.records.len()).filter(move |&i| {
        let record = &history.records[i];
        i != index && record.register == register && written(history, record).is_some_and(|state| seen.matches(state))
    })
}

fn witness(history: &History, index: usize, seen: Seen) -> Witness {
    let record = &history.records[index];
    let name = |i: usize| operation_name(history, i);
    let failed = |r: &Record| r.register == record.register && r.kind == Kind::Set && seen.matches(r.value);
    if let Some(write) = sources(history, index, seen).next() {
        let because = format!("{} ended before {} began, the first that wrote it", name(index), name(write));
        return Witness { operations: vec![index, write], because: vec![because] };
    }
    match history.records.iter().position(|r| r.outcome == Outcome::Failed && failed(r)) {
        Some(write) => {
            let because =
                format!("{} saw what {} would have written, which certainly failed", name(index), name(write));
            let mut operations = vec![index, write];
            operations.sort_unstable();
            Witness { operations, because: vec![because] }
        }
        None => {
            let because = format!("{} saw a value that nothing wrote to this register", name(index));
            Witness { operations: vec![index], because: vec![because] }
        }
    }
}
