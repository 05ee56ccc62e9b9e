//! The driver: runs a workload on an implementation, one call at a time, in the order of its lines.
//!
//! The order is the interleaving, so a run depends on the workload and the implementation alone.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::history::History;
use crate::interface::{Clock, Failure, Implementation, Result};
use crate::profile::Profile;
use crate::workload::Persistence;
use crate::workload::recorder::{Recorder, Session};
use crate::workload::step::{Call, Step, Workload};

/// What came of a workload.
#[derive(Debug, Clone)]
pub struct Run {
    /// Everything that was called, the reads of quiescence points included.
    pub history: History,
    /// The calls that gave no result, in their order.
    pub failures: Vec<StepFailure>,
}

/// A call that gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFailure {
    /// Index of the step in the workload; for a quiescence point, any of its reads; for what
    /// happened while the handles were dropped at the end, the last step.
    pub step: usize,
    /// What it gave. A bucket that could not be opened is not in the history.
    pub failure: Failure,
}

impl Run {
    /// The first fault of kvspec, its adapter or what starts the implementation: the run decides
    /// nothing then.
    pub fn harness_fault(&self) -> Option<&StepFailure> {
        self.failures.iter().find(|f| matches!(f.failure, Failure::Harness(_) | Failure::Setup(_)))
    }
}

/// Runs a workload. `clock` serves an implementation that has no clock of its own; `bound` is the
/// convergence bound that it declares, and that each quiescence point lets pass.
///
/// At a quiescence point every session reads every register named so far, by `get` and `exists`, and lists every
/// bucket, where the profile has listings and they are offered.
pub fn run(
    workload: &Workload,
    implementation: &dyn Implementation,
    clock: &dyn Clock,
    profile: &str,
    bound: Duration,
) -> Run {
    run_persistently(workload, implementation, clock, profile, bound, Persistence::default())
}

/// As [`run`], with sessions that try again what answers an error, and wait before they write.
/// [`Run::failures`] has the last try of each call.
pub fn run_persistently(
    workload: &Workload,
    implementation: &dyn Implementation,
    clock: &dyn Clock,
    profile: &str,
    bound: Duration,
    persistence: Persistence,
) -> Run {
    let recorder = Recorder::new(implementation, clock, profile, bound).persisting(persistence);
    let mut sessions: Vec<Session<'_>> = (0..workload.sessions).map(|_| recorder.session()).collect();
    let mut registers = Registers::default();
    let mut failures = Vec::new();
    let has_listings = profile.parse().is_ok_and(Profile::is_store);
    for (step, what) in workload.steps.iter().enumerate() {
        let mut note = |result: Result<()>| {
            if let Err(failure) = result {
                failures.push(StepFailure { step, failure });
            }
        };
        match what {
            Step::Wait(duration) => recorder.clock().advance(*duration),
            Step::Call { session, call } => match sessions.get_mut(usize::from(*session)) {
                Some(session) => {
                    registers.note(call);
                    note(session.perform(call));
                }
                None => note(Err(no_such_session(*session, workload.sessions))),
            },
            Step::Quiesce => {
                recorder.quiesce();
                for session in &mut sessions {
                    for (bucket, key) in &registers.in_order {
                        note(session.get(bucket, key).map(drop));
                        note(session.exists(bucket, key).map(drop));
                    }
                    for bucket in registers.buckets.iter().filter(|_| has_listings) {
                        note(session.list(bucket, None).map(drop));
                    }
                }
            }
        }
    }
    drop(sessions);
    // A trap while the last handles were dropped.
    if let Some(failure) = implementation.take_fault() {
        failures.push(StepFailure { step: workload.steps.len().saturating_sub(1), failure });
    }
    let history = recorder.finish().unwrap_or_else(|error| {
        failures.push(StepFailure { step: 0, failure: Failure::Harness(error.to_string()) });
        History::default()
    });
    Run { history, failures }
}

fn no_such_session(session: u16, sessions: u16) -> Failure {
    Failure::Harness(format!("the workload calls as session {session}, but has only {sessions} sessions"))
}

/// The registers named so far, each once.
#[derive(Default)]
struct Registers<'w> {
    in_order: Vec<(&'w str, Cow<'w, str>)>,
    known: BTreeSet<(&'w str, Cow<'w, str>)>,
    buckets: Vec<&'w str>,
}

impl<'w> Registers<'w> {
    fn note(&mut self, call: &'w Call) {
        let Some(bucket) = call.bucket() else { return };
        if !self.buckets.contains(&bucket) {
            self.buckets.push(bucket);
        }
        for key in call.keys() {
            if self.known.insert((bucket, key.clone())) {
                self.in_order.push((bucket, key));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;
    use crate::eventual;
    use crate::interface::{Bucket, ErrorKind, InterfaceError};
    use crate::stores::memory::InMemory;
    use crate::workload::recorder::ManualClock;
    use crate::workload::text;

    const WORKLOAD: &str = "kvspec workload 1\nsessions 2\n0 set b k \"v\"\n1 set b j \"w\"\n0 get b k\n\
                            wait 1s\n1 delete b k\n0 exists b j\nquiesce\n1 get b k\n";

    #[test]
    fn a_quiescence_point_is_settled_and_reads_everything() {
        let workload = text::parse(WORKLOAD).unwrap().workload;
        for bound_ms in [0, 500] {
            let (store, clock) = (InMemory::new(), ManualClock::default());
            let run = run(&workload, &store, &clock, "eventual@0.1.0", Duration::from_millis(bound_ms));
            assert_eq!(run.failures, []);
            assert_eq!(run.history.records().len(), 6 + 2 * 2 * 2);
            let judgement = eventual::examine(&run.history);
            assert!(judgement.anomalies.is_empty(), "{:?}", judgement.anomalies);
            assert!(judgement.settled_reads >= 9, "{judgement:?}");
        }
    }

    /// A store that traps when handles are dropped, and reports it once.
    #[derive(Default)]
    struct Brittle {
        store: InMemory,
        fault: Rc<Cell<bool>>,
    }

    struct Handle(Box<dyn Bucket>, Rc<Cell<bool>>);

    impl Drop for Handle {
        fn drop(&mut self) {
            self.1.set(true);
        }
    }

    impl Bucket for Handle {
        fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
            self.0.get(key)
        }

        fn set(&self, key: &str, value: &[u8]) -> Result<()> {
            self.0.set(key, value)
        }

        fn delete(&self, key: &str) -> Result<()> {
            self.0.delete(key)
        }

        fn exists(&self, key: &str) -> Result<bool> {
            self.0.exists(key)
        }
    }

    impl Implementation for Brittle {
        fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
            if name == "none" {
                return Err(Failure::Error(InterfaceError { kind: ErrorKind::Other, trace: "no such bucket".into() }));
            }
            Ok(Box::new(Handle(self.store.open(name)?, Rc::clone(&self.fault))))
        }

        fn take_fault(&self) -> Option<Failure> {
            self.fault.take().then(|| Failure::Trap("in a destructor".into()))
        }
    }

    #[test]
    fn a_trap_while_handles_are_dropped_is_reported() {
        let steps_of_traps = |lines: &str| -> Vec<usize> {
            let workload = text::parse(&format!("kvspec workload 1\nsessions 1\n{lines}")).unwrap().workload;
            let (store, clock) = (Brittle::default(), ManualClock::default());
            let failures = run(&workload, &store, &clock, "eventual@0.1.0", Duration::ZERO).failures;
            failures.iter().filter(|f| matches!(f.failure, Failure::Trap(_))).map(|f| f.step).collect()
        };
        assert_eq!(steps_of_traps("0 get b k\n0 exists b k\n"), [1], "at the end");
        // Also where the call itself gave an error.
        assert_eq!(steps_of_traps("0 get b k\n0 reopen none\n"), [1]);
    }

    #[test]
    fn a_call_of_a_session_that_the_workload_lacks_is_a_fault_of_the_harness() {
        let call = |session| Step::Call { session, call: Call::Delete { bucket: "b".into(), key: "k".into() } };
        let workload = Workload { sessions: 1, steps: vec![call(0), call(1), call(0)] };
        let run = run(&workload, &InMemory::new(), &ManualClock::default(), "eventual@0.1.0", Duration::ZERO);
        let why = "the workload calls as session 1, but has only 1 sessions".to_owned();
        assert_eq!(run.failures, [StepFailure { step: 1, failure: Failure::Harness(why) }]);
        assert_eq!(run.harness_fault(), run.failures.first());
        assert_eq!(run.history.records().len(), 2);
    }
}
