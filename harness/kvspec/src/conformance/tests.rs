use kvspec_reference::Profile;
use std::sync::atomic::{AtomicU64, Ordering};

use kvspec_reference::InMemory;
use kvspec_reference::interface::{Bucket, Clock, OutgoingValue, Result};

use super::trials::{Completion, Failed};
use super::*;
use crate::expectation::Expectation;

/// Opens what exists.
struct OneBucket;

impl Implementation for OneBucket {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        if name == "default" { InMemory::new().open(name) } else { Err(Failure::error("no such bucket")) }
    }
}

/// Deletes nothing; or panics where it should.
struct NeverDeletes {
    store: InMemory,
    panics: bool,
}

struct Undeleting(Box<dyn Bucket>, bool);

impl Implementation for NeverDeletes {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(Undeleting(self.store.open(name)?, self.panics)))
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        self.store.outgoing_value()
    }

    fn clock(&self) -> Option<&dyn Clock> {
        self.store.clock()
    }
}

impl Bucket for Undeleting {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.0.get(key)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.0.set(key, value)
    }

    fn delete(&self, key: &str) -> Result<()> {
        assert!(!self.1, "{key} cannot be deleted");
        Ok(())
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.0.exists(key)
    }
}

fn never_deletes() -> Conformance<NeverDeletes> {
    Conformance::new(|| NeverDeletes { store: InMemory::new(), panics: false })
}

fn at_once() -> Declaration {
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(0);
    declaration
}

fn names<I>(conformance: Conformance<I>) -> Vec<String> {
    conformance.trials().unwrap().iter().map(|trial| trial.name().to_owned()).collect()
}

fn ended<I>(conformance: Conformance<I>, name: &str) -> std::result::Result<Completion, Failed> {
    let trials = conformance.trials().unwrap();
    trials.into_iter().find(|trial| trial.name() == name).expect("the test is there").run()
}

/// A case that fails of a store which never deletes, and one that passes.
const DELETES: &str = "eventual::delete::present_key_becomes_absent";
const SETS: &str = "eventual::set::absent_key_is_created";

#[test]
fn searches_are_named_after_the_profile() {
    let of = |profile| names(Conformance::new(|| OneBucket).threads(true).profile(profile));
    let (eventual, store) = (of(Profile::Eventual), of(Profile::StoreDraft));
    for search in ["random_workloads", "concurrent_workloads"] {
        assert!(eventual.contains(&format!("eventual::{search}")) && !eventual.contains(&format!("store::{search}")));
        assert!(store.contains(&format!("store::{search}")) && !store.contains(&format!("eventual::{search}")));
    }
    assert!(store.iter().any(|name| name.starts_with("store::list")), "{store:?}");
    assert!(!names(Conformance::new(|| OneBucket)).contains(&"eventual::concurrent_workloads".to_owned()));
}

#[test]
fn who_opens_no_unknown_bucket_is_shown_that_one_must_be_named() {
    let tested = |change: &dyn Fn(&mut Declaration)| {
        let mut settings = Settings::default();
        change(&mut settings.declaration);
        Tested::new(Conformance::new(|| OneBucket).subject, settings)
    };
    let hint = tested(&|_| ()).unwrap().check_that_buckets_open().unwrap_err();
    assert!(hint.contains("no such bucket") && hint.contains("capabilities.buckets"), "{hint}");
    let fault = tested(&|d| d.capabilities.creates_buckets = false).err().unwrap();
    assert!(fault.contains("capabilities.buckets"), "{fault}");
    let named = tested(&|d| {
        d.capabilities.creates_buckets = false;
        d.capabilities.buckets = vec!["default".into()];
    });
    named.unwrap().check_that_buckets_open().unwrap();
}

#[test]
fn a_subject_is_tested_for_its_own_profile_unless_another_is_named() {
    let subject = || kvspec_reference::interface::fresh(|_| InMemory::new()).of(Profile::StoreDraft2);
    assert!(names(Conformance::of(subject())).contains(&"store::random_workloads".to_owned()));
    let other = Conformance::of(subject()).profile(Profile::Eventual);
    assert!(names(other).contains(&"eventual::random_workloads".to_owned()));
}

#[test]
fn a_known_violation_is_ignored_until_it_is_gone() {
    let expected = |id: &str| Expectations::from_iter([Expectation::new(id, "no tombstones yet").unwrap()]);
    assert!(ended(never_deletes(), DELETES).is_err());
    let known = ended(never_deletes().expectations(expected(DELETES)), DELETES).unwrap();
    assert_eq!(known, Completion::ignored_with("known: no tombstones yet"));
    let still = "expectations::number_1_still_occurs";
    assert_eq!(ended(never_deletes().expectations(expected(DELETES)), still), Ok(Completion::Completed));
    assert_eq!(ended(never_deletes().expectations(expected("**::random_workloads")), still), Ok(Completion::Completed));
    let stale = ended(never_deletes().expectations(expected(SETS)), still).unwrap_err();
    assert!(stale.text().contains("remove the expectation"), "{}", stale.text());
    let other = Expectation::new(DELETES, "x").unwrap().of(kvspec_reference::RequirementId::KveGet01);
    assert!(ended(never_deletes().expectations(Expectations::from_iter([other])), DELETES).is_err());
    let nobody = never_deletes().expectations(expected("eventual::nope::*")).trials().err().unwrap();
    assert!(nobody.to_string().contains("matches no case"), "{nobody}");
}

#[test]
fn a_panic_keeps_its_place() {
    let panics = Conformance::new(|| NeverDeletes { store: InMemory::new(), panics: true });
    let failed = ended(panics, DELETES).unwrap_err();
    let text: String = failed.text().split_whitespace().collect::<Vec<_>>().join(" ");
    let place = format!("panicked at {}:", file!());
    assert!(text.contains(&place) && text.contains("cannot be deleted"), "{place}: {text}");
}

#[test]
fn a_start_or_reset_that_fails_is_no_violation() {
    let refused = ended(Conformance::try_new(|| Err::<InMemory, _>("connection refused")), SETS).unwrap_err();
    assert!(refused.text().contains("connection refused") && !refused.text().contains("KVE-"), "{}", refused.text());
    let stuck = ended(Conformance::new(InMemory::new).reset(|| Err("no permission")), SETS).unwrap_err();
    assert!(stuck.text().contains("the reset failed: no permission"), "{}", stuck.text());
    assert!(!stuck.text().contains("KVE-"), "{}", stuck.text());
}

#[test]
fn each_start_comes_after_a_reset_and_has_a_seed() {
    let (resets, starts) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (reset, start) = (resets.clone(), starts.clone());
    let seeded = Conformance::seeded(move |seed| {
        assert_eq!(seed, 99);
        start.fetch_add(1, Ordering::SeqCst);
        InMemory::new()
    });
    let counted = move || {
        reset.fetch_add(1, Ordering::SeqCst);
        Ok::<_, String>(())
    };
    // The environment would go before it.
    let seeded = seeded.seed(99).reset(counted);
    if std::env::var_os("KVSPEC_SEED").is_none() {
        assert_eq!(ended(seeded, SETS), Ok(Completion::Completed));
        assert_eq!((resets.load(Ordering::SeqCst), starts.load(Ordering::SeqCst)), (1, 1));
    }
}

#[test]
fn a_search_without_time_does_not_pass() {
    let search = "eventual::random_workloads";
    assert_eq!(ended(Conformance::new(InMemory::new), search), Ok(Completion::Completed));
    let none = Conformance::new(InMemory::new).real_time_budget(Duration::ZERO);
    assert!(ended(none, search).is_err());
}

#[test]
fn threads_run_for_every_profile() {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    type Pairs = BTreeMap<String, Vec<u8>>;
    #[derive(Default)]
    struct Locked(Mutex<BTreeMap<String, Arc<Mutex<Pairs>>>>);
    struct Handle(Arc<Mutex<Pairs>>);
    impl Implementation for Locked {
        fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
            Ok(Box::new(Handle(self.0.lock().unwrap().entry(name.into()).or_default().clone())))
        }
    }
    impl Bucket for Handle {
        fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
            Ok(self.0.lock().unwrap().get(key).cloned())
        }

        fn set(&self, key: &str, value: &[u8]) -> Result<()> {
            self.0.lock().unwrap().insert(key.into(), value.into());
            Ok(())
        }

        fn delete(&self, key: &str) -> Result<()> {
            self.0.lock().unwrap().remove(key);
            Ok(())
        }

        fn exists(&self, key: &str) -> Result<bool> {
            Ok(self.0.lock().unwrap().contains_key(key))
        }
    }
    for (profile, name) in [(Profile::Eventual, "eventual"), (Profile::StoreDraft, "store")] {
        let locked = Conformance::new(Locked::default).profile(profile).declaration(at_once()).threads(true);
        assert_eq!(ended(locked, &format!("{name}::concurrent_workloads")), Ok(Completion::Completed));
    }
}
