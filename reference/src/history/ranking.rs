//! From entries to a history: their events get their places in time.

use std::collections::HashMap;

use super::builder::HistoryBuilder;
use super::complete::History;
use super::entries_of_calls::{forget_later_bases, groups_of, is_one_call, ranked};
use super::error::HistoryError;
use super::record::{Rank, Record};
use super::ties;

impl HistoryBuilder {
    /// Ranks all events and orders the operations by invocation. O(n log n), O(n) when the entries
    /// come nearly in order.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn finish(self) -> Result<History, HistoryError> {
        self.finish_with_entries().map(|(history, _)| history)
    }

    /// The same, and by record the number of the entry that it was made of.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn finish_with_entries(mut self) -> Result<(History, Vec<u32>), HistoryError> {
        self.tell_listings();
        self.exchange_initial().map_err(|refused| HistoryError::NotWithInitial { entry: refused.entry })?;
        let shown = self.hide_numbers();
        let kept = self.remove_left_out();
        let entries = &self.entries;
        let group_of = groups_of(&self.calls.groups, &kept, entries.len());
        if entries.len() >= (Rank::NEVER.index() - 1) / 2 {
            return Err(HistoryError::TooLong);
        }
        let mut events: Vec<(u64, bool, u32)> = Vec::with_capacity(entries.len() * 2);
        for (i, e) in entries.iter().enumerate() {
            events.push((e.invoke, false, i as u32));
            if let Some(response) = e.response {
                if response < e.invoke {
                    return Err(HistoryError::ResponseBeforeInvocation { entry: i });
                }
                events.push((response, true, i as u32));
            }
        }
        events.sort();
        let handovers = ties::order(&mut events, entries);

        let mut position = vec![u32::MAX; entries.len()];
        let mut entry_of: Vec<u32> = Vec::with_capacity(entries.len());
        let mut records: Vec<Record> = Vec::with_capacity(entries.len());
        let mut last_of_session: HashMap<u16, usize> = HashMap::new();
        for (rank, &(_, is_response, i)) in events.iter().enumerate() {
            let entry = &entries[i as usize];
            if is_response {
                records[position[i as usize] as usize].response = Rank::at(rank as u32);
                continue;
            }
            if let Some(first) = last_of_session.insert(entry.session, i as usize)
                && entries[first].response.is_some_and(|response| response > entry.invoke)
                && !is_one_call(&group_of, first, i as usize)
            {
                return Err(HistoryError::OverlapInSession { session: entry.session, first, second: i as usize });
            }
            position[i as usize] = records.len() as u32;
            entry_of.push(i);
            records.push(Record {
                invoke: Rank::at(rank as u32),
                response: Rank::NEVER,
                register: entry.register,
                operand: entry.operand,
                session: entry.session,
                kind: entry.kind,
                outcome: entry.outcome,
            });
        }
        let times = events.iter().map(|e| e.0).collect();
        let record_of = |number: u32| kept.number(number).map(|entry| position[entry as usize]);
        let mut calls = ranked(self.calls, shown, record_of);
        forget_later_bases(&mut calls, &records);
        kept.pushed(&mut entry_of);
        let history = History {
            header: self.header,
            records,
            registers: self.registers,
            values: self.values,
            swaps: self.swaps,
            times,
            handovers: handovers
                .into_iter()
                .map(|session| session.into_iter().map(|entry| position[entry as usize]).collect())
                .collect(),
            calls,
        };
        Ok((history, entry_of))
    }
}
