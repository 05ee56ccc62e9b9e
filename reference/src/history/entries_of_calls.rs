//! What is done to the entries of calls before they are ranked, and to what refers to them after.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::builder::{HistoryBuilder, Listing};
use super::calls::Calls;
use super::complete::Value;
use super::entry::Entry;
use super::record::{Kind, Outcome, Record, State};

/// New numbers of the entries, where some were removed.
pub(super) enum Kept {
    All,
    /// By old number.
    Some(Vec<Option<u32>>),
}

impl Kept {
    /// Makes new numbers the old ones again.
    pub(super) fn pushed(&self, numbers: &mut [u32]) {
        let Kept::Some(new) = self else { return };
        let old: Vec<u32> = (0u32..).zip(new).filter(|(_, new)| new.is_some()).map(|(old, _)| old).collect();
        numbers.iter_mut().for_each(|number| *number = old[*number as usize]);
    }

    /// The new number; `None` where the entry was removed.
    pub(super) fn number(&self, old: u32) -> Option<u32> {
        match self {
            Kept::All => Some(old),
            Kept::Some(numbers) => numbers.get(old as usize).copied().flatten(),
        }
    }
}

impl HistoryBuilder {
    /// Makes entries of the listings.
    pub(super) fn tell_listings(&mut self) {
        if self.listings.is_empty() {
            return;
        }
        let listings = std::mem::take(&mut self.listings);
        let ever = self.first_writes();
        for Listing { session, bucket, keys, is_whole, invoke, response } in listings {
            let listed: HashSet<u32> = keys.iter().map(|key| self.register(&bucket, key)).collect();
            let mut of: Vec<(u32, State)> = listed.iter().map(|register| (*register, State::PRESENT)).collect();
            if is_whole {
                let written = ever.get(&*bucket).map_or(&[][..], |all| all);
                let begun = written.iter().take_while(|(began, _)| *began < response);
                let missing = begun.filter(|(_, register)| !listed.contains(register));
                of.extend(missing.map(|(_, register)| (*register, State::ABSENT)));
            }
            // The order of a set is by chance.
            of.sort_unstable();
            self.push_group(of.into_iter().map(|(register, state)| Entry {
                session,
                kind: Kind::List,
                register,
                operand: state.into(),
                outcome: Outcome::Ok,
                invoke,
                response: Some(response),
            }));
        }
    }

    /// By bucket: when the first write of each register was invoked, in that order.
    fn first_writes(&self) -> HashMap<Arc<str>, Vec<(u64, u32)>> {
        let mut first: BTreeMap<u32, u64> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.kind.is_write()) {
            let began = first.entry(entry.register).or_insert(entry.invoke);
            *began = entry.invoke.min(*began);
        }
        let mut by_bucket: HashMap<Arc<str>, Vec<(u64, u32)>> = HashMap::new();
        for (register, began) in first {
            let bucket = self.registers[register as usize].0.clone();
            by_bucket.entry(bucket).or_default().push((began, register));
        }
        by_bucket.values_mut().for_each(|all| all.sort_unstable());
        by_bucket
    }

    /// Takes the values out of the entries of registers that were counted in; gives them by entry. What
    /// compare-and-swaps by value compared there says nothing: such a register is left out.
    pub(super) fn hide_numbers(&mut self) -> Vec<(u32, State)> {
        let of_kind =
            |kind: Kind| self.entries.iter().filter(move |entry| entry.kind == kind).map(|entry| entry.register);
        let counted: HashSet<u32> = of_kind(Kind::Increment).collect();
        if counted.is_empty() {
            return Vec::new();
        }
        let compared: Vec<u32> = of_kind(Kind::CompareAndSwap).filter(|register| counted.contains(register)).collect();
        self.left_out.extend(compared);
        self.values.push(Value::Counted);
        let number = State::value(self.values.len() as u32 - 1);
        self.calls.counted = number;
        let mut shown = Vec::new();
        for (place, entry) in (0u32..).zip(&mut self.entries).filter(|(_, entry)| counted.contains(&entry.register)) {
            match entry.kind {
                Kind::Get | Kind::Set if entry.operand.state() != State::ABSENT => {
                    shown.push((place, entry.operand.state()));
                    entry.operand = number.into();
                }
                Kind::Swap | Kind::CasCurrent => {
                    let exchange = &mut self.calls.exchanges[entry.operand.exchange_index()];
                    if exchange.state != State::ABSENT {
                        shown.push((place, exchange.state));
                        exchange.state = number;
                    }
                }
                _ => {}
            }
        }
        shown
    }

    /// Removes the entries of the registers that are left out.
    pub(super) fn remove_left_out(&mut self) -> Kept {
        if self.left_out.is_empty() {
            return Kept::All;
        }
        let mut count = 0;
        let numbers = self.entries.iter().map(|entry| {
            let is_kept = !self.left_out.contains(&entry.register);
            count += u32::from(is_kept);
            is_kept.then(|| count - 1)
        });
        let numbers = numbers.collect();
        self.entries.retain(|entry| !self.left_out.contains(&entry.register));
        Kept::Some(numbers)
    }
}

/// The number of the group of each entry; empty where there are no groups.
pub(super) fn groups_of(groups: &[Box<[u32]>], kept: &Kept, entries: usize) -> Vec<u32> {
    let mut group_of = vec![u32::MAX; if groups.is_empty() { 0 } else { entries }];
    for (group, numbers) in (0u32..).zip(groups) {
        for entry in numbers.iter().filter_map(|number| kept.number(*number)) {
            group_of[entry as usize] = group;
        }
    }
    group_of
}

/// Whether two entries are of one call.
pub(super) fn is_one_call(group_of: &[u32], a: usize, b: usize) -> bool {
    let group = |entry: usize| group_of.get(entry).copied().filter(|group| *group != u32::MAX);
    group(a).is_some() && group(a) == group(b)
}

/// The calls with the records that they refer to, given the record of each entry.
pub(super) fn ranked(mut calls: Calls, shown: Vec<(u32, State)>, record_of: impl Fn(u32) -> Option<u32>) -> Calls {
    for exchange in &mut calls.exchanges {
        exchange.base = exchange.base.and_then(&record_of);
    }
    calls.groups = calls
        .groups
        .iter()
        .map(|group| {
            let mut records: Vec<u32> = group.iter().filter_map(|number| record_of(*number)).collect();
            records.sort_unstable();
            records
        })
        .filter(|group: &Vec<u32>| !group.is_empty())
        .map(Vec::into_boxed_slice)
        .collect();
    calls.shown = shown.into_iter().filter_map(|(entry, value)| Some((record_of(entry)?, value))).collect();
    calls.shown.sort_unstable();
    calls
}

/// What made a handle came before whatever was called on it; a file may say otherwise, and then it is not known.
pub(super) fn forget_later_bases(calls: &mut Calls, records: &[Record]) {
    if calls.exchanges.is_empty() {
        return;
    }
    for record in records.iter().filter(|record| matches!(record.kind, Kind::Swap | Kind::CasCurrent)) {
        let exchange = &mut calls.exchanges[record.operand.exchange_index()];
        let is_before = |base: &u32| {
            let base = &records[*base as usize];
            base.precedes(record) && base.register == record.register
        };
        exchange.base = exchange.base.filter(is_before);
    }
}
