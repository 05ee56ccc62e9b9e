//! The Rust component, in every shape the interface was published in, against the suite.

use std::time::Duration;

use kvspec::run::Plan;
use kvspec::subject::native::Native;
use kvspec::{Declaration, Failure, InMemory, Subject, fresh};
use kvspec_component::Limits;
use kvspec_component::component::{ComponentSubject, Options};
use kvspec_suites::Verdict;
use kvspec_tests::guest;

fn load(features: &str, bug: Option<&str>) -> ComponentSubject {
    let environment = bug.map(|bug| ("KVSPEC_BUG".to_owned(), bug.to_owned())).into_iter().collect();
    ComponentSubject::load(&guest::store(features), Options { environment, ..Options::default() }).unwrap()
}

fn declaration(streaming: bool) -> Declaration {
    let mut declaration = Declaration::default();
    declaration.capabilities.streaming = streaming;
    declaration
}

fn run(subject: &dyn Subject, declaration: &Declaration) -> Vec<kvspec::run::CaseRun> {
    Plan { subject, declaration, cases: kvspec_suites::cases::all(), seed: 1 }.run(|_| {})
}

fn assert_all_pass(features: &str, streaming: bool) {
    for run in run(&load(features, None), &declaration(streaming)) {
        let is_good = matches!(run.report.verdict, Verdict::Pass | Verdict::Skip(_));
        assert!(is_good, "{features}: {}: {:?} {:?}", run.case.name, run.report.verdict, run.report.anomalies);
    }
}

#[test]
fn a_store_without_streams_passes() {
    assert_all_pass("", false);
}

#[test]
fn a_store_with_streams_of_its_own_passes() {
    assert_all_pass("own-streams", true);
}

#[test]
fn a_store_with_streams_of_the_host_passes() {
    assert_all_pass("host-pipes", true);
}

#[test]
fn a_store_of_the_earlier_shape_passes() {
    assert_all_pass("method-shape", false);
}

#[test]
fn native_and_component_runs_have_equal_histories() {
    let declaration = declaration(true);
    let component = run(&load("own-streams", None), &declaration);
    let native = run(&Native(fresh(|_| InMemory::new())), &declaration);
    assert_eq!(component.len(), native.len());
    for (component, native) in component.iter().zip(&native) {
        let operations = |run: &kvspec::run::CaseRun| {
            let history = &run.report.history;
            (0..history.records().len()).map(|i| history.operation_text(i)).collect::<Vec<_>>()
        };
        assert_eq!(operations(component), operations(native), "{}", component.case.name);
    }
}

#[test]
fn a_store_that_shows_writes_late_passes_within_its_bound_and_fails_beyond() {
    let subject = load("", Some("shows-after-60s"));
    let mut declaration = declaration(false);
    declaration.consistency.convergence_ms = Some(61_000);
    for run in run(&subject, &declaration) {
        assert!(matches!(run.report.verdict, Verdict::Pass | Verdict::Skip(_)), "{}: {:?}", run.case.name, run.report);
    }
    declaration.consistency.convergence_ms = Some(1_000);
    assert!(run(&subject, &declaration).iter().any(|run| run.report.verdict == Verdict::Fail));
}

#[test]
fn a_cut_value_is_named() {
    let subject = load("", Some("value-cut-at-100"));
    let runs = run(&subject, &declaration(false));
    let anomalies: Vec<_> = runs.iter().flat_map(|run| &run.report.anomalies).collect();
    assert!(anomalies.iter().any(|anomaly| anomaly.requirement.as_str() == "KVE-VAL-03"), "{anomalies:?}");
}

/// A store under test, one bucket open.
fn with_bucket(bug: &str, limits: Limits, test: impl FnOnce(&dyn kvspec::Bucket)) {
    let environment = vec![("KVSPEC_BUG".into(), bug.into())];
    let subject = ComponentSubject::load(&guest::store(""), Options { environment, limits, ..Options::default() });
    let subject = subject.unwrap();
    let store = subject.start(1).unwrap();
    test(&*store.open("b").unwrap());
}

#[test]
fn a_loop_without_end_is_cut_off() {
    with_bucket(
        "loops-on-get",
        Limits { call_timeout: std::time::Duration::from_millis(300), ..Limits::default() },
        |bucket| {
            let failure = bucket.get("loop").unwrap_err();
            assert!(matches!(&failure, Failure::Trap(why) if why.contains("get computed for 300ms")), "{failure}");
            let next = bucket.exists("k").unwrap_err();
            assert!(matches!(&next, Failure::Trap(why) if why.contains("earlier call")), "{next}");
        },
    );
}

#[test]
fn memory_is_bounded() {
    with_bucket("eats-memory", Limits { memory_bytes: 64 << 20, ..Limits::default() }, |bucket| {
        let failure = bucket.set("k", b"v").unwrap_err();
        assert!(matches!(&failure, Failure::Trap(why) if why.contains("more memory")), "{failure}");
    });
}

#[test]
fn a_panic_shows_what_was_printed() {
    with_bucket("traps-on-empty-key", Limits::default(), |bucket| {
        bucket.set("k", b"v").unwrap();
        let failure = bucket.set("", b"v").unwrap_err();
        assert!(matches!(&failure, Failure::Trap(why) if why.contains("the key is empty")), "{failure}");
    });
}

#[test]
fn virtual_time_moves_only_when_told() {
    let subject = load("", Some("shows-after-60s"));
    let store = subject.start(1).unwrap();
    let clock = store.clock().unwrap();
    let bucket = store.open("b").unwrap();
    bucket.set("k", b"v").unwrap();
    assert_eq!(bucket.get("k").unwrap(), None);
    clock.advance(Duration::from_secs(59));
    assert_eq!(bucket.get("k").unwrap(), None);
    clock.advance(Duration::from_secs(1));
    assert_eq!(bucket.get("k").unwrap().as_deref(), Some(&b"v"[..]));
}
