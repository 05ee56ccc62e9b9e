//! Eventual consistency by brute force: what [`model`](crate::eventual::model) defines, tried word
//! for word.
//!
//! This module shares nothing with the model, nor with the other definitions, but the history type:
//! what a record writes and shows, when it ends, what precedes what and which writes are last, all
//! is said here anew, so that no wrong definition agrees with itself. It tries every state and every
//! moment of leaving it; cubic in the length of the history and more, so for small ones only.

use std::collections::BTreeSet;

use crate::history::{History, Kind, Outcome, Rank, Record, State};

/// What a register did that no store may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// An operation saw what nobody ever writes to the register (KVE-INT-01, KVE-INT-03, KVE-VAL-01).
    NeverWritten,
    /// An operation saw what is written only after it (KVE-INT-02).
    NotYetWritten,
    /// Settled reads that no choice among the last writes explains (KVE-CON-01 to KVE-CON-04).
    NotSettled,
}

/// Which levels of the ladder a history keeps; one that nothing could have broken is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Levels {
    /// Everything that was seen was written by then, or is the initial absence.
    pub integrity: bool,
    /// The settled reads of each pause have one state, and one moment of leaving it.
    pub convergent: bool,
    /// Each settled read has the state of a last write.
    pub last_write: bool,
}

/// All breaches, each with its register. A read that saw what was not written is left out when
/// settled reads are looked at: it is a breach already.
pub fn breaches(history: &History) -> BTreeSet<(u32, Breach)> {
    let mut found = BTreeSet::new();
    for number in 0..history.registers().len() as u32 {
        let register = Register::of(history, number);
        let mut sound = Vec::new();
        for record in register.records.iter().copied().filter(|r| has_seen(r)) {
            match register.wrong_observation(record) {
                Some(breach) => drop(found.insert((number, breach))),
                None => sound.push(record),
            }
        }
        let is_kept = |(reads, writes): &(Vec<&Record>, Vec<&Record>)| register.is_explained(reads, writes);
        if !register.pauses(&sound).iter().all(is_kept) {
            found.insert((number, Breach::NotSettled));
        }
    }
    found
}

/// Each level by itself, so that here all reads count.
pub fn levels(history: &History) -> Levels {
    let mut levels = Levels { integrity: true, convergent: true, last_write: true };
    for number in 0..history.registers().len() as u32 {
        let register = Register::of(history, number);
        let seeing: Vec<&Record> = register.records.iter().copied().filter(|r| has_seen(r)).collect();
        levels.integrity &= seeing.iter().all(|record| register.wrong_observation(record).is_none());
        for (reads, writes) in register.pauses(&seeing) {
            levels.convergent &= register.is_convergent(&reads, &writes);
            levels.last_write &= reads.iter().all(|read| register.shows_last(read, &writes));
        }
    }
    levels
}

/// What a record writes, if it may write.
fn effect(history: &History, record: &Record) -> Option<State> {
    match (record.kind, record.outcome) {
        (_, Outcome::Failed) | (Kind::Get | Kind::Exists | Kind::List | Kind::CasNew | Kind::CasCurrent, _) => None,
        (Kind::Increment, _) => Some(history.calls().counted),
        (Kind::Swap, outcome) => {
            let swap = history.calls().exchanges[record.operand.exchange_index()];
            (swap.swapped || outcome != Outcome::Ok).then_some(swap.state)
        }
        (Kind::Set, _) => Some(record.operand.state()),
        (Kind::Delete, _) => Some(State::ABSENT),
        (Kind::CompareAndSwap, outcome) => {
            let swap = history.swaps()[record.operand.swap_index()];
            (swap.swapped || outcome != Outcome::Ok).then_some(swap.new)
        }
    }
}

/// Whether a record tells anything of the state.
fn has_seen(record: &Record) -> bool {
    let kinds = [Kind::Get, Kind::Exists, Kind::List, Kind::CompareAndSwap, Kind::CasCurrent];
    record.outcome == Outcome::Ok && kinds.contains(&record.kind)
}

/// Whether a record that has seen something can have seen it in this state.
fn fits(history: &History, record: &Record, state: State) -> bool {
    match record.kind {
        Kind::Get => record.operand.state() == state,
        Kind::Exists | Kind::List => (record.operand.state() == State::PRESENT) == (state != State::ABSENT),
        Kind::CasCurrent => history.calls().exchanges[record.operand.exchange_index()].state == state,
        Kind::CompareAndSwap => {
            let swap = history.swaps()[record.operand.swap_index()];
            swap.swapped == (swap.expected == state)
        }
        Kind::Set | Kind::Delete | Kind::Increment | Kind::Swap | Kind::CasNew => false,
    }
}

/// The records of one register.
struct Register<'h> {
    history: &'h History,
    records: Vec<&'h Record>,
}

impl<'h> Register<'h> {
    fn of(history: &'h History, number: u32) -> Self {
        Self { history, records: history.records().iter().filter(|r| r.register == number).collect() }
    }

    fn writes(&self) -> Vec<&'h Record> {
        self.records.iter().copied().filter(|r| effect(self.history, r).is_some()).collect()
    }

    fn state_of(&self, write: &Record) -> State {
        effect(self.history, write).unwrap()
    }

    fn fits(&self, record: &Record, state: State) -> bool {
        fits(self.history, record, state)
    }

    /// What is wrong with what a record saw. Its own write does not explain it.
    fn wrong_observation(&self, record: &Record) -> Option<Breach> {
        let others = self.writes().into_iter().filter(|w| w.invoke != record.invoke);
        let sources: Vec<&Record> = others.filter(|w| self.fits(record, self.state_of(w))).collect();
        match () {
            () if self.fits(record, State::ABSENT) => None,
            () if sources.iter().any(|w| w.invoke < record.response) => None,
            () if sources.is_empty() => Some(Breach::NeverWritten),
            () => Some(Breach::NotYetWritten),
        }
    }

    /// The settled ones of some records, pause by pause, with the writes before each pause.
    fn pauses(&self, records: &[&'h Record]) -> Vec<(Vec<&'h Record>, Vec<&'h Record>)> {
        let mut pauses: Vec<(Vec<&Record>, Vec<&Record>)> = Vec::new();
        for read in records.iter().copied() {
            let Some(begin) = self.may_show_from(read) else { continue };
            let before: Vec<&Record> = self.writes().into_iter().filter(|w| w.invoke < read.response).collect();
            let is_over = |w: &&Record| {
                // A rank that no event has is that of an answer that never came.
                let end = if w.response.index() < self.history.times().len() { w.response } else { w.invoke };
                end < begin && self.after(end, self.bound()) <= self.time(begin)
            };
            if read.kind == Kind::CasCurrent && before.iter().any(|w| w.outcome != Outcome::Ok) {
                // When it was read is not known, and so not what may have surfaced by then.
                continue;
            }
            let is_answered = read.response.index() < self.history.times().len();
            if !is_answered || !before.iter().all(is_over) {
                continue;
            }
            match pauses.iter_mut().find(|(_, writes)| writes.len() == before.len()) {
                Some((reads, _)) => reads.push(read),
                None => pauses.push((vec![read], before)),
            }
        }
        pauses
    }

    /// From when on a read may show a state: a handle gives one of any moment since it was made.
    fn may_show_from(&self, read: &Record) -> Option<Rank> {
        match read.kind {
            Kind::Get | Kind::Exists | Kind::List => Some(read.invoke),
            Kind::CasCurrent => {
                let made = self.history.calls().exchanges[read.operand.exchange_index()].base?;
                Some(self.history.records()[made as usize].invoke)
            }
            _ => None,
        }
    }

    fn bound(&self) -> u128 {
        self.history.header().convergence_bound.into()
    }

    fn time(&self, rank: Rank) -> u128 {
        self.history.times()[rank.index()].into()
    }

    fn after(&self, rank: Rank, span: u128) -> u128 {
        self.time(rank) + span
    }

    /// The states of the completed last writes, or the initial one.
    fn completed(&self, writes: &[&Record]) -> Vec<State> {
        let completed = || writes.iter().filter(|w| w.outcome == Outcome::Ok);
        let is_last = |w: &&&Record| completed().all(|other| !self.precedes(w, other));
        let states: Vec<State> = completed().filter(is_last).map(|w| self.state_of(w)).collect();
        if completed().next().is_none() { vec![State::ABSENT] } else { states }
    }

    /// Whether one ended before the other began, or came before it in its session and is no part of one call with it.
    fn precedes(&self, a: &Record, b: &Record) -> bool {
        let number = |of: &Record| self.history.records().iter().position(|r| r.invoke == of.invoke).map(|i| i as u32);
        let are_one_call = || {
            let (a, b) = (number(a), number(b));
            self.history.calls().groups.iter().any(|group| {
                let has = |of: Option<u32>| of.is_some_and(|of| group.contains(&of));
                has(a) && has(b)
            })
        };
        let in_session = a.session == b.session && a.invoke < b.invoke && a.response != Rank::NEVER;
        b.invoke >= a.response || in_session && !are_one_call()
    }

    fn indeterminate(&self, writes: &[&Record]) -> Vec<State> {
        writes.iter().filter(|w| w.outcome != Outcome::Ok).map(|w| self.state_of(w)).collect()
    }

    fn shows_last(&self, read: &Record, writes: &[&Record]) -> bool {
        let last = [self.completed(writes), self.indeterminate(writes)].concat();
        last.into_iter().any(|state| self.fits(read, state))
    }

    fn is_convergent(&self, reads: &[&Record], writes: &[&Record]) -> bool {
        // A state that no value has stands for any that none of the reads has.
        let every_state: Vec<State> = (0..=self.history.values().len() as u32).map(State::value).collect();
        self.is_explained_by(&every_state, reads, writes)
    }

    /// Whether one of the last writes and a moment explain the reads; or none and the indeterminate
    /// ones alone.
    fn is_explained(&self, reads: &[&Record], writes: &[&Record]) -> bool {
        let surfaced = self.indeterminate(writes);
        let only_surfaced = reads.iter().all(|read| surfaced.iter().any(|state| self.fits(read, *state)));
        only_surfaced || self.is_explained_by(&self.completed(writes), reads, writes)
    }

    /// Whether the register can have had one of these states up to some moment, and from then on what
    /// indeterminate writes wrote. The moment is just before the event of its rank; the one past the
    /// last is never.
    fn is_explained_by(&self, states: &[State], reads: &[&Record], writes: &[&Record]) -> bool {
        let surfaced = self.indeterminate(writes);
        let events = self.history.times().len() as u32;
        let explains = |state: State, moment: u32| {
            reads.iter().all(|read| {
                let not_long_after = read.invoke < Rank::at(moment)
                    || self.time(read.invoke) < self.after(Rank::at(moment.min(events - 1)), self.bound());
                let is_over_after = read.response >= Rank::at(moment);
                self.fits(read, state) && not_long_after
                    || surfaced.iter().any(|state| self.fits(read, *state)) && is_over_after
            })
        };
        states.iter().any(|&state| (0..=events).any(|moment| explains(state, moment)))
    }
}
