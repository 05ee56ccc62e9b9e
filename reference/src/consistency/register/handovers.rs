//! What came before what in a session although the ranks overlap.

use std::collections::HashMap;

use crate::history::History;
use crate::history::effect::{Seen, written};

/// Per record that is in a handover, where it stands. Empty for most histories.
#[derive(Debug, Default)]
pub(super) struct Handovers {
    /// By record: the handover at which it begins, and its place there.
    begins: HashMap<u32, (usize, usize)>,
    /// By record: the handover at which it ends, and its place there.
    ends: HashMap<u32, (usize, usize)>,
}

impl Handovers {
    pub(super) fn of(history: &History) -> Self {
        let mut handovers = Self::default();
        for (number, handover) in history.handovers().iter().enumerate() {
            for (place, &record) in handover.iter().enumerate() {
                // All but the first begin at the instant, all but the last end at it.
                if place > 0 {
                    handovers.begins.insert(record, (number, place));
                }
                if place + 1 < handover.len() {
                    handovers.ends.insert(record, (number, place));
                }
            }
        }
        handovers
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The records that came right before this one in its session although their ranks overlap.
    pub(super) fn before<'h>(&self, history: &'h History, record: u32) -> &'h [u32] {
        self.begins.get(&record).map_or(&[], |&(number, place)| &history.handovers()[number][..place])
    }

    /// The records that came right after this one in its session although their ranks overlap.
    pub(super) fn after<'h>(&self, history: &'h History, record: u32) -> &'h [u32] {
        self.ends.get(&record).map_or(&[], |&(number, place)| &history.handovers()[number][place + 1..])
    }

    /// The greatest invocation among the ok writes of the record's register that came right before it.
    pub(super) fn floor(&self, history: &History, record: u32) -> Option<u32> {
        let register = history.records()[record as usize].register;
        let before = self.before(history, record).iter().map(|&i| &history.records()[i as usize]);
        before
            .filter(|r| r.register == register && r.is_ok_write() && written(history, r).is_some())
            .map(|r| r.invoke.place())
            .max()
    }
}

/// The writes of each register, certain or not, in the order of invocation.
pub(super) struct RegisterWrites(Vec<Vec<u32>>);

impl RegisterWrites {
    pub(super) fn of(history: &History) -> Self {
        let mut writes = vec![Vec::new(); history.registers().len()];
        for (i, record) in history.records().iter().enumerate() {
            if written(history, record).is_some() {
                writes[record.register as usize].push(i as u32);
            }
        }
        Self(writes)
    }

    /// The writes that record `reader` can have seen, but for what certainly was overwritten: they
    /// fit and began before it ended. The latest first.
    pub(super) fn sources<'a>(
        &'a self,
        history: &'a History,
        reader: u32,
        seen: Seen,
    ) -> impl Iterator<Item = u32> + 'a {
        let record = &history.records()[reader as usize];
        let writes = &self.0[record.register as usize];
        let begun = writes.partition_point(|&w| history.records()[w as usize].invoke < record.response);
        let fits = move |w: &u32| {
            let state = written(history, &history.records()[*w as usize]);
            *w != reader && state.is_some_and(|state| seen.matches(state))
        };
        writes[..begun].iter().rev().copied().filter(fits)
    }
}
