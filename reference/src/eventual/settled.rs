//! Settled reads: the pauses of a history in which they differ, or show no last write.
//!
//! What a pause is, and when it is kept, [`model`](crate::eventual::model) defines.
//!
//! **Algorithm.** One pass in the order of invocation. The write that ends a pause ends it for all
//! its reads alike: those that responded before it count. So only the earliest responses are kept
//! (see `View`); where an indeterminate write came before, all reads of the pause. O(n) for n
//! operations, times the ok last writes of a register where a read does not show the newest. Memory
//! about 110 bytes a register, 4 a read after an indeterminate write.

use std::ops::ControlFlow;

use crate::eventual::model::{LastWrites, disagreement};
use crate::history::effect::{Seen, observed, read_from, written};
use crate::history::{History, NEVER, Rank, Record, State};

/// A pause that is not kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BrokenPause {
    /// Its register.
    pub(crate) register: u32,
    /// The rank at which the next write begins; [`NEVER`] when none does.
    pub(crate) end: Rank,
    /// Two of its reads that no one state explains, in the order of their invocations.
    pub(crate) disagreement: Option<[usize; 2]>,
    /// A read that shows no last write.
    pub(crate) stray: Option<usize>,
}

/// Whether a history had pauses that could have been broken.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Exercised {
    /// Two settled reads of one pause after a write.
    pub(crate) agreement: bool,
    /// A settled read after a completed write.
    pub(crate) last_write: bool,
}

/// Calls `each` with every broken pause, in the order in which they end, until it breaks. The reads
/// of `left_out`, which is ascending, are passed over.
pub(crate) fn broken_pauses<B>(
    history: &History,
    left_out: &[u32],
    mut each: impl FnMut(BrokenPause) -> ControlFlow<B>,
) -> ControlFlow<B, Exercised> {
    let mut registers = vec![Register::default(); history.registers().len()];
    let mut exercised = Exercised::default();
    let mut left_out = left_out.iter().copied().peekable();
    for (index, record) in history.records().iter().enumerate() {
        let register = &mut registers[record.register as usize];
        if !record.kind.is_write() {
            if register.sees_settled(history, record) {
                while left_out.next_if(|&left| left < index as u32).is_some() {}
                if left_out.peek() != Some(&(index as u32)) {
                    register.add_read(index, record.response, observed(history, record));
                }
            }
        } else if let Some(state) = written(history, record) {
            if let Some(broken) = register.end_pause(history, record.register, record.invoke, &mut exercised) {
                each(broken)?;
            }
            register.last.add(history, index, record, state);
        }
    }
    for (number, register) in (0u32..).zip(&mut registers) {
        if let Some(broken) = register.end_pause(history, number, Rank::NEVER, &mut exercised) {
            each(broken)?;
        }
    }
    ControlFlow::Continue(exercised)
}

/// The settled reads among the ok reads of a history, but for those of `left_out`, which is
/// ascending. O(n).
pub(crate) fn count(history: &History, left_out: &[u32]) -> u64 {
    let mut last = vec![LastWrites::default(); history.registers().len()];
    let mut is_candidate = vec![false; history.records().len()];
    for (index, record) in history.records().iter().enumerate() {
        let last = &mut last[record.register as usize];
        if let Some(state) = written(history, record) {
            last.add(history, index, record, state);
        } else {
            is_candidate[index] = record.is_ok_read() && last.settle(history, record.invoke);
        }
    }
    left_out.iter().for_each(|&index| is_candidate[index as usize] = false);
    let mut next_write = vec![NEVER; history.registers().len()];
    let mut settled = 0;
    for (record, is_candidate) in history.records().iter().zip(is_candidate).rev() {
        let next_write = &mut next_write[record.register as usize];
        if is_candidate {
            settled += u64::from(record.response < Rank::at(*next_write));
        } else if written(history, record).is_some() {
            *next_write = record.invoke.place();
        }
    }
    settled
}

/// One register, at one point of the pass.
#[derive(Debug, Clone, Default)]
struct Register {
    last: LastWrites,
    view: View,
    /// The reads of the pause, once a write is indeterminate.
    reads: Vec<u32>,
}

impl Register {
    /// Whether a record is a read of a settled register, if no write begins before it ends.
    #[inline]
    fn sees_settled(&self, history: &History, record: &Record) -> bool {
        read_from(history, record).is_some_and(|from| self.last.settle(history, from))
            // What an indeterminate write explains depends on when the read began, which is not known of a handle.
            && (record.kind.is_read() || !self.last.has_indeterminate())
    }

    #[inline]
    fn add_read(&mut self, index: usize, response: Rank, saw: Seen) {
        self.view.add(index, response, saw);
        if !self.last.newest_left(saw) || self.last.has_indeterminate() {
            self.add_unusual_read(index, response, saw);
        }
    }

    #[cold]
    fn add_unusual_read(&mut self, index: usize, response: Rank, saw: Seen) {
        self.last.drop_replaced();
        if !self.last.left(saw) {
            self.view.stray.note(index, response);
        }
        if self.last.has_indeterminate() {
            self.reads.push(index as u32);
        }
    }

    /// Ends the pause at this rank. What broke it, if anything did.
    #[inline]
    fn end_pause(
        &mut self,
        history: &History,
        number: u32,
        end: Rank,
        exercised: &mut Exercised,
    ) -> Option<BrokenPause> {
        if self.view.is_empty() {
            return None;
        }
        let view = std::mem::take(&mut self.view);
        exercised.agreement |= !self.last.is_unwritten() && view.second_response < end;
        exercised.last_write |= !self.last.has_initial() && view.earliest_response() < end;
        let stray = view.stray.before(end);
        let mut disagreement = view.differ_before(end);
        if self.last.has_indeterminate() {
            disagreement = disagreement.and_then(|_| self.disagreement(history, end));
            self.reads.clear();
        }
        let is_broken = stray.is_some() || disagreement.is_some();
        is_broken.then_some(BrokenPause { register: number, end, disagreement, stray })
    }

    /// Whether indeterminate writes leave a difference unexplained.
    #[cold]
    fn disagreement(&mut self, history: &History, end: Rank) -> Option<[usize; 2]> {
        self.reads.retain(|&read| history.records()[read as usize].response < end);
        disagreement(history, &self.last, &self.reads)
    }
}

/// What the reads of a pause saw so far: of each state the earliest response is enough, and of all
/// states the two earliest.
#[derive(Debug, Clone)]
struct View {
    /// The read that responded first, and what it saw.
    first: Earliest,
    state: State,
    /// The first to respond of those that saw another state.
    other: Earliest,
    /// The first to respond of those that saw «some value».
    present: Earliest,
    /// The first to respond of those that show no last write.
    stray: Earliest,
    /// When the second of them all responded.
    second_response: Rank,
}

/// The read that responded first of some.
#[derive(Debug, Clone, Copy)]
struct Earliest {
    index: u32,
    response: Rank,
}

impl Earliest {
    const NONE: Self = Self { index: NEVER, response: Rank::NEVER };

    #[inline]
    fn note(&mut self, index: usize, response: Rank) {
        if response < self.response {
            *self = Self { index: index as u32, response };
        }
    }

    fn before(self, end: Rank) -> Option<usize> {
        (self.response < end).then_some(self.index as usize)
    }
}

impl Default for View {
    fn default() -> Self {
        let none = Earliest::NONE;
        Self {
            first: none,
            state: State::ABSENT,
            other: none,
            present: none,
            stray: none,
            second_response: Rank::NEVER,
        }
    }
}

impl View {
    fn is_empty(&self) -> bool {
        self.earliest_response() == Rank::NEVER
    }

    fn earliest_response(&self) -> Rank {
        self.first.response.min(self.present.response)
    }

    #[inline]
    fn add(&mut self, index: usize, response: Rank, saw: Seen) {
        self.second_response = self.second_response.min(response.max(self.earliest_response()));
        match saw {
            Seen::State(state) if state == self.state => self.first.note(index, response),
            Seen::State(state) if response < self.first.response => {
                self.other = self.first;
                (self.first, self.state) = (Earliest { index: index as u32, response }, state);
            }
            Seen::State(_) => self.other.note(index, response),
            Seen::Present => self.present.note(index, response),
            Seen::Nothing | Seen::Not(_) => debug_assert!(false, "reads see states"),
        }
    }

    /// Two reads that responded before `end` and saw different states, in the order of their
    /// invocations.
    #[inline]
    fn differ_before(&self, end: Rank) -> Option<[usize; 2]> {
        let second = match self.state {
            _ if self.other.response < end => self.other,
            State::ABSENT if self.earliest_response() < end => self.present,
            _ => return None,
        };
        let (first, second) = (self.first.before(end)? as u32, second.before(end)? as u32);
        Some([first.min(second) as usize, first.max(second) as usize])
    }
}
