//! The model of one register under eventual semantics: which states a read may return.
//!
//! # What it says
//!
//! A register is one key of one bucket, at the start absent (`-`). Time runs to the right; a box is
//! a write in flight, `B` the convergence bound.
//!
//! ```text
//! session 0   [set a]
//! session 1      [set b]                           [delete]
//! session 2               [set c: error]
//! bound                                 |---B---|          |---B---|
//!
//! reads may   -  - a - a   - a b c               a   - a b           -
//! give             b                             b   c               c
//!                                                c
//!             `----- any state so far -------' `last' `any so far' `last'
//! ```
//!
//! *While updates go on*, a read may return the initial state or the state of any write that was
//! invoked before the read responded, however old: the interface promises no more. That covers
//! stale values, values that come and go, and absent keys.
//!
//! *Once the register is settled* the set collapses to the **last writes**: the ok writes that
//! precede no other ok write (`a` and `b` overlap, so either may win), every indeterminate write
//! (`c`, answered with an error, may have taken effect, may do so later, or never), and the initial
//! state if there is no ok write. A read is *settled* when every write invoked before its response
//! ended at least `B` before its invocation. A write that was never answered counts as ended when
//! it was invoked: it stays among the last writes for ever, but does not excuse others for ever.
//! The next write opens the set again.
//!
//! The settled reads between two writes form a **window**. Within it they must agree. Call *firm*
//! the states of the ok last writes and the initial state, *soft* those of indeterminate writes.
//! The window is kept when there are one firm state and one moment at which the register leaves
//! it, perhaps never or before the window, such that each read either
//!
//! * fits the firm state and begins less than `B` after that moment, or
//! * fits a soft state and ends no earlier than that moment.
//!
//! So an indeterminate write may still surface, once: having left, a register does not return.
//! `get` fits a state that it equals; `exists` fits a state that is as present as it says.
//!
//! # Why it claims neither too much nor too little
//!
//! *Never too much*: take a store that keeps the requirements as their registry words them.
//! Reads before settling return written values, which are all admitted. At quiescence plus `B` all
//! replicas hold one state (KVE-CON-01) that is a last write (KVE-CON-02); if it is firm, it
//! changes (KVE-CON-03) only when an indeterminate write takes effect, and `B` after that moment
//! no replica shows the old state. That moment is the one asked for. *Never too little*: let the
//! set admit every read. Then a run of a correct store explains them: before settling, each read
//! was served by a replica that had heard of just the write it returned; in a window all replicas
//! hold the firm state and, from that moment on, soft ones. The explanation uses only what the
//! interface allows. Between several soft states a register may go back and forth: which of them
//! takes effect when, nobody can know, since none of them ever ends.
//!
//! Compare-and-swap that swapped is a write; one that did not, or that certainly failed, is
//! nothing. The model is tested against [`exhaustive`](crate::definitions::eventual), which tries all firm
//! states and all moments.

use std::collections::HashSet;

use crate::history::{ABSENT, History, Kind, NEVER, Outcome, PRESENT};

/// What a write does to a register, whichever operation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// Index of its record.
    pub index: usize,
    /// The state it leaves: a value or [`ABSENT`].
    pub state: u32,
    /// Whether its outcome is ok. Else it is indeterminate.
    pub is_ok: bool,
    /// Rank of the invocation.
    pub invoke: u32,
    /// Rank of the response.
    pub response: u32,
    /// Rank of the response, or of the invocation when it was never answered.
    pub end: u32,
    /// The time of that.
    pub end_time: u64,
}

impl Write {
    /// The write that the record at `index` is; `None` when it is a read or certainly wrote
    /// nothing.
    pub fn of(history: &History, index: usize) -> Option<Write> {
        let record = &history.records[index];
        if !record.kind.is_write() || record.outcome == Outcome::Failed {
            return None;
        }
        let state = match record.kind {
            Kind::CompareAndSwap => {
                let swap = history.swaps[record.value as usize];
                if record.outcome == Outcome::Ok && !swap.swapped {
                    return None;
                }
                swap.new
            }
            Kind::Delete => ABSENT,
            _ => record.value,
        };
        let (invoke, response) = (record.invoke, record.response);
        let end = if response == NEVER { invoke } else { response };
        let end_time = history.time(end).unwrap_or(0);
        Some(Write { index, state, is_ok: record.outcome == Outcome::Ok, invoke, response, end, end_time })
    }
}

/// A settled read: what it saw and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Index of its record.
    pub index: usize,
    /// What it saw: a value, [`ABSENT`], or [`PRESENT`] for an `exists` that is true.
    pub seen: u32,
    /// Rank of the invocation.
    pub invoke: u32,
    /// Rank of the response.
    pub response: u32,
    /// Time of the invocation.
    pub invoke_time: u64,
    /// Time of the response.
    pub response_time: u64,
}

impl Reading {
    /// The reading that an ok read with a response is.
    pub fn of(history: &History, index: usize) -> Option<Reading> {
        let record = &history.records[index];
        if !record.is_ok_read() {
            return None;
        }
        let (invoke, response) = (record.invoke, record.response);
        let (invoke_time, response_time) = (history.time(invoke)?, history.time(response)?);
        Some(Reading { index, seen: record.value, invoke, response, invoke_time, response_time })
    }

    /// Whether a register in this state gives this reading.
    pub fn fits(&self, state: u32) -> bool {
        if self.seen == PRESENT { state != ABSENT } else { state == self.seen }
    }
}

/// One register, stepped through its writes in the order of their invocations.
#[derive(Debug, Clone, Default)]
pub struct RegisterModel {
    bound: u64,
    /// Ok writes; those that precede the newest are dropped when next asked for.
    ok: Vec<Write>,
    newest_invoke: Option<u32>,
    indeterminate: Vec<Write>,
    soft: HashSet<u32>,
    /// Rank and time of the latest end of a write.
    latest_end: Option<(u32, u64)>,
}

impl RegisterModel {
    /// A register to which nothing was written. `bound` is the convergence bound, in units of the
    /// history's clock.
    pub fn new(bound: u64) -> Self {
        Self { bound, ..Self::default() }
    }

    /// Steps over a write. Writes come in the order of their invocations.
    pub fn write(&mut self, write: Write) {
        self.latest_end = self.latest_end.max(Some((write.end, write.end_time)));
        if write.is_ok {
            self.newest_invoke = Some(write.invoke);
            self.ok.push(write);
        } else {
            self.soft.insert(write.state);
            self.indeterminate.push(write);
        }
    }

    /// Whether a read is settled, if no write begins before it ends.
    pub fn settles(&self, reading: &Reading) -> bool {
        is_past(self.latest_end, self.bound, reading)
    }

    /// The last writes, were the register quiescent now. Amortised O(1) a write, and O(c) a call
    /// for c ok last writes, which overlap and so are of c sessions.
    pub fn last_writes(&mut self) -> LastWrites<'_> {
        if let Some(newest) = self.newest_invoke {
            self.ok.retain(|w| w.response > newest);
        }
        LastWrites { bound: self.bound, ok: &self.ok, indeterminate: &self.indeterminate, soft: &self.soft }
    }
}

/// Whether a reading begins after an event, and at least the bound later. True without an event.
pub fn is_past(event: Option<(u32, u64)>, bound: u64, reading: &Reading) -> bool {
    event.is_none_or(|(rank, time)| rank < reading.invoke && time.saturating_add(bound) <= reading.invoke_time)
}

/// What a settled register may hold.
#[derive(Debug, Clone, Copy)]
pub struct LastWrites<'m> {
    bound: u64,
    /// The ok writes that precede no other ok write. None: the initial state counts.
    pub ok: &'m [Write],
    /// The indeterminate writes.
    pub indeterminate: &'m [Write],
    soft: &'m HashSet<u32>,
}

impl LastWrites<'_> {
    /// Whether the initial state, absent, is among them.
    pub fn has_initial(&self) -> bool {
        self.ok.is_empty()
    }

    /// Whether one window can hold all these readings: see the module's definition. O(n) for n
    /// readings times the firm states that they saw.
    pub fn admit(&self, readings: &[Reading]) -> bool {
        if let ([only], true) = (self.ok, self.soft.is_empty()) {
            return readings.iter().all(|r| r.fits(only.state));
        }
        let soft_present = self.soft.iter().any(|s| *s != ABSENT);
        let fits_soft = |r: &Reading| if r.seen == PRESENT { soft_present } else { self.soft.contains(&r.seen) };
        self.firm_candidates(readings).into_iter().any(|firm| {
            let mut last_firm: Option<&Reading> = None;
            let mut first_soft: Option<(u32, u64)> = None;
            for reading in readings {
                match (firm.is_some_and(|state| reading.fits(state)), fits_soft(reading)) {
                    (true, true) => {}
                    (true, false) => {
                        if last_firm.is_none_or(|last| last.invoke < reading.invoke) {
                            last_firm = Some(reading);
                        }
                    }
                    (false, true) => {
                        let end = (reading.response, reading.response_time);
                        first_soft = Some(first_soft.map_or(end, |first| first.min(end)));
                    }
                    (false, false) => return false,
                }
            }
            last_firm.is_none_or(|last| first_soft.is_none() || !is_past(first_soft, self.bound, last))
        })
    }

    /// The firm states that can make a difference to these readings: those that a `get` saw, and
    /// for `exists` alone one that is present and absence.
    fn firm_candidates(&self, readings: &[Reading]) -> Vec<Option<u32>> {
        let firm = |state: u32| self.ok.iter().any(|w| w.state == state) || (state == ABSENT && self.has_initial());
        let mut candidates: Vec<Option<u32>> = vec![None];
        let present = self.ok.iter().map(|w| w.state).find(|s| *s != ABSENT);
        let absent = firm(ABSENT).then_some(ABSENT);
        candidates.extend([present, absent].into_iter().flatten().map(Some));
        let mut previous = None;
        for reading in readings {
            // Equal neighbours are skipped first: windows are long and mostly of one state.
            if reading.seen != PRESENT && previous != Some(reading.seen) {
                previous = Some(reading.seen);
                if firm(reading.seen) && !candidates.contains(&previous) {
                    candidates.push(previous);
                }
            }
        }
        candidates
    }
}
