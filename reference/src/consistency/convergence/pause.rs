//! Pauses of a register: what came before, which reads fall into one, and what they saw.

use crate::history::effect::{Seen, written};
use crate::history::{ABSENT, History, Kind, NEVER, Outcome, Record};

/// What came before a pause of one register.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pause {
    /// How many writes began before it.
    pub(super) number: u32,
    /// The latest invocation of an ok write.
    pub(super) latest_ok: Option<u32>,
    /// Whether one of the writes is indeterminate.
    pub(super) indeterminate: bool,
    /// The rank at which the last of them ended; [`NEVER`] when one has not.
    end: u32,
}

impl Pause {
    pub(super) const START: Self = Self { number: 0, latest_ok: None, indeterminate: false, end: 0 };

    pub(super) fn add(&mut self, write: &Record) {
        self.number += 1;
        self.end = self.end.max(end_of(write));
        if write.outcome == Outcome::Ok {
            self.latest_ok = Some(write.invoke);
        } else {
            self.indeterminate = true;
        }
    }

    #[inline]
    pub(super) fn has_lasted(&self, history: &History, until: u32) -> bool {
        if self.number == 0 {
            return true;
        }
        let bound = history.header.convergence_bound;
        self.end < until && (bound == 0 || later_by(history, self.end, until, bound))
    }
}

/// Whether `to` is at least `bound` units of the clock after `from`.
pub(super) fn later_by(history: &History, from: u32, to: u32, bound: u64) -> bool {
    match (history.time(from), history.time(to)) {
        (Some(from), Some(to)) => to.saturating_sub(from) >= bound,
        _ => false,
    }
}

/// Set and delete that did not certainly fail, and a compare-and-swap that swapped or may have.
#[inline]
pub(super) fn is_write(history: &History, record: &Record) -> bool {
    record.kind.is_write() && written(history, record).is_some()
}

/// When a write ended for those who wait for a pause.
pub(super) fn end_of(write: &Record) -> u32 {
    match write.outcome {
        Outcome::Ok => write.response,
        _ if write.response == NEVER => write.invoke,
        _ => write.response,
    }
}

#[inline]
pub(super) fn is_read(record: &Record) -> bool {
    matches!(record.kind, Kind::Get | Kind::Exists)
}

/// Whether no write of the register begins during the read. O(operations that do).
pub(super) fn is_alone(history: &History, index: usize) -> bool {
    let read = &history.records[index];
    let during = history.records[index + 1..].iter().take_while(|record| record.invoke < read.response);
    !during.into_iter().any(|record| record.register == read.register && is_write(history, record))
}

/// What the reads of a pause saw so far.
///
/// The next write ends the pause for all of them alike: those that responded before it count. So
/// the earliest response of each state is enough, and of all states the two earliest.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// The read that responded first, when and what it saw.
    first: u32,
    first_response: u32,
    state: u32,
    /// The first to respond of those that saw another state.
    other: u32,
    other_response: u32,
    /// The first to respond of those that saw «some value».
    present: u32,
    present_response: u32,
    /// When the second of them all responded.
    pub(super) second_response: u32,
}

impl View {
    pub(super) const NONE: Self = Self {
        first: NEVER,
        first_response: NEVER,
        state: ABSENT,
        other: NEVER,
        other_response: NEVER,
        present: NEVER,
        present_response: NEVER,
        second_response: NEVER,
    };

    #[inline]
    pub(super) fn add(&mut self, index: usize, response: u32, seen: Seen) {
        let earliest = self.first_response.min(self.present_response);
        self.second_response = self.second_response.min(response.max(earliest));
        match seen {
            Seen::State(state) if state == self.state => {
                if response < self.first_response {
                    (self.first, self.first_response) = (index as u32, response);
                }
            }
            Seen::State(state) if response < self.first_response => {
                (self.other, self.other_response) = (self.first, self.first_response);
                (self.first, self.first_response, self.state) = (index as u32, response, state);
            }
            Seen::State(_) => {
                if response < self.other_response {
                    (self.other, self.other_response) = (index as u32, response);
                }
            }
            Seen::Present => {
                if response < self.present_response {
                    (self.present, self.present_response) = (index as u32, response);
                }
            }
            Seen::Nothing | Seen::Not(_) => debug_assert!(false, "reads see states"),
        }
    }

    /// Two reads that responded before `end` and saw different states.
    #[inline]
    pub(super) fn differ_before(&self, end: u32) -> Option<(usize, usize)> {
        if self.other_response < end {
            return Some((self.first as usize, self.other as usize));
        }
        let absent = self.state == ABSENT && self.first_response.max(self.present_response) < end;
        absent.then_some((self.first as usize, self.present as usize))
    }
}
