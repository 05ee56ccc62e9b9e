//! Integrity: the observations of a history that no write explains.
//!
//! ```text
//! session 0:                     |--set k=1--|
//! session 1:   |--get k -> 1--|                   broken: the value came before its write
//! ```
//!
//! **Definition** (KVE-INT-01 to KVE-INT-03). Each state that an operation saw is the initial one,
//! absent, or was written to that register by an operation that was invoked before the first one
//! responded and that did not certainly fail. A compare-and-swap that swapped saw the expected value;
//! one that answered «no» saw some other state. `exists` = true saw some value.
//!
//! Absence is never wrong by this: it is the initial state of every register, and a weak store may
//! go back to it while updates go on.
//!
//! **Algorithm.** One pass: the first write of each value, and the operations that came before it
//! wait in a list. O(n) for n operations; memory 8 bytes a value, 4 a register where one saw «some
//! value», 16 an operation that waits.

use std::collections::HashMap;

use crate::history::effect::{Seen, observed, swaps_for_itself, written};
use crate::history::{History, Kind, NEVER, Outcome, Record, State};

/// What the pass found.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    /// Those that no write explains, in the order of their invocations.
    pub(crate) unexplained: Vec<Unexplained>,
    /// Whether any operation saw a value.
    pub(crate) saw_values: bool,
}

/// An operation that saw what nobody had written to its register.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unexplained {
    /// Index of its record.
    pub(crate) index: usize,
    /// What it saw: a value, or some value.
    pub(crate) saw: Seen,
    /// The first write of that, which began only after the operation had ended; `None` when nobody
    /// ever wrote it.
    pub(crate) later_writer: Option<usize>,
}

/// Looks for a write of everything that was seen.
pub(crate) fn observations(history: &History) -> Observations {
    let mut scan = Scan::new(history);
    for (i, record) in history.records().iter().enumerate() {
        if record.outcome == Outcome::Ok && record.operand.state() != State::ABSENT {
            match record.kind {
                Kind::Get => scan.read(i, record, record.operand.state()),
                Kind::Set => scan.write(i, record, record.operand.state()),
                _ => scan.other(history, i, record),
            }
        } else {
            scan.other(history, i, record);
        }
    }
    let unexplained = scan.unexplained(history);
    Observations { unexplained, saw_values: scan.saw_values }
}

struct Scan {
    /// By value: a register, and the first write there.
    first_writer: Vec<(u32, u32)>,
    /// The same of the further registers that a value was written to.
    other_registers: HashMap<(u32, State), u32>,
    /// By register: the first write of any value. Empty when nothing asks.
    first_of_any: Vec<u32>,
    /// Operations that saw something which nobody had begun to write when they began.
    waiting: Vec<(usize, Seen)>,
    saw_values: bool,
}

impl Scan {
    fn new(history: &History) -> Self {
        let needs_any = |r: &Record| matches!(r.kind, Kind::Exists | Kind::List | Kind::CompareAndSwap);
        let registers = if history.records().iter().any(needs_any) { history.registers().len() } else { 0 };
        Self {
            first_writer: vec![(NEVER, NEVER); history.values().len()],
            other_registers: HashMap::new(),
            first_of_any: vec![NEVER; registers],
            waiting: Vec::new(),
            saw_values: false,
        }
    }

    #[inline(always)]
    fn read(&mut self, index: usize, record: &Record, value: State) {
        self.saw_values = true;
        if self.first_writer[value.index()].0 != record.register
            && !self.other_registers.contains_key(&(record.register, value))
        {
            self.waiting.push((index, Seen::State(value)));
        }
    }

    #[inline(always)]
    fn write(&mut self, index: usize, record: &Record, value: State) {
        let slot = &mut self.first_writer[value.index()];
        if slot.0 == NEVER {
            *slot = (record.register, index as u32);
        } else if slot.0 != record.register {
            self.other_registers.entry((record.register, value)).or_insert(index as u32);
        }
        if let Some(first) = self.first_of_any.get_mut(record.register as usize) {
            *first = (index as u32).min(*first);
        }
    }

    #[cold]
    fn other(&mut self, history: &History, index: usize, record: &Record) {
        match observed(history, record) {
            Seen::State(value) if value != State::ABSENT => self.read(index, record, value),
            Seen::Present | Seen::Not(State::ABSENT) => {
                self.saw_values = true;
                if self.first_of_any[record.register as usize] == NEVER {
                    self.waiting.push((index, Seen::Present));
                }
            }
            _ => {}
        }
        if let Some(value) = written(history, record).filter(|&state| state != State::ABSENT) {
            self.write(index, record, value);
        }
    }

    fn unexplained(&self, history: &History) -> Vec<Unexplained> {
        let others = writers_but_one(history, &self.waiting);
        let all = self.waiting.iter().map(|&(index, saw)| {
            let later_writer = match others.get(&index) {
                Some(other) => *other,
                None => self.first_writer(history.records()[index].register, saw),
            };
            Unexplained { index, saw, later_writer }
        });
        let is_later = |u: &Unexplained| {
            let response = history.records()[u.index].response;
            u.later_writer.is_none_or(|writer| history.records()[writer].invoke > response)
        };
        all.filter(is_later).collect()
    }

    fn first_writer(&self, register: u32, saw: Seen) -> Option<usize> {
        let writer = match saw {
            Seen::State(value) => match self.first_writer[value.index()] {
                (of, writer) if of == register => writer,
                _ => self.other_registers.get(&(register, value)).copied()?,
            },
            _ => self.first_of_any[register as usize],
        };
        (writer != NEVER).then_some(writer as usize)
    }
}

/// Of the waiting swaps of a value for itself: the first other write of that value, if there is one.
/// They cannot have seen what they wrote. O(n) when there is such a swap.
fn writers_but_one(history: &History, waiting: &[(usize, Seen)]) -> HashMap<usize, Option<usize>> {
    let is_such = |index: usize| swaps_for_itself(history, &history.records()[index]);
    let such: Vec<usize> = waiting.iter().map(|(index, _)| *index).filter(|&index| is_such(index)).collect();
    let what = |index: usize| {
        let record = &history.records()[index];
        Some((record.register, written(history, record)?))
    };
    let mut firsts: HashMap<(u32, State), [Option<usize>; 2]> =
        such.iter().filter_map(|&index| Some((what(index)?, [None; 2]))).collect();
    if firsts.is_empty() {
        return HashMap::new();
    }
    for index in 0..history.records().len() {
        if let Some(firsts) = what(index).and_then(|what| firsts.get_mut(&what))
            && let Some(free) = firsts.iter_mut().find(|first| first.is_none())
        {
            *free = Some(index);
        }
    }
    let other = |index: usize| {
        let [first, second] = what(index).and_then(|what| firsts.get(&what).copied()).unwrap_or_default();
        if first == Some(index) { second } else { first }
    };
    such.into_iter().map(|index| (index, other(index))).collect()
}
