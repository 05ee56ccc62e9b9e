//! Sessions on real threads, for stores that are [`Sync`]: calls overlap as they would in use.
//!
//! What the threads do is drawn from a seed, when they do it is not: so a failure is told by its
//! history, and not shrunk. A panic of the store is a trap, after which its session calls no more. A
//! store whose calls block each other for good fails, too: its threads are left behind.

use std::sync::Arc;
use std::time::Duration;

use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::consistency::ladder;
use kvspec_reference::eventual;
use kvspec_reference::history::{Outcome, Record};
use kvspec_reference::interface::{Failure, Implementation, Result};
use kvspec_reference::workload::Workload;
use kvspec_reference::{History, Profile, RequirementId};
use kvspec_suites::judging::{Handles, judge};
use kvspec_suites::workloads::generate::{self, Repertoire, Size};
use kvspec_suites::workloads::property::{self, start_trapped};
use kvspec_suites::{Declaration, Verdict};

use super::answers::Answers;
use super::exploration::{LADDER_CASES_MAX, Observed, note};
use super::sessions::{self, End};
use crate::selection::concurrent_workloads;
use crate::subject::native::guarded;

/// The longest pause within a workload.
const PAUSE_MAX: Duration = Duration::from_millis(2);
/// When no call began or ended for so long although some are in flight, they never will. So long, a
/// machine without time for the threads does not last.
const STUCK_AFTER: Duration = Duration::from_secs(60);

/// A history of real threads that breaks a requirement.
#[derive(Debug, Clone)]
pub struct ConcurrentFailure {
    /// The seed of the workload.
    pub seed: u64,
    /// What the threads did; empty where they got stuck, as nothing of theirs is known then.
    pub history: History,
    /// What is wrong with that; at least one.
    pub anomalies: Vec<Anomaly>,
}

/// What workloads by real threads showed.
#[derive(Debug, Clone, Default)]
pub struct Concurrency {
    /// What it is called among the cases.
    pub name: &'static str,
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
pub fn search<I: Implementation + Send + Sync + 'static>(
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
        let (failure, history) = try_one(store, Profile::Eventual, declaration, seed, STUCK_AFTER)?;
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
pub fn explore<I: Implementation + Send + Sync + 'static>(
    start: impl Fn() -> Result<I>,
    profile: Profile,
    declaration: &Declaration,
    seed: u64,
    count: u64,
    mut go_on: impl FnMut(u64) -> bool,
) -> Concurrency {
    let mut all = Concurrency { name: concurrent_workloads(profile), ..Concurrency::default() };
    for seed in (0..count).map(|i| seed.wrapping_add(i)) {
        if !go_on(all.workloads) {
            break;
        }
        let tried = match start() {
            Ok(store) => try_one(store, profile, declaration, seed, STUCK_AFTER),
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

/// One workload on one store, judged. `stuck_after`: see [`STUCK_AFTER`].
fn try_one<I: Implementation + Send + Sync + 'static>(
    store: I,
    profile: Profile,
    declaration: &Declaration,
    seed: u64,
    stuck_after: Duration,
) -> std::result::Result<(Option<ConcurrentFailure>, History), String> {
    let size = Size { pause: PAUSE_MAX, ..Size::default() };
    let workload = Arc::new(generate::from_seed_offering(declaration, Repertoire::of(profile), size, seed));
    let bound = declaration.bound_for(workload.sessions);
    let pace = (bound, declaration.errors.persistence());
    let (history, failures) = match sessions::run(&workload, Arc::new(store), profile, pace, stuck_after)? {
        End::Reached(history, failures) => (*history, failures),
        End::Stuck(in_flight) => {
            let anomalies = vec![stuck(&workload, &in_flight, stuck_after)];
            return Ok((Some(ConcurrentFailure { seed, history: History::default(), anomalies }), History::default()));
        }
    };
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

fn stuck(workload: &Workload, in_flight: &[String], after: Duration) -> Anomaly {
    let why = format!("no call began or ended for {after:?}; in flight: {}", in_flight.join("; "));
    let steps = workload.steps.iter().map(ToString::to_string);
    Anomaly {
        requirement: RequirementId::KveErr01,
        register: None,
        expected: "a result or an error".into(),
        actual: Failure::Trap(why).to_string(),
        operations: Vec::new(),
        because: std::iter::once("the sessions had these steps:".into()).chain(steps).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use kvspec_reference::interface::Bucket;

    use super::*;

    /// A store whose `get` waits for a signal that nobody gives.
    #[derive(Default)]
    struct Deadlocked {
        lock: Mutex<()>,
        signal: Condvar,
    }

    struct Handle(Arc<Deadlocked>);

    struct Store(Arc<Deadlocked>);

    impl Implementation for Store {
        fn open(&self, _name: &str) -> Result<Box<dyn Bucket>> {
            Ok(Box::new(Handle(self.0.clone())))
        }
    }

    impl Bucket for Handle {
        fn get(&self, _key: &str) -> Result<Option<Vec<u8>>> {
            let never = self.0.signal.wait_while(self.0.lock.lock().unwrap(), |_| true);
            drop(never);
            Ok(None)
        }

        fn set(&self, _key: &str, _value: &[u8]) -> Result<()> {
            Ok(())
        }

        fn delete(&self, _key: &str) -> Result<()> {
            Ok(())
        }

        fn exists(&self, _key: &str) -> Result<bool> {
            Ok(false)
        }
    }

    #[test]
    fn a_store_that_deadlocks_fails_with_what_it_did_not_answer() {
        let mut declaration = Declaration::default();
        declaration.consistency.convergence_ms = Some(0);
        let soon = Duration::from_millis(50);
        let tried = try_one(Store(Arc::default()), Profile::Eventual, &declaration, 7, soon);
        let failure = tried.unwrap().0.expect("it never answers");
        assert_eq!((failure.seed, failure.anomalies.len()), (7, 1));
        let Anomaly { requirement, actual, because, .. } = &failure.anomalies[0];
        assert_eq!(*requirement, RequirementId::KveErr01);
        assert!(actual.contains("in flight: session"), "{actual}");
        let workload = generate::from_seed(&declaration, Size { pause: PAUSE_MAX, ..Size::default() }, 7);
        let steps: Vec<String> = workload.steps.iter().map(ToString::to_string).collect();
        assert_eq!(because[1..], steps);
    }
}
