//! Some operations of a history, as a history of their own: what a witness is checked on.

use std::collections::BTreeMap;

use super::complete::History;
use super::record::{ABSENT, Kind, NEVER, PRESENT, Record, SwapArguments};

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
    let mut ranks: Vec<u32> = Vec::with_capacity(indices.len() * 2);
    for &i in indices {
        let record = &history.records[i];
        ranks.extend([record.invoke, record.response].iter().filter(|&&rank| rank != NEVER));
    }
    ranks.sort_unstable();
    part.times = ranks.iter().map(|&rank| history.times.get(rank as usize).copied().unwrap_or(rank.into())).collect();

    let mut kept = Kept { history, registers: BTreeMap::new(), values: BTreeMap::new() };
    for &i in indices {
        let record = history.records[i];
        let rank = |old: u32| ranks.binary_search(&old).map_or(NEVER, |new| new as u32);
        let (invoke, response) = (rank(record.invoke), rank(record.response));
        let register = kept.register(&mut part, record.register);
        let value = kept.value_of(&mut part, &record);
        part.records.push(Record { invoke, response, register, value, ..record });
    }
    for handover in &history.handovers {
        let new = |old: &u32| indices.binary_search(&(*old as usize)).ok().map(|new| new as u32);
        let kept: Box<[u32]> = handover.iter().filter_map(new).collect();
        if kept.len() > 1 {
            part.handovers.push(kept);
        }
    }
    part
}

/// New numbers of the registers and values kept so far.
struct Kept<'h> {
    history: &'h History,
    registers: BTreeMap<u32, u32>,
    values: BTreeMap<u32, u32>,
}

impl Kept<'_> {
    fn register(&mut self, part: &mut History, old: u32) -> u32 {
        *self.registers.entry(old).or_insert_with(|| {
            part.registers.push(self.history.registers[old as usize].clone());
            part.registers.len() as u32 - 1
        })
    }

    fn value_of(&mut self, part: &mut History, record: &Record) -> u32 {
        if record.kind != Kind::CompareAndSwap {
            return self.state(part, record.value);
        }
        let old = self.history.swaps[record.value as usize];
        let (expected, new) = (self.state(part, old.expected), self.state(part, old.new));
        part.swaps.push(SwapArguments { expected, new, ..old });
        part.swaps.len() as u32 - 1
    }

    fn state(&mut self, part: &mut History, old: u32) -> u32 {
        if old == ABSENT || old == PRESENT {
            return old;
        }
        *self.values.entry(old).or_insert_with(|| {
            part.values.push(self.history.values[old as usize].clone());
            part.values.len() as u32 - 1
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
        let kinds = [(a, Kind::Set, x), (b, Kind::Set, y), (b, Kind::CompareAndSwap, swap), (b, Kind::Get, x)];
        for (i, (register, kind, value)) in (0u64..).zip(kinds) {
            let (invoke, response) = (10 * i, Some(10 * i + 15));
            builder.push(Entry { session: i as u16, kind, register, value, outcome: Outcome::Ok, invoke, response });
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
