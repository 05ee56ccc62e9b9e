//! Sessions that call an implementation, and the recorder that writes down what happened.
//!
//! Events are stamped with readings of the implementation's clock, raised where needed so that
//! they strictly increase: times are durations and a strict order at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::history::{
    ABSENT, ClockUnit, Entry, Header, History, HistoryBuilder, Kind, Outcome, PRESENT, SwapArguments,
};
use crate::interface::{Bucket, Clock, Failure, Implementation, IncomingValue, OutgoingValue, Result};

/// Records the operations of all sessions of one run, called one at a time. Clones share one
/// record.
#[derive(Clone)]
pub struct Recorder<'a> {
    implementation: &'a dyn Implementation,
    clock: &'a dyn Clock,
    state: Rc<RefCell<State>>,
}

struct State {
    builder: HistoryBuilder,
    last_event_ns: u64,
    sessions: u16,
}

impl<'a> Recorder<'a> {
    /// A recorder without operations. `clock` serves an implementation that has no clock of its
    /// own.
    pub fn new(implementation: &'a dyn Implementation, clock: &'a dyn Clock, profile: &str, bound: Duration) -> Self {
        let bound_ns = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        let header = Header { profile: profile.into(), convergence_bound: bound_ns, clock: ClockUnit::Nanoseconds };
        let state = State { builder: HistoryBuilder::new(header), last_event_ns: 0, sessions: 0 };
        Self { implementation, clock: implementation.clock().unwrap_or(clock), state: Rc::new(RefCell::new(state)) }
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
        let mut state = self.state.borrow_mut();
        let id = state.sessions;
        state.sessions = id.checked_add(1).expect("a run has at most 65,535 sessions");
        Session { recorder: self.clone(), id, handles: BTreeMap::new() }
    }

    /// Notes that no write is in flight now.
    pub fn mark_quiescent(&self) {
        let now = self.stamp();
        self.state.borrow_mut().builder.quiescent(now);
    }

    /// Lets the convergence bound pass since the last event, and notes that no write is in flight:
    /// reads that follow are settled. To be called when no call is in flight.
    pub fn quiesce(&self) {
        let (last_event_ns, bound_ns) = {
            let state = self.state.borrow();
            (state.last_event_ns, state.builder.header().convergence_bound)
        };
        // Events are stamped later than the clock reads when many happen at one reading.
        let lag_ns = last_event_ns.saturating_sub(self.clock.now_ns());
        self.clock.advance(Duration::from_nanos(bound_ns.saturating_add(lag_ns)));
        self.mark_quiescent();
    }

    /// A number for a session whose handles are the caller's: see [`Recorder::note`].
    ///
    /// # Panics
    /// As [`Recorder::session`].
    pub fn session_number(&self) -> u16 {
        self.session().id
    }

    /// The time of an event that happens now, later than all events before.
    pub fn stamp(&self) -> u64 {
        let mut state = self.state.borrow_mut();
        state.last_event_ns = self.clock.now_ns().max(state.last_event_ns + 1);
        state.last_event_ns
    }

    /// Notes what one call on a handle outside any [`Session`] did, invoked at `invoke` (a
    /// [`Recorder::stamp`]) and answered now. The parts of one call overlap, so each needs a session of
    /// its own; with `outcome` error, trap or unknown, a part that reads says nothing.
    pub fn note<'v>(&self, invoke: u64, outcome: Outcome, parts: impl IntoIterator<Item = Part<'v>>) {
        let response = (outcome != Outcome::Unknown).then(|| self.stamp());
        let builder = &mut self.state.borrow_mut().builder;
        for Part { session, bucket, key, kind, value } in parts {
            let register = builder.register(bucket, key);
            let value = value.intern(builder);
            builder.push(Entry { session, kind, register, value, outcome, invoke, response });
        }
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
    pub fn finish(&self) -> History {
        let mut state = self.state.borrow_mut();
        let fresh = HistoryBuilder::new(state.builder.header().clone());
        std::mem::replace(&mut state.builder, fresh).finish().expect("the recorder stamps events in strict order")
    }

    fn push(&self, session: u16, place: (&str, &str), kind: Kind, value: Recorded<'_>, outcome: Outcome, invoke: u64) {
        self.note(invoke, outcome, [Part { session, bucket: place.0, key: place.1, kind, value }]);
    }
}

/// What a call did to one register.
#[derive(Debug, Clone, Copy)]
pub struct Part<'v> {
    /// The session that called, or one that stands for this part of its call.
    pub session: u16,
    /// The bucket.
    pub bucket: &'v str,
    /// The key.
    pub key: &'v str,
    /// Which operation it comes to.
    pub kind: Kind,
    /// What was written or read.
    pub value: Recorded<'v>,
}

/// What was written or read.
#[derive(Debug, Clone, Copy)]
pub enum Recorded<'v> {
    /// The key is absent.
    Absent,
    /// The key is present, whatever its value: what `exists` tells.
    Present,
    /// The value.
    Bytes(&'v [u8]),
    /// A compare-and-swap that swapped.
    Swapped {
        /// What the register held.
        expected: Option<&'v [u8]>,
        /// What it holds after.
        new: &'v [u8],
    },
}

impl Recorded<'_> {
    fn intern(self, builder: &mut HistoryBuilder) -> u32 {
        match self {
            Recorded::Absent => ABSENT,
            Recorded::Present => PRESENT,
            Recorded::Bytes(bytes) => builder.value_bytes(bytes),
            Recorded::Swapped { expected, new } => {
                let expected = expected.map_or(ABSENT, |bytes| builder.value_bytes(bytes));
                let new = builder.value_bytes(new);
                builder.swap(SwapArguments { expected, new, swapped: true })
            }
        }
    }
}

/// A client: it issues calls one after another, on handles of its own.
pub struct Session<'a> {
    recorder: Recorder<'a>,
    id: u16,
    handles: BTreeMap<String, Box<dyn Bucket>>,
}

impl Session<'_> {
    /// The number of the session in the history.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Opens the bucket, dropping the handle the session had. Other calls open on first use.
    ///
    /// # Errors
    /// As [`Implementation::open_as`].
    pub fn reopen(&mut self, bucket: &str) -> Result<()> {
        self.handles.remove(bucket);
        let handle = self.recorder.implementation.open_as(self.id, bucket);
        let handle = self.or_fault(handle)?;
        self.handles.insert(bucket.to_owned(), handle);
        Ok(())
    }

    /// Drops the session's handle of the bucket, if it has one.
    pub fn close(&mut self, bucket: &str) {
        self.handles.remove(bucket);
    }

    /// The handle of the bucket, opened on first use.
    ///
    /// # Errors
    /// As [`Implementation::open_as`].
    pub fn handle(&mut self, bucket: &str) -> Result<&dyn Bucket> {
        if !self.handles.contains_key(bucket) {
            self.reopen(bucket)?;
        }
        Ok(&*self.handles[bucket])
    }

    /// `get`, consumed at once.
    ///
    /// # Errors
    /// As [`Bucket::get`]; recorded too.
    pub fn get(&mut self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.read_value(bucket, key, |handle| handle.get(key))
    }

    /// `get`, consumed by `consume`, which is given the incoming value. What it returns is recorded
    /// as what was read.
    ///
    /// # Errors
    /// Those of `get` and of `consume`; recorded too.
    pub fn get_with(
        &mut self,
        bucket: &str,
        key: &str,
        consume: impl FnOnce(Box<dyn IncomingValue>) -> Result<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>> {
        self.read_value(bucket, key, |handle| handle.get_value(key)?.map(consume).transpose())
    }

    /// `exists`.
    ///
    /// # Errors
    /// As [`Bucket::exists`]; recorded too.
    pub fn exists(&mut self, bucket: &str, key: &str) -> Result<bool> {
        self.handle(bucket)?;
        let invoke = self.recorder.stamp();
        let result = self.or_fault(self.handles[bucket].exists(key));
        let seen = if matches!(result, Ok(true)) { Recorded::Present } else { Recorded::Absent };
        self.recorder.push(self.id, (bucket, key), Kind::Exists, seen, outcome_of(&result), invoke);
        result
    }

    /// `set` of these bytes.
    ///
    /// # Errors
    /// As [`Bucket::set`]; recorded too.
    pub fn set(&mut self, bucket: &str, key: &str, value: &[u8]) -> Result<()> {
        self.write(bucket, key, Kind::Set, Recorded::Bytes(value), |handle| handle.set(key, value))
    }

    /// `set` of an outgoing value whose body is `body`.
    ///
    /// # Errors
    /// As [`Bucket::set_value`]; recorded too.
    pub fn set_value(&mut self, bucket: &str, key: &str, value: &dyn OutgoingValue, body: &[u8]) -> Result<()> {
        self.write(bucket, key, Kind::Set, Recorded::Bytes(body), |handle| handle.set_value(key, value))
    }

    /// `delete`.
    ///
    /// # Errors
    /// As [`Bucket::delete`]; recorded too.
    pub fn delete(&mut self, bucket: &str, key: &str) -> Result<()> {
        self.write(bucket, key, Kind::Delete, Recorded::Absent, |handle| handle.delete(key))
    }

    fn read_value(
        &mut self,
        bucket: &str,
        key: &str,
        read: impl FnOnce(&dyn Bucket) -> Result<Option<Vec<u8>>>,
    ) -> Result<Option<Vec<u8>>> {
        self.handle(bucket)?;
        let invoke = self.recorder.stamp();
        let result = self.or_fault(read(&*self.handles[bucket]));
        let seen = match &result {
            Ok(Some(bytes)) => Recorded::Bytes(bytes),
            _ => Recorded::Absent,
        };
        self.recorder.push(self.id, (bucket, key), Kind::Get, seen, outcome_of(&result), invoke);
        result
    }

    fn write(
        &mut self,
        bucket: &str,
        key: &str,
        kind: Kind,
        value: Recorded<'_>,
        write: impl FnOnce(&dyn Bucket) -> Result<()>,
    ) -> Result<()> {
        self.handle(bucket)?;
        let invoke = self.recorder.stamp();
        let result = self.or_fault(write(&*self.handles[bucket]));
        self.recorder.push(self.id, (bucket, key), kind, value, outcome_of(&result), invoke);
        result
    }

    /// A fault noticed outside the call counts against it: it is the first to be told. It is worse
    /// than an error, and would be lost, being told once.
    fn or_fault<T>(&self, result: Result<T>) -> Result<T> {
        match self.recorder.implementation.take_fault() {
            Some(fault) if !matches!(result, Err(Failure::Trap(_) | Failure::Setup(_) | Failure::Harness(_))) => {
                Err(fault)
            }
            _ => result,
        }
    }
}

/// How a call ended, for a history.
pub fn outcome_of<T>(result: &Result<T>) -> Outcome {
    match result {
        Ok(_) => Outcome::Ok,
        Err(Failure::Error(_)) => Outcome::Error,
        Err(Failure::Trap(_)) => Outcome::Trap,
        Err(Failure::Unanswered(_) | Failure::Setup(_) | Failure::Harness(_)) => Outcome::Unknown,
    }
}

/// A clock that only counts what it is told to let pass: for stores that do everything at once.
#[derive(Debug, Default)]
pub struct ManualClock(std::cell::Cell<u64>);

impl Clock for ManualClock {
    fn now_ns(&self) -> u64 {
        self.0.get()
    }

    fn advance(&self, by: Duration) {
        let by_ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.0.set(self.0.get().saturating_add(by_ns));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let history = recorder.finish();
        let lines: Vec<String> = (0..4).map(|i| history.operation_text(i)).collect();
        let expected = [
            "session 0: set b/k = \"v\" -> ok",
            "session 1: get b/k -> \"v\"",
            "session 1: delete b/k -> ok",
            "session 0: exists b/k -> false",
        ];
        assert_eq!(lines, expected);
        assert!(history.records.windows(2).all(|w| w[0].precedes(&w[1])));
    }
}
