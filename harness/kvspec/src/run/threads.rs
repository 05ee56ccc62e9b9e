//! Sessions on real threads, for stores that are [`Sync`]: calls overlap as they would in use.
//!
//! What the threads do is drawn from a seed, when they do it is not: so a failure is told by its
//! history, and not shrunk. A panic of the store is a trap, after which its session calls no more.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::consistency::ladder;
use kvspec_reference::eventual;
use kvspec_reference::history::{ClockUnit, Header, Outcome, Record};
use kvspec_reference::interface::{Failure, Implementation, Result};
use kvspec_reference::workload::client::Client;
use kvspec_reference::workload::session_log::{self, SessionLog};
use kvspec_reference::workload::{Call, Step, Workload};
use kvspec_reference::{History, Profile, RequirementId};
use kvspec_suites::judging::{Handles, judge};
use kvspec_suites::workloads::generate::{self, Size};
use kvspec_suites::workloads::property::{self, start_trapped};
use kvspec_suites::{Declaration, Verdict};

use super::answers::Answers;
use super::exploration::{LADDER_CASES_MAX, Observed, note};
use crate::subject::native::{Guarded, guarded};

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

/// What workloads by real threads showed.
#[derive(Debug, Clone, Default)]
pub struct Concurrency {
    /// How many workloads ran, the failing one included.
    pub workloads: u64,
    /// How many operations they had.
    pub operations: u64,
    /// How many of them were reads with a result.
    pub reads: u64,
    /// How many of those came after the convergence bound, so that one state was demanded of them.
    pub settled_reads: u64,
    /// How the calls were answered.
    pub answers: Answers,
    /// The first failure.
    pub failure: Option<ConcurrentFailure>,
    /// The levels of consistency seen, strongest first; empty after a failure.
    pub observed: Vec<Observed>,
    /// Why it ended early through no fault of the implementation.
    pub error: Option<String>,
}

impl Concurrency {
    /// The verdict: pass needs reads that were compared, and calls that gave results.
    pub fn verdict(&self) -> Verdict {
        let verdict = property::verdict(self.error.as_deref(), self.failure.is_some(), self.settled_reads);
        match self.answers.too_few_results().filter(|_| verdict == Verdict::Pass) {
            Some(why) => Verdict::Inconclusive(why),
            None => verdict,
        }
    }
}

/// Runs `count` workloads, drawn from `seed`, each on a fresh store with a thread a session, until
/// one breaks a requirement.
///
/// # Errors
/// When kvspec is at fault, and how; or when nothing was decided, as no read was answered after the
/// convergence bound.
pub fn search<I: Implementation + Sync>(
    start: impl Fn() -> I,
    declaration: &Declaration,
    seed: u64,
    count: u64,
) -> std::result::Result<Option<ConcurrentFailure>, String> {
    let (mut settled_reads, mut answers) = (0, Answers::default());
    for seed in (0..count).map(|i| seed.wrapping_add(i)) {
        let store = match guarded(|| Ok(start())) {
            Ok(store) => store,
            Err(failure) => {
                let anomalies = vec![start_trapped(&failure.to_string())];
                return Ok(Some(ConcurrentFailure { seed, history: History::default(), anomalies }));
            }
        };
        let (failure, history) = try_one(&store, Profile::Eventual, declaration, seed)?;
        if failure.is_some() {
            return Ok(failure);
        }
        settled_reads += eventual::examine(&history).settled_reads;
        answers.add(&history);
    }
    if settled_reads == 0 {
        return Err(format!("nothing was compared: in {count} workloads, no read gave a result after the bound"));
    }
    answers.too_few_results().map_or(Ok(None), Err)
}

/// As [`search`], of stores that may fail to start, for this profile, and with what the ladder says of
/// workloads that break nothing. `go_on` is asked before each, with how many were run.
pub fn explore<I: Implementation + Sync>(
    start: impl Fn() -> Result<I>,
    profile: Profile,
    declaration: &Declaration,
    seed: u64,
    count: u64,
    mut go_on: impl FnMut(u64) -> bool,
) -> Concurrency {
    let mut all = Concurrency::default();
    for seed in (0..count).map(|i| seed.wrapping_add(i)) {
        if !go_on(all.workloads) {
            break;
        }
        let tried = match start() {
            Ok(store) => try_one(&store, profile, declaration, seed),
            Err(Failure::Trap(why)) => {
                let anomalies = vec![start_trapped(&why)];
                let failure = ConcurrentFailure { seed, history: History::default(), anomalies };
                Ok((Some(failure), History::default()))
            }
            Err(failure) => Err(format!("the implementation could not be started: {failure}")),
        };
        let (failure, history) = match tried {
            Ok(tried) => tried,
            Err(why) => {
                all.error = Some(why);
                break;
            }
        };
        all.workloads += 1;
        all.operations += history.records().len() as u64;
        all.answers.add(&history);
        all.reads += history.records().iter().filter(|record| record.is_ok_read()).count() as u64;
        all.settled_reads += eventual::examine(&history).settled_reads;
        if failure.is_some() {
            all.failure = failure;
            all.observed.clear();
            break;
        }
        if all.workloads <= LADDER_CASES_MAX {
            let ladder = ladder::judge(&history, &ladder::Options::default());
            note(&mut all.observed, &ladder, &history);
        }
    }
    all
}

/// One workload on one store, judged.
fn try_one<I: Implementation + Sync>(
    store: &I,
    profile: Profile,
    declaration: &Declaration,
    seed: u64,
) -> std::result::Result<(Option<ConcurrentFailure>, History), String> {
    let size = Size { pause: PAUSE_MAX, ..Size::default() };
    let workload = generate::from_seed(declaration, size, seed);
    let (history, failures) = run(&workload, store, profile, declaration.bound_for(workload.sessions))?;
    let elsewhere = failures.iter().find_map(|failure| match failure {
        Failure::Setup(why) | Failure::Harness(why) => Some(why),
        Failure::Error(_) | Failure::Trap(_) | Failure::Unanswered(_) => None,
    });
    if let Some(why) = elsewhere {
        return Err(why.clone());
    }
    let trap = failures.iter().find(|failure| matches!(failure, Failure::Trap(_)));
    let mut anomalies: Vec<Anomaly> = trap.map(|trap| trapped(trap, &history)).into_iter().collect();
    anomalies.extend(judge(&history, profile, declaration, Handles::of(&workload)).anomalies);
    let failure = (!anomalies.is_empty()).then(|| ConcurrentFailure { seed, history: history.clone(), anomalies });
    Ok((failure, history))
}

fn trapped(trap: &Failure, history: &History) -> Anomaly {
    let trapped = |record: &&Record| record.outcome == Outcome::Trap;
    let first = history.records().iter().filter(trapped).map(|record| record.response).min();
    let operation = history.records().iter().position(|record| Some(record.response) == first);
    Anomaly {
        requirement: RequirementId::KveErr01,
        register: None,
        expected: "a result or an error".into(),
        actual: trap.to_string(),
        operations: operation.into_iter().collect(),
        because: vec!["the arguments are within the declared limits, and a valid call never traps".into()],
    }
}

/// Runs a workload with a thread a session. No call crosses a `wait` or a `quiesce`, after which
/// every session reads every register of the workload. Gives the history and the calls that gave no
/// result, in the order in which they ended.
///
/// # Errors
/// When kvspec is at fault, and how.
fn run<I: Implementation + Sync>(
    workload: &Workload,
    store: &I,
    profile: Profile,
    bound: Duration,
) -> std::result::Result<(History, Vec<Failure>), String> {
    let clock = SharedClock { start: Instant::now(), last_event_ns: AtomicU64::new(0) };
    let barrier = Barrier::new(usize::from(workload.sessions));
    let stamp = || clock.stamp();
    let ended: std::result::Result<Vec<(SessionLog<'_>, Vec<Noted>)>, String> = std::thread::scope(|scope| {
        let thread = |session: u16| {
            let (clock, stamp, barrier) = (&clock, &stamp, &barrier);
            scope.spawn(move || {
                let store = Guarded(store);
                let client = Client::new(&store, session, SessionLog::new(stamp));
                let failures = Vec::new();
                Thread { session, workload, clock, client, failures, is_broken: false }.run(barrier, bound)
            })
        };
        let threads: Vec<_> = (0..workload.sessions).map(thread).collect();
        let ended = threads.into_iter().map(ScopedJoinHandle::join);
        ended.map(|ended| ended.map_err(|_| "a thread of the driver panicked".to_owned())).collect()
    });
    let bound_ns = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
    let header = Header { profile: profile.name().into(), convergence_bound: bound_ns, clock: ClockUnit::Nanoseconds };
    let (logs, failures): (Vec<SessionLog<'_>>, Vec<Vec<Noted>>) = ended?.into_iter().unzip();
    let history = session_log::merge(header, logs).map_err(|e| e.to_string())?;
    let mut failures = failures.concat();
    failures.sort_by_key(|noted| noted.0);
    Ok((history, failures.into_iter().map(|noted| noted.1).collect()))
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
struct Thread<'s, 'c> {
    session: u16,
    workload: &'s Workload,
    clock: &'c SharedClock,
    client: Client<'s, SessionLog<'c>>,
    failures: Vec<Noted>,
    /// Something trapped: from then on the session only waits for the others, who wait for it.
    is_broken: bool,
}

impl<'s, 'c> Thread<'s, 'c> {
    fn run(mut self, barrier: &Barrier, bound: Duration) -> (SessionLog<'c>, Vec<Noted>) {
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
        self.close(Client::close_all);
        (self.client.into_log(), self.failures)
    }

    fn read_everything(&mut self) {
        for (bucket, key) in self.workload.registers() {
            let (bucket, key) = (bucket.to_owned(), key.to_owned());
            self.call(&Call::Get { bucket: bucket.clone(), key: key.clone() });
            self.call(&Call::Exists { bucket, key });
        }
    }

    fn call(&mut self, call: &Call) {
        if let Call::Reopen { bucket } = call {
            self.close(|client| client.close(bucket));
        }
        if self.is_broken {
            return;
        }
        let result = self.client.perform(call);
        self.note_failure(result.err());
    }

    /// Drops handles; that may panic too.
    fn close(&mut self, close: impl FnOnce(&mut Client<'s, SessionLog<'c>>)) {
        let closed = guarded(|| {
            close(&mut self.client);
            Ok(())
        });
        self.note_failure(closed.err());
    }

    fn note_failure(&mut self, failure: Option<Failure>) {
        self.is_broken |= matches!(failure, Some(Failure::Trap(_)));
        let now = self.clock.stamp();
        self.failures.extend(failure.map(|failure| (now, failure)));
    }
}
