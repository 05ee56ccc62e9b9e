//! What a search says of implementations that do not answer, break, or cannot be started.

use std::cell::Cell;

use kvspec_reference::RequirementId::{KveClm01, KveErr01};
use kvspec_reference::interface::{Bucket, Failure, Implementation, Result, Subject, fresh};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::{InMemory, history::Rank};
use kvspec_suites::Verdict;
use kvspec_suites::declaration::{Claim, Declaration};
use kvspec_suites::workloads::property::{PropertyReport, Search, search, search_while};

/// A store in memory that fails some calls, by their number.
struct Failing {
    store: InMemory,
    calls: std::rc::Rc<Cell<u64>>,
    fail: fn(u64) -> Option<Failure>,
}

struct Handle {
    bucket: Box<dyn Bucket>,
    calls: std::rc::Rc<Cell<u64>>,
    fail: fn(u64) -> Option<Failure>,
}

impl Implementation for Failing {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(Handle { bucket: self.store.open(name)?, calls: self.calls.clone(), fail: self.fail }))
    }
}

impl Handle {
    fn or_fail(&self) -> Result<()> {
        self.calls.set(self.calls.get() + 1);
        (self.fail)(self.calls.get()).map_or(Ok(()), Err)
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.or_fail()?;
        self.bucket.get(key)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.or_fail()?;
        self.bucket.set(key, value)
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.or_fail()?;
        self.bucket.delete(key)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.or_fail()?;
        self.bucket.exists(key)
    }
}

fn searched(fail: fn(u64) -> Option<Failure>) -> PropertyReport {
    let subject = fresh(move |_| Failing { store: InMemory::new(), calls: Default::default(), fail });
    let wanted = Search { cases: 100, ..Search::default() };
    search(&subject, &ManualClock::default(), &Declaration::default(), wanted)
}

#[test]
fn a_store_that_answers_nothing_does_not_pass() {
    let report = searched(|_| Some(Failure::error("not today")));
    assert!(matches!(report.verdict(), Verdict::Inconclusive(_)), "{:?}", report.verdict());
    assert_eq!((report.cases, report.reads, report.errors), (100, 0, report.operations));
}

#[test]
fn errors_now_and_then_are_legal() {
    let busy = searched(|call| (call % 3 == 0).then(|| Failure::error("busy")));
    assert_eq!(busy.verdict(), Verdict::Pass);
    assert!(busy.errors * 4 > busy.operations && busy.errors < busy.operations, "and are counted: {}", busy.errors);
    assert_eq!(
        searched(|call| (call % 3 == 0).then(|| Failure::Unanswered("cut off".into()))).verdict(),
        Verdict::Pass
    );
}

#[test]
fn a_trap_is_a_violation_and_shrinks_to_the_calls_it_needs() {
    let report = searched(|call| (call == 3).then(|| Failure::Trap("unreachable".into())));
    let failure = report.failure.as_ref().unwrap();
    assert_eq!(failure.anomalies[0].requirement, KveErr01);
    // Three calls: as lines, or as reads of a quiescence point.
    assert!(failure.workload.steps.len() <= 3 && failure.is_minimal, "{failure}");
    assert_ne!(failure.history.records()[failure.anomalies[0].operations[0]].response, Rank::NEVER);
}

#[test]
fn a_fault_of_kvspec_is_no_verdict_on_the_store() {
    let report = searched(|call| (call == 5).then(|| Failure::Harness("lost the pipe".into())));
    assert!(matches!(report.verdict(), Verdict::Error(why) if why.contains("lost the pipe")));

    struct Broken;
    impl Subject for Broken {
        fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
            Err(Failure::Harness("no such file".into()))
        }
    }
    let report = search(&Broken, &ManualClock::default(), &Declaration::default(), Search::default());
    assert!(matches!(report.verdict(), Verdict::Error(why) if why.contains("no such file")));
}

#[test]
fn a_budget_ends_a_search() {
    let mut left = 5;
    let report = search_while(
        &fresh(|_| InMemory::new()),
        &ManualClock::default(),
        &Declaration::default(),
        Search::default(),
        &mut |_| {
            left -= 1;
            left >= 0
        },
    );
    assert_eq!(report.cases, 5);
    assert_eq!(report.verdict(), Verdict::Pass);
}

/// Read-your-writes says nothing of other sessions, so the bound of a second is theirs: with
/// several, the simulated store can only break the claim itself.
#[test]
fn a_claim_for_one_session_is_no_bound_for_several() {
    let mut declaration = Declaration::default();
    declaration.consistency.claims = vec![Claim::ReadYourWrites];
    let report = search(
        &kvspec_reference::stores::simulated::subject(None),
        &ManualClock::default(),
        &declaration,
        Search {
            size: kvspec_suites::workloads::generate::Size { steps: 8, ..Default::default() },
            ..Search::default()
        },
    );
    let failure = report.failure.expect("the simulated store breaks the claim");
    let is_of_one_session = failure.found.sessions == 1;
    assert!(is_of_one_session || failure.anomalies[0].requirement == KveClm01, "{failure}");
}
