//! Some operations of a history, as a history of their own: what a witness is checked on.

use std::collections::BTreeMap;

use super::calls::Exchange;
use super::complete::History;
use super::record::{Kind, Operand, Rank, Record, State, SwapArguments};

/// The operations with these indices (ascending, each once), in the same order and with the same
/// times; ranks are dense again, and only the registers and values that are used remain.
///
/// # Panics
/// When an index is not that of a record.
pub fn sub_history(history: &History, indices: &[usize]) -> History {
    let mut part = History {
        header: history.header.clone(),
        values: history.values.get(..1).unwrap_or_default().to_vec(),
        ..History::default()
    };
    let mut ranks: Vec<Rank> = Vec::with_capacity(indices.len() * 2);
    for &i in indices {
        let record = &history.records[i];
        ranks.extend([record.invoke, record.response].iter().filter(|&&rank| rank != Rank::NEVER));
    }
    ranks.sort_unstable();
    part.times = ranks.iter().map(|&rank| history.time(rank).unwrap_or(rank.place().into())).collect();

    let mut kept = Kept { history, indices, registers: BTreeMap::new(), values: BTreeMap::new() };
    for &i in indices {
        let record = history.records[i];
        let rank = |old: Rank| ranks.binary_search(&old).map_or(Rank::NEVER, |new| Rank::at(new as u32));
        let (invoke, response) = (rank(record.invoke), rank(record.response));
        let register = kept.register(&mut part, record.register);
        let operand = kept.operand_of(&mut part, &record);
        part.records.push(Record { invoke, response, register, operand, ..record });
    }
    let new = |old: &u32| indices.binary_search(&(*old as usize)).ok().map(|new| new as u32);
    for handover in &history.handovers {
        let kept: Box<[u32]> = handover.iter().filter_map(new).collect();
        if kept.len() > 1 {
            part.handovers.push(kept);
        }
    }
    for group in &history.calls.groups {
        let kept: Box<[u32]> = group.iter().filter_map(new).collect();
        if !kept.is_empty() {
            part.calls.groups.push(kept);
        }
    }
    for (of, value) in &history.calls.shown {
        if let Some(of) = new(of) {
            let value = kept.state(&mut part, *value);
            part.calls.shown.push((of, value));
        }
    }
    kept.begin_with(&mut part);
    part
}

/// New numbers of the registers and values kept so far.
struct Kept<'h> {
    history: &'h History,
    indices: &'h [usize],
    registers: BTreeMap<u32, u32>,
    values: BTreeMap<State, State>,
}

impl Kept<'_> {
    fn register(&mut self, part: &mut History, old: u32) -> u32 {
        *self.registers.entry(old).or_insert_with(|| {
            part.registers.push(self.history.registers[old as usize].clone());
            part.registers.len() as u32 - 1
        })
    }

    /// What the registers kept begin with.
    fn begin_with(&mut self, part: &mut History) {
        let calls = &self.history.calls;
        for (register, value) in &calls.initial {
            if let Some(new) = self.registers.get(register).copied() {
                let value = self.state(part, *value);
                part.calls.initial.push((new, value));
                part.calls.absent = self.state(part, calls.absent);
            }
        }
        part.calls.initial.sort_unstable();
    }

    fn operand_of(&mut self, part: &mut History, record: &Record) -> Operand {
        match record.kind {
            Kind::CompareAndSwap => {
                let old = self.history.swaps[record.operand.swap_index()];
                let (expected, new) = (self.state(part, old.expected), self.state(part, old.new));
                part.swaps.push(SwapArguments { expected, new, ..old });
                Operand::swap(part.swaps.len() as u32 - 1)
            }
            Kind::Increment => {
                part.calls.counted = self.state(part, self.history.calls.counted);
                part.calls.increments.push(self.history.calls.increments[record.operand.increment_index()]);
                Operand::increment(part.calls.increments.len() as u32 - 1)
            }
            Kind::Swap | Kind::CasCurrent => {
                let old = self.history.calls.exchanges[record.operand.exchange_index()];
                let base = old.base.and_then(|base| self.indices.binary_search(&(base as usize)).ok());
                let (base, state) = (base.map(|base| base as u32), self.state(part, old.state));
                part.calls.exchanges.push(Exchange { base, state, ..old });
                Operand::exchange(part.calls.exchanges.len() as u32 - 1)
            }
            _ => self.state(part, record.operand.state()).into(),
        }
    }

    fn state(&mut self, part: &mut History, old: State) -> State {
        if old == State::ABSENT || old == State::PRESENT {
            return old;
        }
        *self.values.entry(old).or_insert_with(|| {
            part.values.push(self.history.values[old.index()].clone());
            State::value(part.values.len() as u32 - 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Entry, Header, HistoryBuilder, Outcome};

    #[test]
    fn a_part_says_the_same_of_its_operations() {
        let mut builder = HistoryBuilder::new(Header::default());
        let (a, b) = (builder.register("b", "a"), builder.register("b", "b"));
        let (x, y) = (builder.value_bytes(b"x"), builder.value_bytes(b"y"));
        let swap = builder.swap(SwapArguments { expected: y, new: x, swapped: true });
        let kinds = [
            (a, Kind::Set, x.into()),
            (b, Kind::Set, y.into()),
            (b, Kind::CompareAndSwap, swap),
            (b, Kind::Get, x.into()),
        ];
        for (i, (register, kind, operand)) in (0u64..).zip(kinds) {
            let (invoke, response) = (10 * i, Some(10 * i + 15));
            builder.push(Entry { session: i as u16, kind, register, operand, outcome: Outcome::Ok, invoke, response });
        }
        let history = builder.finish().unwrap();
        let part = sub_history(&history, &[1, 3]);
        assert_eq!(part.operation_text(0), history.operation_text(1));
        assert_eq!(part.operation_text(1), history.operation_text(3));
        assert_eq!(part.times, [10, 25, 30, 45]);
        assert!(part.records[0].precedes(&part.records[1]));
        assert_eq!(sub_history(&history, &[2]).operation_text(0), history.operation_text(2));
    }
}
