//! Sessions on real threads, for stores that are [`Sync`]: calls overlap as they would in use.
//!
//! What the threads do is drawn from a seed, when they do it is not: so a failure is told by its
//! history, and not shrunk.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::history::{ClockUnit, Header};
use kvspec_reference::interface::{Bucket, Failure, Implementation, Result};
use kvspec_reference::session_log::{self, SessionLog};
use kvspec_reference::workload::{Call, Step, Workload};
use kvspec_reference::{History, oracle};
use kvspec_suites::Declaration;
use kvspec_suites::generate::{self, Size};

use crate::configuration::DEFAULT_PROFILE;

/// The longest pause within a workload.
const PAUSE_MAX: Duration = Duration::from_millis(2);

/// A history of real threads that breaks a requirement.
#[derive(Debug, Clone)]
pub struct ConcurrentFailure {
    /// The seed of the workload.
    pub seed: u64,
    /// What the threads did.
    pub history: History,
    /// What is wrong with that; at least one.
    pub anomalies: Vec<Anomaly>,
}

/// Runs `count` workloads, drawn from `seed`, each on a fresh store with a thread a session, until
/// one breaks a requirement.
///
/// # Errors
/// When kvspec is at fault, and how.
pub fn search<I: Implementation + Sync>(
    start: impl Fn() -> I,
    declaration: &Declaration,
    seed: u64,
    count: u64,
) -> std::result::Result<Option<ConcurrentFailure>, String> {
    let size = Size { pause: PAUSE_MAX, ..Size::default() };
    for seed in (0..count).map(|i| seed.wrapping_add(i)) {
        let workload = generate::from_seed(declaration, size, seed);
        let history = run(&workload, &start(), declaration.convergence_bound())?;
        let anomalies = oracle::judge(&history);
        if !anomalies.is_empty() {
            return Ok(Some(ConcurrentFailure { seed, history, anomalies }));
        }
    }
    Ok(None)
}

/// Runs a workload with a thread a session. No call crosses a `wait` or a `quiesce`, after which
/// every session reads every register of the workload.
///
/// # Errors
/// When kvspec is at fault, and how.
pub fn run<I: Implementation + Sync>(
    workload: &Workload,
    store: &I,
    bound: Duration,
) -> std::result::Result<History, String> {
    let clock = SharedClock { start: Instant::now(), last_event_ns: AtomicU64::new(0) };
    let barrier = Barrier::new(usize::from(workload.sessions));
    let logs: std::result::Result<Vec<SessionLog>, String> = std::thread::scope(|scope| {
        let thread = |session: u16| {
            let (clock, barrier) = (&clock, &barrier);
            scope.spawn(move || Thread::new(session, workload, store, clock).run(barrier, bound))
        };
        let threads: Vec<_> = (0..workload.sessions).map(thread).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, SessionLog>| {
            thread.join().map_err(|_| "a thread of the driver panicked".to_owned())
        };
        threads.into_iter().map(join).collect()
    });
    let bound_ns = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
    let header = Header { profile: DEFAULT_PROFILE.into(), convergence_bound: bound_ns, clock: ClockUnit::Nanoseconds };
    session_log::merge(header, logs?, []).map_err(|e| e.to_string())
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

/// One session on its thread, with handles of its own.
struct Thread<'a, I> {
    session: u16,
    workload: &'a Workload,
    store: &'a I,
    clock: &'a SharedClock,
    handles: BTreeMap<String, Box<dyn Bucket>>,
    log: SessionLog,
}

impl<'a, I: Implementation> Thread<'a, I> {
    fn new(session: u16, workload: &'a Workload, store: &'a I, clock: &'a SharedClock) -> Self {
        Self { session, workload, store, clock, handles: BTreeMap::new(), log: SessionLog::new(session) }
    }

    fn run(mut self, barrier: &Barrier, bound: Duration) -> SessionLog {
        for step in &self.workload.steps {
            match step {
                Step::Call { session, call } if *session == self.session => self.call(call),
                Step::Call { .. } => {}
                Step::Wait(duration) => {
                    barrier.wait();
                    std::thread::sleep(*duration);
                    barrier.wait();
                }
                Step::Quiesce => {
                    barrier.wait();
                    std::thread::sleep(bound);
                    self.read_everything();
                    barrier.wait();
                }
            }
        }
        self.log
    }

    fn read_everything(&mut self) {
        for (bucket, key) in self.workload.registers() {
            let (bucket, key) = (bucket.to_owned(), key.to_owned());
            self.call(&Call::Get { bucket: bucket.clone(), key: key.clone() });
            self.call(&Call::Exists { bucket, key });
        }
    }

    fn call(&mut self, call: &Call) {
        if matches!(call, Call::Reopen { .. }) {
            self.handles.remove(call.bucket());
        }
        // The handle is opened before the clock is read: opening is no part of the operation.
        let opened = self.open(call.bucket());
        let invoke = self.clock.stamp();
        let result = opened.and_then(|()| session_log::perform(&*self.handles[call.bucket()], call));
        let response = self.clock.stamp();
        self.log.note(call, &result, invoke, response);
    }

    fn open(&mut self, bucket: &str) -> Result<()> {
        if self.handles.contains_key(bucket) {
            return Ok(());
        }
        let panicked = |_| Err(Failure::Trap("panicked while a bucket was opened".into()));
        let open = std::panic::AssertUnwindSafe(|| self.store.open(bucket));
        let handle = std::panic::catch_unwind(open).unwrap_or_else(panicked)?;
        self.handles.insert(bucket.to_owned(), handle);
        Ok(())
    }
}
