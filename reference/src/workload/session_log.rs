//! What one session did, written down by itself: for drivers whose sessions run at the same time.
//!
//! A [`Recorder`](crate::workload::recorder::Recorder) serves sessions that are called one at a time. A
//! driver with real threads gives each its own [`SessionLog`], lets it stamp invocation and
//! response with one clock or one atomic counter for all, and makes a history of all logs with
//! [`merge`] at the end. Nothing is shared while calls are in flight, so recording does not order
//! them.

use crate::history::{ABSENT, Entry, Header, History, HistoryBuilder, HistoryError, Kind, Outcome, PRESENT};
use crate::interface::{Bucket, Result};
use crate::workload::Call;
use crate::workload::recorder::outcome_of;

/// What a call gave when it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A write was done.
    Done,
    /// What `get` gave.
    Value(Option<Vec<u8>>),
    /// What `exists` gave.
    Present(bool),
}

/// Calls an operation on an open handle of its bucket. A reopening gives [`Answer::Done`] at once:
/// it is the caller's, who owns the handle.
///
/// # Errors
/// As the operation.
pub fn perform(handle: &dyn Bucket, call: &Call) -> Result<Answer> {
    match call {
        Call::Reopen { .. } => Ok(Answer::Done),
        Call::Get { key, .. } => handle.get(key).map(Answer::Value),
        Call::Set { key, value, .. } => handle.set(key, &value.bytes()).map(|()| Answer::Done),
        Call::Delete { key, .. } => handle.delete(key).map(|()| Answer::Done),
        Call::Exists { key, .. } => handle.exists(key).map(Answer::Present),
    }
}

/// The operations of one session, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLog {
    session: u16,
    operations: Vec<Logged>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Logged {
    kind: Kind,
    bucket: String,
    key: String,
    state: State,
    outcome: Outcome,
    invoke: u64,
    response: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Absent,
    Present,
    Bytes(Vec<u8>),
}

impl SessionLog {
    /// A log without operations.
    pub fn new(session: u16) -> Self {
        Self { session, operations: Vec::new() }
    }

    /// Notes a call and what it gave, with the times of invocation and response. Reopening is no
    /// operation and is left out.
    pub fn note(&mut self, call: &Call, result: &Result<Answer>, invoke: u64, response: u64) {
        let kind = match call {
            Call::Reopen { .. } => return,
            Call::Get { .. } => Kind::Get,
            Call::Set { .. } => Kind::Set,
            Call::Delete { .. } => Kind::Delete,
            Call::Exists { .. } => Kind::Exists,
        };
        let state = match (call, result) {
            (Call::Set { value, .. }, _) => State::Bytes(value.bytes()),
            (_, Ok(Answer::Value(Some(bytes)))) => State::Bytes(bytes.clone()),
            (_, Ok(Answer::Present(true))) => State::Present,
            _ => State::Absent,
        };
        self.operations.push(Logged {
            kind,
            bucket: call.bucket().to_owned(),
            key: call.key().unwrap_or_default().to_owned(),
            state,
            outcome: outcome_of(result),
            invoke,
            response,
        });
    }
}

/// One history of all logs. `quiescent` are times at which no write was in flight.
///
/// # Errors
/// When the operations of a session overlap, or one responds before it is invoked: the driver's
/// clock is at fault then.
pub fn merge(
    header: Header,
    logs: impl IntoIterator<Item = SessionLog>,
    quiescent: impl IntoIterator<Item = u64>,
) -> std::result::Result<History, HistoryError> {
    let mut builder = HistoryBuilder::new(header);
    for log in logs {
        for operation in log.operations {
            let register = builder.register(&operation.bucket, &operation.key);
            let value = match &operation.state {
                State::Absent => ABSENT,
                State::Present => PRESENT,
                State::Bytes(bytes) => builder.value_bytes(bytes),
            };
            let response = (operation.outcome != Outcome::Unknown).then_some(operation.response);
            let Logged { kind, outcome, invoke, .. } = operation;
            builder.push(Entry { session: log.session, kind, register, value, outcome, invoke, response });
        }
    }
    quiescent.into_iter().for_each(|time| builder.quiescent(time));
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::{Failure, Implementation};
    use crate::stores::memory::InMemory;
    use crate::workload::ValueSource;

    fn call(kind: Kind) -> Call {
        let (bucket, key) = ("b".to_owned(), "k".to_owned());
        match kind {
            Kind::Get => Call::Get { bucket, key },
            Kind::Exists => Call::Exists { bucket, key },
            Kind::Delete => Call::Delete { bucket, key },
            _ => Call::Set { bucket, key, value: ValueSource::Bytes(b"v".to_vec()) },
        }
    }

    #[test]
    fn logs_of_sessions_become_one_history() {
        let handle = InMemory::new().open("b").unwrap();
        let mut logs = [SessionLog::new(0), SessionLog::new(1)];
        let mut now = 0;
        for (session, kind) in [(1, Kind::Exists), (0, Kind::Set), (1, Kind::Get), (0, Kind::Delete)] {
            let result = perform(&*handle, &call(kind));
            log_at(&mut logs[session], kind, &result, &mut now);
        }
        log_at(&mut logs[1], Kind::Delete, &Err(Failure::Unanswered("cut off".into())), &mut now);
        let history = merge(Header::default(), logs, [now]).unwrap();
        let lines: Vec<String> = (0..5).map(|i| history.operation_text(i)).collect();
        let expected = [
            "session 1: exists b/k -> false",
            "session 0: set b/k = \"v\" -> ok",
            "session 1: get b/k -> \"v\"",
            "session 0: delete b/k -> ok",
            "session 1: delete b/k -> unknown",
        ];
        assert_eq!(lines, expected);
        assert_eq!((history.time(history.records[4].response), &*history.quiescent), (None, &[10][..]));
    }

    fn log_at(log: &mut SessionLog, kind: Kind, result: &Result<Answer>, now: &mut u64) {
        log.note(&call(kind), result, *now + 1, *now + 2);
        *now += 2;
    }

    #[test]
    fn a_clock_that_goes_back_is_refused() {
        let mut log = SessionLog::new(0);
        log.note(&call(Kind::Delete), &Ok(Answer::Done), 5, 4);
        assert_eq!(
            merge(Header::default(), [log], []).unwrap_err(),
            HistoryError::ResponseBeforeInvocation { entry: 0 }
        );
    }
}
