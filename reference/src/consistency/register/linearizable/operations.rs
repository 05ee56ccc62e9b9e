//! The operations of one register, normalised: what zones alone cannot settle is judged on these.

use super::zones::Scan;
use crate::history::effect::{Seen, effective_response, seen, written};
use crate::history::{History, Kind, NEVER, Outcome, Record, State};

/// One operation of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    /// Rank of its invocation.
    pub(crate) invoke: u32,
    /// The rank before which it takes effect; [`NEVER`] when there is no such.
    pub(crate) response: u32,
    /// What it must see to take effect.
    pub(crate) sees: Seen,
    /// The state it leaves; `None` for reads.
    pub(crate) writes: Option<State>,
    /// Whether it may as well never take effect.
    pub(crate) optional: bool,
    /// Index of its record.
    pub(crate) record: u32,
    /// The record after which it comes in its session although their ranks overlap; [`NEVER`] mostly.
    pub(crate) after: u32,
}

impl Operation {
    /// `None` when the record neither writes nor sees anything.
    pub(crate) fn of(history: &History, record: &Record, index: usize) -> Option<Self> {
        let (writes, mut sees) = (written(history, record), seen(history, record));
        if writes.is_none() && sees == Seen::Nothing {
            return None;
        }
        let optional = writes.is_some() && record.outcome != Outcome::Ok;
        if optional && record.kind == Kind::CompareAndSwap {
            sees = Seen::State(history.swaps()[record.operand.swap_index()].expected);
        }
        let response = if writes.is_some() { effective_response(record) } else { record.response };
        let (invoke, response) = (record.invoke.place(), response.place());
        Some(Self { invoke, response, sees, writes, optional, record: index as u32, after: NEVER })
    }

    /// A write that asks for nothing.
    pub(crate) fn is_plain_write(&self) -> bool {
        self.writes.is_some() && self.sees == Seen::Nothing
    }
}

/// A register and its operations in the order of invocation, its states numbered from 0 (absent).
#[derive(Debug)]
pub(super) struct RegisterOperations {
    pub(super) number: u32,
    pub(super) operations: Vec<Operation>,
}

/// The registers that zones do not settle, one after another, so that only one is held at a time.
pub(super) fn of_hard_registers<'h>(
    history: &'h History,
    scan: &Scan,
) -> impl Iterator<Item = RegisterOperations> + use<'h> {
    let hard: Vec<bool> = (0..history.registers().len() as u32).map(|register| scan.is_hard(register)).collect();
    let groups = group_by_register(history, &hard);
    let values = if hard.contains(&true) { history.values().len() } else { 0 };
    let mut states = States { numbers: vec![0; values], numbered: Vec::new() };
    (0..hard.len()).filter(move |&register| hard[register]).map(move |register| {
        let indices = groups.of(register);
        let mut operations = Vec::with_capacity(indices.len());
        for &i in indices {
            let operation = Operation::of(history, &history.records()[i as usize], i as usize);
            operations.extend(operation.map(|operation| states.number(operation)));
        }
        states.forget();
        order_handovers(history, register as u32, &mut operations);
        RegisterOperations { number: register as u32, operations }
    })
}

/// Notes which operations of a register come after which in their session although their ranks
/// overlap. What may still take effect later comes before nothing.
pub(super) fn order_handovers(history: &History, register: u32, operations: &mut [Operation]) {
    for handover in history.handovers() {
        let mut before = NEVER;
        let of_register = |i: &&u32| history.records()[**i as usize].register == register;
        for &record in handover.iter().filter(of_register) {
            let Ok(index) = operations.binary_search_by_key(&record, |o| o.record) else { continue };
            if before != NEVER {
                operations[index].after = before;
            }
            if operations[index].response != NEVER {
                before = record;
            }
        }
    }
}

/// Indices of records, ascending, grouped by register.
struct Groups {
    ends: Vec<u32>,
    indices: Vec<u32>,
}

impl Groups {
    fn of(&self, register: usize) -> &[u32] {
        let start = register.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.indices[start as usize..self.ends[register] as usize]
    }
}

/// A counting sort of the records of the chosen registers.
fn group_by_register(history: &History, chosen: &[bool]) -> Groups {
    let records: &[Record] = if chosen.contains(&true) { history.records() } else { &[] };
    let mut ends = vec![0u32; chosen.len() + 1];
    for record in records {
        ends[record.register as usize + 1] += u32::from(chosen[record.register as usize]);
    }
    for i in 1..ends.len() {
        ends[i] += ends[i - 1];
    }
    let mut indices = vec![NEVER; ends[chosen.len()] as usize];
    for (i, record) in records.iter().enumerate() {
        if chosen[record.register as usize] {
            let next = &mut ends[record.register as usize];
            indices[*next as usize] = i as u32;
            *next += 1;
        }
    }
    Groups { ends, indices }
}

/// The dense numbers of the states of one register, in the order in which they are met.
struct States {
    /// An entry for each value of the history, 0 for those not met.
    numbers: Vec<u32>,
    numbered: Vec<State>,
}

impl States {
    #[inline]
    fn number(&mut self, mut operation: Operation) -> Operation {
        operation.writes = operation.writes.map(|state| self.number_of(state));
        operation.sees = match operation.sees {
            Seen::State(state) => Seen::State(self.number_of(state)),
            Seen::Not(state) => Seen::Not(self.number_of(state)),
            other => other,
        };
        operation
    }

    #[inline]
    fn number_of(&mut self, state: State) -> State {
        if state == State::ABSENT {
            return state;
        }
        let number = &mut self.numbers[state.index()];
        if *number == 0 {
            self.numbered.push(state);
            *number = self.numbered.len() as u32;
        }
        State::value(*number)
    }

    fn forget(&mut self) {
        for state in self.numbered.drain(..) {
            self.numbers[state.index()] = 0;
        }
    }
}
