//! What becomes of keys that are made paths as they are: see suites/findings/object-paths.md.

mod adapters;

use std::collections::BTreeMap;
use std::sync::Arc;

use adapters::{declaration, plain};
use kvspec::asynchronous::{AsyncImplementation, on_tokio};
use kvspec::run::run_one;
use kvspec::{Implementation, Subject, fresh};
use kvspec_suites::Verdict;

/// The failed cases of some groups with the requirement each names first.
fn failed<S: AsyncImplementation + 'static>(
    start: impl AsyncFn() -> S + Send + Sync + 'static,
) -> BTreeMap<&'static str, &'static str> {
    let groups =
        ["eventual::keys::", "eventual::buckets::", "eventual::delete::", "eventual::get::", "eventual::set::"];
    let start = on_tokio(start);
    let subject: &dyn Subject = &fresh(|_| start());
    let (mut failed, mut passed) = (BTreeMap::new(), 0);
    for case in kvspec_suites::cases::of(subject.profile()) {
        if !groups.iter().any(|group| case.name.starts_with(group)) {
            continue;
        }
        let run = run_one(case, subject, &declaration(), 1);
        match run.report.verdict {
            Verdict::Fail => drop(failed.insert(case.name, run.report.anomalies[0].requirement.as_str())),
            Verdict::Pass => passed += 1,
            Verdict::Skip(_) => {}
            other => panic!("{}: {other:?}", case.name),
        }
    }
    assert!(passed > 20, "{passed} passed");
    failed
}

fn opendal_memory() -> adapters::opendal::Store {
    let operator = opendal::Operator::new(opendal::services::Memory::default()).unwrap();
    adapters::opendal::Store { operator, path_of: plain }
}

fn object_store_memory() -> adapters::object_store::Store {
    adapters::object_store::Store { objects: Arc::new(object_store::memory::InMemory::new()), path_of: plain }
}

#[test]
fn keys_as_paths_of_opendal() {
    let known = BTreeMap::from([
        ("eventual::buckets::separators_between_bucket_and_key_do_not_collide", "KVE-BKT-01"),
        ("eventual::delete::absent_key_leaves_others", "KVE-SET-01"),
        ("eventual::delete::present_key_leaves_others", "KVE-SET-01"),
        ("eventual::get::neighbours_of_a_present_key_are_absent", "KVE-GET-02"),
        ("eventual::keys::blanks_matter", "KVE-KEY-01"),
        ("eventual::keys::nul_and_control_characters_count", "KVE-KEY-01"),
        ("eventual::keys::path_like_keys_are_plain_names", "KVE-KEY-01"),
        ("eventual::keys::protocol_framing_is_plain_text", "KVE-KEY-01"),
        ("eventual::keys::quotes_and_sql_are_plain_text", "KVE-KEY-01"),
        ("eventual::keys::the_empty_key_is_a_key", "KVE-KEY-01"),
    ]);
    assert_eq!(failed(async || opendal_memory()), known);
}

#[test]
fn keys_as_paths_of_object_store() {
    let known = BTreeMap::from([
        ("eventual::buckets::separators_between_bucket_and_key_do_not_collide", "KVE-BKT-01"),
        ("eventual::delete::absent_key_leaves_others", "KVE-KEY-02"),
        ("eventual::delete::present_key_leaves_others", "KVE-KEY-02"),
        ("eventual::get::neighbours_of_a_present_key_are_absent", "KVE-INT-03"),
        ("eventual::keys::path_like_keys_are_plain_names", "KVE-KEY-01"),
    ]);
    assert_eq!(failed(async || object_store_memory()), known);
}

/// Which of these pairs of keys are one, and which first keys cannot be set.
fn confused(store: &dyn Implementation) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut one, mut refused) = (Vec::new(), Vec::new());
    for (number, (key, other)) in
        [("a//b", "a/b"), ("/k", "k"), ("k/", "k"), ("k ", "k"), ("k\n", "k"), (" k", "k"), ("", "")]
            .into_iter()
            .enumerate()
    {
        let bucket = store.open(&format!("b{number}")).unwrap();
        match bucket.set(key, b"v") {
            Err(_) => refused.push(key),
            Ok(()) if key != other && bucket.exists(other).unwrap() => one.push(key),
            Ok(()) => {}
        }
    }
    (one, refused)
}

#[test]
fn what_a_path_loses() {
    assert_eq!(confused(&on_tokio(async || opendal_memory())()), (vec!["a//b", "/k", "k ", "k\n"], vec!["k/", ""]));
    assert_eq!(confused(&on_tokio(async || object_store_memory())()), (vec!["a//b", "/k", "k/"], vec![]));
}
