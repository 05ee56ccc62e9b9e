//! One workload by real threads, a session each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use kvspec_reference::history::{ClockUnit, Header};
use kvspec_reference::interface::{Failure, Implementation};
use kvspec_reference::workload::client::Client;
use kvspec_reference::workload::session_log::{self, Clock, Pace, SessionLog};
use kvspec_reference::workload::{Call, Persistence, Step, Workload};
use kvspec_reference::{History, Profile};

use super::meeting::{Meeting, Member};
use crate::subject::native::{Guarded, guarded};

/// How a workload ended.
pub(super) enum End {
    /// With this history, and the calls that gave no result in the order in which they ended.
    Reached(Box<History>, Vec<Failure>),
    /// Not at all: these calls are in flight. The threads that make them stay behind, with the store.
    Stuck(Vec<String>),
}

/// Runs a workload with a thread a session. No call crosses a `wait` or a `quiesce`, after which
/// every session reads every register of the workload. `persistence` says how often calls are tried again.
/// It is stuck when no call began or ended for `stuck_after` although some are in flight.
///
/// # Errors
/// When kvspec is at fault, and how.
pub(super) fn run<I: Implementation + Send + Sync + 'static>(
    workload: &Arc<Workload>,
    store: Arc<I>,
    profile: Profile,
    (bound, persistence): (Duration, Persistence),
    stuck_after: Duration,
) -> Result<End, String> {
    let common = Arc::new(Common::of(workload.clone(), bound));
    let pace = Arc::new(Pace::new(persistence, std::thread::sleep));
    let (send_end, ends) = channel();
    for session in 0..workload.sessions {
        let (common, store, send_end) = (common.clone(), Guarded(store.clone()), send_end.clone());
        let log = SessionLog::new(common.clock.clone()).at(pace.clone());
        std::thread::spawn(move || {
            let member = common.meeting.member();
            let client = Client::new(&store, session, log);
            let thread = Thread { session, common: &common, client, failures: Vec::new(), is_broken: false };
            let end = thread.run(&member);
            drop(store);
            // Nobody waits for it where another session is stuck.
            let _ = send_end.send(end);
        });
    }
    drop(send_end);
    let ended = match wait_for_all(&ends, &common, stuck_after)? {
        Ok(ended) => ended,
        Err(in_flight) => return Ok(End::Stuck(in_flight)),
    };
    let bound_ns = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
    let header = Header { profile: profile.name().into(), convergence_bound: bound_ns, clock: ClockUnit::Nanoseconds };
    let (logs, failures): (Vec<SessionLog>, Vec<Vec<Noted>>) =
        ended.into_iter().map(|ended| (ended.log, ended.failures)).unzip();
    let history = session_log::merge(header, logs).map_err(|e| e.to_string())?;
    let mut failures = failures.concat();
    failures.sort_by_key(|noted| noted.0);
    Ok(End::Reached(Box::new(history), failures.into_iter().map(|noted| noted.1).collect()))
}

/// All sessions in order, or the calls in flight when they are stuck.
///
/// # Errors
/// When a thread panicked outside the store.
fn wait_for_all(
    ends: &Receiver<Ended>,
    common: &Common,
    stuck_after: Duration,
) -> Result<Result<Vec<Ended>, Vec<String>>, String> {
    let mut ended = Vec::new();
    while ended.len() < usize::from(common.workload.sessions) {
        let before = common.progress();
        match ends.recv_timeout(stuck_after) {
            Ok(end) => ended.push(end),
            Err(RecvTimeoutError::Disconnected) => return Err("a thread of the driver panicked".into()),
            Err(RecvTimeoutError::Timeout) => {
                let in_flight = common.in_flight();
                if common.progress() == before && !in_flight.is_empty() {
                    common.meeting.dissolve();
                    return Ok(Err(in_flight));
                }
            }
        }
    }
    ended.sort_by_key(|ended| ended.session);
    Ok(Ok(ended))
}

/// What a session leaves.
struct Ended {
    session: u16,
    log: SessionLog,
    failures: Vec<Noted>,
}

/// What all sessions share.
struct Common {
    workload: Arc<Workload>,
    bound: Duration,
    clock: Clock,
    meeting: Meeting,
    /// How many calls have ended.
    calls: AtomicU64,
    /// For each session the index of the step whose call is in flight; the number of steps for the
    /// dropping of its handles; [`IDLE`] where no call is.
    doing: Vec<AtomicUsize>,
}

const IDLE: usize = usize::MAX;

impl Common {
    fn of(workload: Arc<Workload>, bound: Duration) -> Self {
        let sessions = usize::from(workload.sessions);
        let clock = SharedClock { start: Instant::now(), last_event_ns: AtomicU64::new(0) };
        Self {
            workload,
            bound,
            clock: Arc::new(move || clock.stamp()),
            meeting: Meeting::of(sessions),
            calls: AtomicU64::new(0),
            doing: (0..sessions).map(|_| AtomicUsize::new(IDLE)).collect(),
        }
    }

    /// Changes whenever a call begins or ends.
    fn progress(&self) -> (u64, Vec<usize>) {
        let doing = self.doing.iter().map(|step| step.load(Ordering::Relaxed)).collect();
        (self.calls.load(Ordering::Relaxed), doing)
    }

    fn in_flight(&self) -> Vec<String> {
        let (_, doing) = self.progress();
        let text = |(session, step): (usize, usize)| match self.workload.steps.get(step) {
            _ if step == IDLE => None,
            Some(Step::Call { call, .. }) => Some(format!("session {session}: {call}")),
            Some(step) => Some(format!("session {session}: a read at `{step}`")),
            None => Some(format!("session {session}: the dropping of its handles")),
        };
        doing.into_iter().enumerate().filter_map(text).collect()
    }
}

/// Nanoseconds since the start, raised so that no two events of any threads have the same.
struct SharedClock {
    start: Instant,
    last_event_ns: AtomicU64,
}

impl SharedClock {
    fn stamp(&self) -> u64 {
        let now_ns = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let later = |last: u64| Some(now_ns.max(last + 1));
        let before = self.last_event_ns.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
        before.map_or(now_ns, |last| now_ns.max(last + 1))
    }
}

/// A call that gave no result, and when it ended.
type Noted = (u64, Failure);

/// One session on its thread, with handles of its own.
struct Thread<'s> {
    session: u16,
    common: &'s Common,
    client: Client<'s, SessionLog>,
    failures: Vec<Noted>,
    /// Something trapped: from then on the session only waits for the others, who wait for it.
    is_broken: bool,
}

impl<'s> Thread<'s> {
    fn run(mut self, member: &Member<'_>) -> Ended {
        let common = self.common;
        for (number, step) in common.workload.steps.iter().enumerate() {
            match step {
                Step::Call { session, call } if *session == self.session => self.call(number, call),
                Step::Call { .. } => {}
                Step::Wait(duration) => {
                    member.wait();
                    std::thread::sleep(*duration);
                    member.wait();
                }
                Step::Quiesce => {
                    member.wait();
                    std::thread::sleep(common.bound);
                    self.read_everything(number);
                    member.wait();
                }
            }
        }
        self.close(common.workload.steps.len(), Client::close_all);
        Ended { session: self.session, log: self.client.into_log(), failures: self.failures }
    }

    fn read_everything(&mut self, step: usize) {
        for (bucket, key) in self.common.workload.registers() {
            let (bucket, key) = (bucket.to_owned(), key.into_owned());
            self.call(step, &Call::Get { bucket: bucket.clone(), key: key.clone() });
            self.call(step, &Call::Exists { bucket, key });
        }
        for bucket in self.common.workload.buckets() {
            self.call(step, &Call::List { bucket: bucket.to_owned(), pages: None });
        }
    }

    fn call(&mut self, step: usize, call: &Call) {
        if let Call::Reopen { bucket } = call {
            self.close(step, |client| client.close(bucket));
        }
        if self.is_broken || self.common.meeting.is_dissolved() {
            return;
        }
        self.begins(step);
        let result = self.client.perform(call);
        self.ends(result.err());
    }

    /// Drops handles; that may panic too.
    fn close(&mut self, step: usize, close: impl FnOnce(&mut Client<'s, SessionLog>)) {
        self.begins(step);
        let closed = guarded(|| {
            close(&mut self.client);
            Ok(())
        });
        self.ends(closed.err());
    }

    fn begins(&self, step: usize) {
        self.common.doing[usize::from(self.session)].store(step, Ordering::Relaxed);
    }

    fn ends(&mut self, failure: Option<Failure>) {
        self.common.doing[usize::from(self.session)].store(IDLE, Ordering::Relaxed);
        self.common.calls.fetch_add(1, Ordering::Relaxed);
        self.is_broken |= matches!(failure, Some(Failure::Trap(_)));
        let now = (self.common.clock)();
        self.failures.extend(failure.map(|failure| (now, failure)));
    }
}
