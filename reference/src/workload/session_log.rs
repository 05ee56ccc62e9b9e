//! What one session did, written down by itself: for drivers whose sessions run at the same time.
//!
//! A [`Recorder`](crate::workload::recorder::Recorder) serves sessions that are called one at a time. A
//! driver with real threads gives each session a [`Client`](crate::workload::client::Client) with a
//! [`SessionLog`] of its own, all stamped by one clock or one atomic counter, and makes a history of all
//! logs with [`merge`] at the end. Nothing but the clock is shared while calls are in flight, so
//! recording does not order them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::log::{Listed, Log, Noted, Part, write_down, write_down_group, write_down_listing};
use super::persistence::{LastWrites, Persistence};
use crate::history::{CallFault, Header, History, HistoryBuilder, HistoryError, Outcome};

/// The operations of one session, in order.
pub struct SessionLog {
    clock: Clock,
    builder: HistoryBuilder,
    pace: Option<Arc<Pace>>,
}

/// How all sessions of a run call, where that is not once and at once.
pub struct Pace {
    persistence: Persistence,
    /// Lets time pass on the clock that all share, in nanoseconds.
    sleep: Box<dyn Fn(Duration) + Send + Sync>,
    last_writes: Mutex<LastWrites>,
}

impl Pace {
    /// Of sessions that wait by `sleep`, which lets time pass on their clock of nanoseconds.
    pub fn new(persistence: Persistence, sleep: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self { persistence, sleep: Box::new(sleep), last_writes: Mutex::default() }
    }

    /// How long a session waits to write a register. The moment after that is its own: others wait for
    /// an interval more.
    fn reserve(&self, bucket: &str, key: &str, now_ns: u64) -> Duration {
        let mut last_writes = self.last_writes.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = last_writes.wait(self.persistence.min_write_interval, bucket, key, now_ns);
        let wait_ns = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        last_writes.note(bucket, key, now_ns.saturating_add(wait_ns));
        wait
    }
}

/// Gives the time of an event that happens now, to all sessions of a run. Threads share it that may
/// outlive who started them.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

impl SessionLog {
    /// A log without operations.
    pub fn new(clock: Clock) -> Self {
        Self { clock, builder: HistoryBuilder::default(), pace: None }
    }

    /// The same, of a session that calls at this pace.
    #[must_use]
    pub fn at(self, pace: Arc<Pace>) -> Self {
        Self { pace: Some(pace), ..self }
    }

    /// When a call was answered that ended so, which is now.
    fn response(&mut self, outcome: Outcome) -> Option<u64> {
        (outcome != Outcome::Unknown).then(|| self.stamp())
    }
}

impl Log for SessionLog {
    fn stamp(&mut self) -> u64 {
        (self.clock)()
    }

    fn note(&mut self, invoke: u64, outcome: Outcome, part: Part<'_>) -> Noted {
        let response = self.response(outcome);
        write_down(&mut self.builder, part, outcome, invoke, response)
    }

    fn note_group(&mut self, invoke: u64, outcome: Outcome, parts: &[Part<'_>]) {
        let response = self.response(outcome);
        write_down_group(&mut self.builder, parts, outcome, invoke, response);
    }

    fn note_listing(&mut self, invoke: u64, outcome: Outcome, listed: Listed<'_>) {
        let response = self.response(outcome);
        write_down_listing(&mut self.builder, listed, outcome, invoke, response);
    }

    fn note_fault(&mut self, fault: CallFault) {
        self.builder.push_fault(fault);
    }

    fn persistence(&self) -> Persistence {
        self.pace.as_ref().map_or_else(Persistence::default, |pace| pace.persistence)
    }

    fn wait(&mut self, by: Duration) {
        if let Some(pace) = &self.pace {
            (pace.sleep)(by);
        }
    }

    fn wait_to_write(&mut self, bucket: &str, key: &str) {
        let Some(pace) = self.pace.as_ref().filter(|pace| !pace.persistence.min_write_interval.is_zero()) else {
            return;
        };
        let wait = pace.reserve(bucket, key, (self.clock)());
        if !wait.is_zero() {
            (pace.sleep)(wait);
        }
    }
}

/// One history of all logs.
///
/// # Errors
/// When the operations of a session overlap, or one responds before it is invoked: the driver's
/// clock is at fault then.
pub fn merge(header: Header, logs: impl IntoIterator<Item = SessionLog>) -> Result<History, HistoryError> {
    let mut all = HistoryBuilder::new(header);
    logs.into_iter().for_each(|log| all.absorb(log.builder));
    all.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::interface::{Bucket, Failure, Implementation, Result};
    use crate::stores::memory::InMemory;
    use crate::workload::client::Client;
    use crate::workload::step::Call;
    use crate::workload::value_source::ValueSource;

    /// A store whose deletes in the bucket `cut` get no answer, and that has no bucket `none`.
    #[derive(Default)]
    struct Cut(InMemory);

    struct CutBucket(Box<dyn Bucket>);

    impl Implementation for Cut {
        fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
            match name {
                "none" => Err(Failure::no_such_store("none")),
                "cut" => Ok(Box::new(CutBucket(self.0.open(name)?))),
                _ => self.0.open(name),
            }
        }
    }

    impl Bucket for CutBucket {
        fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
            self.0.get(key)
        }

        fn set(&self, key: &str, value: &[u8]) -> Result<()> {
            self.0.set(key, value)
        }

        fn delete(&self, _: &str) -> Result<()> {
            Err(Failure::Unanswered("cut off".into()))
        }

        fn exists(&self, key: &str) -> Result<bool> {
            self.0.exists(key)
        }
    }

    fn call(operation: &str, bucket: &str) -> Call {
        let (bucket, key) = (bucket.to_owned(), "k".to_owned());
        match operation {
            "get" => Call::Get { bucket, key },
            "exists" => Call::Exists { bucket, key },
            "delete" => Call::Delete { bucket, key },
            "reopen" => Call::Reopen { bucket },
            _ => Call::Set { bucket, key, value: ValueSource::Bytes(b"v".to_vec()) },
        }
    }

    #[test]
    fn logs_of_sessions_become_one_history() {
        let (store, events) = (Cut::default(), AtomicU64::new(0));
        let clock: Clock = Arc::new(move || events.fetch_add(1, Ordering::SeqCst));
        let mut clients = [0, 1].map(|session| Client::new(&store, session, SessionLog::new(clock.clone())));
        for (session, operation, bucket) in [
            (1, "exists", "b"),
            (1, "reopen", "b"),
            (0, "set", "b"),
            (1, "get", "b"),
            (0, "delete", "b"),
            (1, "exists", "cut"),
            (0, "set", "cut"),
        ] {
            clients[session].perform(&call(operation, bucket)).unwrap();
        }
        clients[1].perform(&call("delete", "cut")).unwrap_err();
        clients[0].perform(&call("set", "none")).unwrap_err();
        let history = merge(Header::default(), clients.map(Client::into_log)).unwrap();
        let lines: Vec<String> = (0..history.records().len()).map(|i| history.operation_text(i)).collect();
        let expected = [
            "session 1: exists b/k -> false",
            "session 0: set b/k = \"v\" -> ok",
            "session 1: get b/k -> \"v\"",
            "session 0: delete b/k -> ok",
            "session 1: exists cut/k -> false",
            "session 0: set cut/k = \"v\" -> ok",
            "session 1: delete cut/k -> unknown",
        ];
        assert_eq!(lines, expected);
        assert_eq!(history.time(history.records()[6].response), None);
    }

    #[test]
    fn a_clock_that_goes_back_is_refused() {
        let (store, events) = (InMemory::new(), AtomicU64::new(9));
        let clock = Arc::new(move || events.fetch_sub(1, Ordering::SeqCst));
        let mut client = Client::new(&store, 0, SessionLog::new(clock));
        client.perform(&call("delete", "b")).unwrap();
        let back = HistoryError::ResponseBeforeInvocation { entry: 0 };
        assert_eq!(merge(Header::default(), [client.into_log()]).unwrap_err(), back);
    }
}
