//! What a search makes of stores that hardly answer, and of violations that are expected.

use kvspec_reference::RequirementId;
use std::cell::Cell;
use std::rc::Rc;

use kvspec::run::exploration::{Budget, Unwatched, Watch, explore};
use kvspec::subject::native::Native;
use kvspec::{Bucket, Declaration, Failure, Implementation, InMemory, Result, Subject};
use kvspec_reference::stores::simulated::{self, Bug};
use kvspec_suites::Verdict;

/// A store that answers one call of so many, and otherwise what `silence` gives.
struct Silent {
    answered_of: u64,
    silence: fn() -> Failure,
}

struct SilentBucket {
    store: Box<dyn Bucket>,
    calls: Rc<Cell<u64>>,
    answered_of: u64,
    silence: fn() -> Failure,
}

struct SilentStore<'s> {
    store: InMemory,
    calls: Rc<Cell<u64>>,
    subject: &'s Silent,
}

impl Subject for Silent {
    fn start(&self, _: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new(SilentStore { store: InMemory::new(), calls: Rc::default(), subject: self }))
    }
}

impl Implementation for SilentStore<'_> {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let Silent { answered_of, silence } = *self.subject;
        Ok(Box::new(SilentBucket { store: self.store.open(name)?, calls: self.calls.clone(), answered_of, silence }))
    }
}

impl SilentBucket {
    fn answers<T>(&self, result: Result<T>) -> Result<T> {
        self.calls.set(self.calls.get() + 1);
        if self.calls.get().is_multiple_of(self.answered_of) { result } else { Err((self.silence)()) }
    }
}

impl Bucket for SilentBucket {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.answers(self.store.get(key))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.answers(self.store.set(key, value))
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.answers(self.store.delete(key))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.answers(self.store.exists(key))
    }
}

fn at_once() -> Declaration {
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(0);
    declaration
}

#[test]
fn who_hardly_answers_does_not_pass() {
    let budget = Budget { cases: Some(16), time: None };
    let silences: [fn() -> Failure; 2] = [|| Failure::Unanswered("cut".into()), || Failure::error("busy")];
    for silence in silences {
        let explore = |answered_of| explore(&Silent { answered_of, silence }, &at_once(), 1, budget, &mut Unwatched);
        let exploration = explore(10);
        assert!(exploration.search.settled_reads > 0, "something was compared");
        let Verdict::Inconclusive(why) = exploration.verdict() else { panic!("{:?}", exploration.verdict()) };
        assert!(why.contains("calls gave a result"), "{why}");
        assert_eq!(explore(1).verdict(), Verdict::Pass);
    }
}

/// Expects violations of one requirement.
struct Expecting(&'static str);

impl Watch for Expecting {
    fn is_expected(&mut self, requirement: RequirementId) -> bool {
        requirement.as_str() == self.0
    }
}

#[test]
fn a_search_goes_on_past_what_is_expected() {
    let cluster = simulated::subject(Some(Bug::LostTombstone));
    let mut declaration = Declaration::default();
    let bound_ms = cluster.parameters.convergence_bound().as_millis();
    declaration.consistency.convergence_ms = Some(u64::try_from(bound_ms).expect("it is short"));
    let subject = Native(cluster);
    let budget = Budget { cases: Some(64), time: None };
    let first = explore(&subject, &declaration, 1, budget, &mut Unwatched);
    let found = first.search.failure.expect("the bug is found");
    assert_eq!(found.anomalies[0].requirement.to_string(), "KVE-CON-02");

    let past = explore(&subject, &declaration, 1, budget, &mut Expecting("KVE-CON-02"));
    assert_eq!(past.known.len(), 1, "one of each requirement is kept");
    assert_eq!(past.known[0].workload, found.workload);
    assert_eq!(past.verdict(), Verdict::Fail);
    assert!(past.search.cases > first.search.cases);
    let other = past.search.failure.map(|failure| failure.anomalies[0].requirement.to_string());
    assert!(other.is_some() || past.search.cases == 64, "it ends with its budget, or with another violation");
    assert_ne!(other.as_deref(), Some("KVE-CON-02"));
}
