//! What is proposed for a store, its own cases never fail.

use std::time::Duration;

use kvspec_reference::interface::{Bucket, Clock, Failure, Implementation, Result, Subject, fresh};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::{InMemory, Profile};
use kvspec_suites::declaration::{Declaration, KeyCharacters, Proposal};
use kvspec_suites::stores::legal;
use kvspec_suites::{Verdict, cases, run_case};

/// What its owner must say of a store, since it cannot be tried: existing buckets, promises, errors, a quota.
fn known(declared: &Declaration) -> Declaration {
    let mut known = Declaration::default();
    known.capabilities.buckets = declared.capabilities.buckets.clone();
    known.consistency = declared.consistency.clone();
    known.errors = declared.errors.clone();
    known.limits.max_total_bytes = declared.limits.max_total_bytes;
    known
}

fn failures(subject: &dyn Subject, declaration: &Declaration) -> Vec<&'static str> {
    let fails = |case: &&kvspec_suites::Case| {
        let store = subject.start(1).unwrap();
        let report = run_case(case, Profile::Eventual, &*store, &ManualClock::default(), declaration, 1);
        report.verdict == Verdict::Fail
    };
    cases::all().into_iter().filter(fails).map(|case| case.name).collect()
}

#[test]
fn a_proposal_is_kept_by_the_store_that_it_is_for() {
    let mut broken = Vec::new();
    for store in legal::all() {
        let declared = (store.declaration)();
        let proposal = Declaration::probe(store, &ManualClock::default(), &known(&declared)).unwrap();
        let Proposal { mut declaration, findings, .. } = proposal;
        // What was seen a few times is no promise.
        declaration.consistency = declared.consistency.clone();
        let failed = failures(store, &declaration);
        if !failed.is_empty() {
            broken.push(format!("{}: {failed:?}\n  {:?}\n  {}", store.name, declaration.limits, findings.join("\n  ")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A store that keeps keys of letters and digits, and those that begin as one of its patterns: `k*`.
struct Patterned(InMemory);

struct Handle(Box<dyn Bucket>);

impl Handle {
    fn allows(key: &str) -> Result<()> {
        let is_portable = KeyCharacters::Portable.allow(key);
        if is_portable || key.starts_with("k*") { Ok(()) } else { Err(Failure::error("no such key is allowed")) }
    }
}

impl Implementation for Patterned {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(Handle(self.0.open(name)?)))
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Self::allows(key).and_then(|()| self.0.get(key))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        Self::allows(key).and_then(|()| self.0.set(key, value))
    }

    fn delete(&self, key: &str) -> Result<()> {
        Self::allows(key).and_then(|()| self.0.delete(key))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Self::allows(key).and_then(|()| self.0.exists(key))
    }
}

#[test]
fn a_store_that_accepts_more_than_a_class_of_keys_is_proposed_a_least() {
    let subject = fresh(|_| Patterned(InMemory::new()));
    let proposal = Declaration::probe(&subject, &ManualClock::default(), &known(&Declaration::default())).unwrap();
    let limits = &proposal.declaration.limits;
    assert_eq!((limits.key_characters, limits.at_least), (KeyCharacters::Portable, true), "{:#?}", proposal.findings);
    let mut declaration = proposal.declaration;
    declaration.capabilities.streaming = false;
    assert_eq!(failures(&subject, &declaration), [""; 0]);
    declaration.limits.at_least = false;
    assert!(!failures(&subject, &declaration).is_empty(), "k* is accepted");
}

/// What takes nanoseconds is no bound of a millisecond.
#[test]
fn a_store_that_shows_at_once_is_proposed_no_bound() {
    struct Ticking(ManualClock);
    impl Clock for Ticking {
        fn now_ns(&self) -> u64 {
            self.0.advance(Duration::from_nanos(208));
            self.0.now_ns()
        }

        fn advance(&self, by: Duration) {
            self.0.advance(by);
        }
    }
    let clock = Ticking(ManualClock::default());
    let proposal = Declaration::probe(&fresh(|_| InMemory::new()), &clock, &Declaration::default()).unwrap();
    assert_eq!(proposal.declaration.consistency.convergence_ms, None, "{:#?}", proposal.findings);
    assert!(proposal.shows_at_once);
}

#[test]
fn what_the_profile_lacks_is_not_proposed() {
    let subject = fresh(|_| InMemory::new()).of(Profile::StoreDraft2);
    let proposal = Declaration::probe(&subject, &ManualClock::default(), &Declaration::default()).unwrap();
    let named = proposal.findings.iter().chain(proposal.untried.iter().map(|(_, why)| why));
    assert!(named.clone().count() > 0);
    for text in named {
        assert!(!text.contains("streaming") && !text.contains("size_known"), "{text}");
    }
}
