//! The recorder of sessions that are called one at a time.
//!
//! Events are stamped with readings of the implementation's clock, raised where needed so that
//! they strictly increase: times are durations and a strict order at once.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::client::Client;
use super::log::{Listed, Log, Noted, write_down, write_down_group, write_down_listing};
use super::persistence::{LastWrites, Persistence};
use crate::history::{CallFault, ClockUnit, Header, History, HistoryBuilder, HistoryError, Outcome};
use crate::interface::{Clock, Implementation};

pub use super::log::{Part, Recorded, outcome_of};
pub use crate::interface::ManualClock;

/// Records the operations of all sessions of one run, called one at a time. Clones share one
/// record.
#[derive(Clone)]
pub struct Recorder<'a> {
    implementation: &'a dyn Implementation,
    clock: &'a dyn Clock,
    persistence: Persistence,
    state: Rc<RefCell<State>>,
}

struct State {
    builder: HistoryBuilder,
    last_event_ns: u64,
    sessions: u16,
    /// Kept where there is a least time between two writes.
    last_writes: LastWrites,
}

impl<'a> Recorder<'a> {
    /// A recorder without operations. `clock` serves an implementation that has no clock of its
    /// own.
    pub fn new(implementation: &'a dyn Implementation, clock: &'a dyn Clock, profile: &str, bound: Duration) -> Self {
        let bound_ns = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        let header = Header { profile: profile.into(), convergence_bound: bound_ns, clock: ClockUnit::Nanoseconds };
        let state = State {
            builder: HistoryBuilder::new(header),
            last_event_ns: 0,
            sessions: 0,
            last_writes: LastWrites::default(),
        };
        let clock = implementation.clock().unwrap_or(clock);
        Self { implementation, clock, persistence: Persistence::default(), state: Rc::new(RefCell::new(state)) }
    }

    /// The same, whose sessions call with this persistence.
    #[must_use]
    pub fn persisting(self, persistence: Persistence) -> Self {
        Self { persistence, ..self }
    }

    /// How sessions call.
    pub fn persistence(&self) -> Persistence {
        self.persistence
    }

    /// Waits until a register may be written: a write outside any [`Session`] asks for it, as sessions do.
    pub fn wait_to_write(&self, bucket: &str, key: &str) {
        let interval = self.persistence.min_write_interval;
        let wait = self.state.borrow().last_writes.wait(interval, bucket, key, self.clock.now_ns());
        if !wait.is_zero() {
            self.clock.advance(wait);
        }
    }

    /// Notes that a write of the register was answered now, for those that wait to write it.
    pub fn was_written(&self, bucket: &str, key: &str) {
        if !self.persistence.min_write_interval.is_zero() {
            self.state.borrow_mut().last_writes.note(bucket, key, self.clock.now_ns());
        }
    }

    /// The implementation under test.
    pub fn implementation(&self) -> &'a dyn Implementation {
        self.implementation
    }

    /// The clock that the run lives by.
    pub fn clock(&self) -> &'a dyn Clock {
        self.clock
    }

    /// A further session, without handles. Numbered from 0.
    ///
    /// # Panics
    /// With more than 65,535 sessions.
    pub fn session(&self) -> Session<'a> {
        Session::new(self.implementation, self.session_number(), self.clone())
    }

    /// Lets the convergence bound pass since the last event: reads that follow are settled. To be called
    /// when no call is in flight.
    pub fn quiesce(&self) {
        let (last_event_ns, bound_ns) = {
            let state = self.state.borrow();
            (state.last_event_ns, state.builder.header().convergence_bound)
        };
        // Events are stamped later than the clock reads when many happen at one reading.
        let lag_ns = last_event_ns.saturating_sub(self.clock.now_ns());
        self.clock.advance(Duration::from_nanos(bound_ns.saturating_add(lag_ns)));
    }

    /// A number for a session whose handles are the caller's: see [`Recorder::note`].
    ///
    /// # Panics
    /// As [`Recorder::session`].
    pub fn session_number(&self) -> u16 {
        let mut state = self.state.borrow_mut();
        let number = state.sessions;
        state.sessions = number.checked_add(1).expect("a run has at most 65,535 sessions");
        number
    }

    /// The time of an event that happens now: later than all events before, up to the end of the clock
    /// (584 years), where times are equal.
    pub fn stamp(&self) -> u64 {
        let mut state = self.state.borrow_mut();
        state.last_event_ns = self.clock.now_ns().max(state.last_event_ns.saturating_add(1));
        state.last_event_ns
    }

    /// Notes what one call on a handle outside any [`Session`] did, invoked at `invoke` (a
    /// [`Recorder::stamp`]) and answered now. The parts of one call overlap, so each needs a session of
    /// its own; with `outcome` error, trap or unknown, a part that reads says nothing.
    pub fn note<'v>(&self, invoke: u64, outcome: Outcome, parts: impl IntoIterator<Item = Part<'v>>) {
        let response = self.response(outcome);
        for part in parts {
            self.note_written(&part);
            write_down(&mut self.state.borrow_mut().builder, part, outcome, invoke, response);
        }
    }

    fn note_written(&self, part: &Part<'_>) {
        if part.kind.is_write() {
            self.was_written(part.bucket, part.key);
        }
    }

    /// When a call was answered that ended so, which is now.
    fn response(&self, outcome: Outcome) -> Option<u64> {
        (outcome != Outcome::Unknown).then(|| self.stamp())
    }

    /// Leaves a register out of the history, which was written by means that no operation of a history
    /// can tell, such as an increment.
    pub fn leave_out(&self, bucket: &str, key: &str) {
        let builder = &mut self.state.borrow_mut().builder;
        let register = builder.register(bucket, key);
        builder.leave_out(register);
    }

    /// How many operations were recorded.
    pub fn operation_count(&self) -> usize {
        self.state.borrow().builder.len()
    }

    /// The history so far; the record begins anew.
    ///
    /// # Errors
    /// When [`Recorder::note`] was given parts of one session that overlap, or an invocation later than
    /// now. Sessions of this recorder never do.
    pub fn finish(&self) -> std::result::Result<History, HistoryError> {
        let mut state = self.state.borrow_mut();
        let fresh = HistoryBuilder::new(state.builder.header().clone());
        std::mem::replace(&mut state.builder, fresh).finish()
    }
}

impl Log for Recorder<'_> {
    fn stamp(&mut self) -> u64 {
        Recorder::stamp(self)
    }

    fn note(&mut self, invoke: u64, outcome: Outcome, part: Part<'_>) -> Noted {
        let response = self.response(outcome);
        self.note_written(&part);
        write_down(&mut self.state.borrow_mut().builder, part, outcome, invoke, response)
    }

    fn note_group(&mut self, invoke: u64, outcome: Outcome, parts: &[Part<'_>]) {
        let response = self.response(outcome);
        parts.iter().for_each(|part| self.note_written(part));
        write_down_group(&mut self.state.borrow_mut().builder, parts, outcome, invoke, response);
    }

    fn note_listing(&mut self, invoke: u64, outcome: Outcome, listed: Listed<'_>) {
        let response = self.response(outcome);
        write_down_listing(&mut self.state.borrow_mut().builder, listed, outcome, invoke, response);
    }

    fn note_fault(&mut self, fault: CallFault) {
        self.state.borrow_mut().builder.push_fault(fault);
    }

    fn persistence(&self) -> Persistence {
        self.persistence
    }

    fn wait(&mut self, by: Duration) {
        self.clock.advance(by);
    }

    fn wait_to_write(&mut self, bucket: &str, key: &str) {
        Recorder::wait_to_write(self, bucket, key);
    }
}

/// A session whose operations one [`Recorder`] writes down.
pub type Session<'a> = Client<'a, Recorder<'a>>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Kind;
    use crate::stores::memory::InMemory;

    #[test]
    fn a_history_says_what_was_done_and_seen() {
        let (store, clock) = (InMemory::new(), ManualClock::default());
        let recorder = Recorder::new(&store, &clock, "eventual@0.1.0", Duration::ZERO);
        let (mut a, mut b) = (recorder.session(), recorder.session());
        a.set("b", "k", b"v").unwrap();
        assert_eq!(b.get("b", "k").unwrap().as_deref(), Some(&b"v"[..]));
        b.delete("b", "k").unwrap();
        assert!(!a.exists("b", "k").unwrap());
        let history = recorder.finish().unwrap();
        let lines: Vec<String> = (0..4).map(|i| history.operation_text(i)).collect();
        let expected = [
            "session 0: set b/k = \"v\" -> ok",
            "session 1: get b/k -> \"v\"",
            "session 1: delete b/k -> ok",
            "session 0: exists b/k -> false",
        ];
        assert_eq!(lines, expected);
        assert!(history.records().windows(2).all(|w| w[0].precedes(&w[1])));
    }

    #[test]
    fn a_clock_at_its_end_stops_and_breaks_nothing() {
        let (store, clock) = (InMemory::new(), ManualClock::default());
        clock.advance(Duration::from_nanos(u64::MAX - 1));
        let recorder = Recorder::new(&store, &clock, "eventual@0.1.0", Duration::MAX);
        let mut session = recorder.session();
        for _ in 0..3 {
            session.set("b", "k", b"v").unwrap();
            recorder.quiesce();
        }
        assert_eq!(recorder.stamp(), u64::MAX);
        let history = recorder.finish().unwrap();
        assert_eq!((history.records().len(), history.times().last()), (3, Some(&u64::MAX)));
    }

    #[test]
    fn parts_that_no_history_can_hold_are_an_error() {
        let (store, clock) = (InMemory::new(), ManualClock::default());
        let recorder = Recorder::new(&store, &clock, "eventual@0.1.0", Duration::ZERO);
        let part = Part { session: 0, bucket: "b", key: "k", kind: Kind::Delete, value: Recorded::Absent };
        recorder.note(recorder.stamp(), Outcome::Ok, [part, part]);
        let overlap = HistoryError::OverlapInSession { session: 0, first: 0, second: 1 };
        assert_eq!(recorder.finish().unwrap_err(), overlap);
        recorder.note(recorder.stamp() + 10, Outcome::Ok, [part]);
        assert_eq!(recorder.finish().unwrap_err(), HistoryError::ResponseBeforeInvocation { entry: 0 });
    }
}
