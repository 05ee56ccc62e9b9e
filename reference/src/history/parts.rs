//! A history taken apart: for whoever makes or changes one without a builder.

use std::fmt;
use std::sync::Arc;

use super::calls::{Calls, Exchange};
use super::complete::{History, Value};
use super::header::Header;
use super::record::{Kind, Rank, Record, State, SwapArguments};

/// What a history consists of. Each field is as the accessor of [`History`] that has its name.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// What holds for the whole.
    pub header: Header,
    /// The operations, in the order of their invocations.
    pub records: Vec<Record>,
    /// Bucket and key of each register.
    pub registers: Vec<(Arc<str>, Arc<str>)>,
    /// The values; number 0 is never used.
    pub values: Vec<Value>,
    /// The arguments of the compare-and-swap operations.
    pub swaps: Vec<SwapArguments>,
    /// The time of each event, by rank.
    pub times: Vec<u64>,
    /// Operations of one session whose order the ranks do not show: indices of records, ascending.
    pub handovers: Vec<Box<[u32]>>,
    /// What does not fit into a record.
    pub calls: Calls,
}

/// A record that names a register, a value, a swap or a time that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dangling {
    /// Index of the record.
    pub record: usize,
}

impl fmt::Display for Dangling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.record;
        write!(f, "operation {record} names a register, a value, a swap or a time that the history lacks")
    }
}

impl std::error::Error for Dangling {}

impl History {
    /// A history of these parts. O(n).
    ///
    /// # Errors
    /// [`Dangling`] when a record names what is not there. The order of the records and
    /// of their ranks is the caller's care.
    pub fn from_parts(parts: Parts) -> Result<Self, Dangling> {
        if let Some(record) = parts.records.iter().position(|record| !parts.have_all_of(record)) {
            return Err(Dangling { record });
        }
        let Parts { header, records, registers, values, swaps, times, handovers, calls } = parts;
        Ok(Self { header, records, registers, values, swaps, times, handovers, calls })
    }

    /// The parts of this history.
    pub fn into_parts(self) -> Parts {
        let Self { header, records, registers, values, swaps, times, handovers, calls } = self;
        Parts { header, records, registers, values, swaps, times, handovers, calls }
    }

    /// These operations on the same registers, values and times: some of this history, or others.
    ///
    /// # Errors
    /// As [`History::from_parts`].
    pub fn with_records(&self, records: Vec<Record>) -> Result<Self, Dangling> {
        // What the order of these records is, beyond their ranks, is not known.
        let Self { header, records: _, registers, values, swaps, times, handovers: _, calls } = self.clone();
        let (increments, initial, absent) = (calls.increments, calls.initial, calls.absent);
        let exchanges = calls.exchanges.into_iter().map(|exchange| Exchange { base: None, ..exchange }).collect();
        let calls = Calls { increments, exchanges, initial, absent, ..Calls::default() };
        Self::from_parts(Parts { header, records, registers, values, swaps, times, handovers: Vec::new(), calls })
    }
}

impl Parts {
    fn have_all_of(&self, record: &Record) -> bool {
        let is_state =
            |state: State| state == State::ABSENT || state == State::PRESENT || state.index() < self.values.len();
        let is_event = |rank: Rank| rank.index() < self.times.len();
        let has_value = match record.kind {
            Kind::CompareAndSwap => {
                let swap = self.swaps.get(record.operand.swap_index());
                swap.is_some_and(|swap| is_state(swap.expected) && is_state(swap.new))
            }
            Kind::Increment => record.operand.increment_index() < self.calls.increments.len(),
            Kind::Swap | Kind::CasCurrent => self
                .calls
                .exchanges
                .get(record.operand.exchange_index())
                .is_some_and(|exchange| is_state(exchange.state)),
            _ => is_state(record.operand.state()),
        };
        let has_times = is_event(record.invoke) && (record.response == Rank::NEVER || is_event(record.response));
        has_value && has_times && (record.register as usize) < self.registers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Entry, HistoryBuilder, Operand, Outcome};

    #[test]
    fn parts_make_the_same_history_again_and_nothing_dangles() {
        let mut builder = HistoryBuilder::new(Header::default());
        let (register, value) = (builder.register("b", "k"), builder.value_bytes(b"v"));
        let kind = Kind::Set;
        builder.push(Entry {
            session: 3,
            kind,
            register,
            operand: value.into(),
            outcome: Outcome::Ok,
            invoke: 1,
            response: Some(2),
        });
        let history = builder.finish().unwrap();
        let again = History::from_parts(history.clone().into_parts()).unwrap();
        assert_eq!((again.operation_text(0), again.times()), (history.operation_text(0), history.times()));
        let record = history.records()[0];
        for wrong in [
            Record { register: 1, ..record },
            Record { operand: State::value(2).into(), ..record },
            Record { invoke: Rank::at(2), ..record },
            Record { response: Rank::at(2), ..record },
            Record { kind: Kind::CompareAndSwap, operand: Operand::swap(0), ..record },
        ] {
            let made = history.with_records(vec![record, wrong]);
            assert_eq!(made.unwrap_err(), Dangling { record: 1 }, "{wrong:?}");
        }
        assert_eq!(history.with_records(vec![Record { response: Rank::NEVER, ..record }]).unwrap().records().len(), 1);
    }
}
