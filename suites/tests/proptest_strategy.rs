//! What users of proptest get: workloads as a strategy, the smallest failure, and a file of it.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use kvspec_reference::interface::{Implementation, Result, Subject, fresh};
use kvspec_reference::stores::simulated::{Bug, Simulated, subject};
use kvspec_reference::workload::shrink::shrink;
use kvspec_reference::workload::text;
use kvspec_reference::{InMemory, Workload};
use kvspec_suites::Declaration;
use kvspec_suites::workloads::property::Regression;
use kvspec_suites::workloads::proptest::{WorkloadFiles, check, workloads};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};

/// The bound of a simulated store, and nothing else.
fn declaration(simulated: &Simulated) -> Declaration {
    let bound_ms = simulated.parameters.convergence_bound().as_millis() as u64;
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(bound_ms);
    declaration
}

/// Runs proptest with its own engine and settings; the message and the smallest workload of a failure.
fn run(
    subject: &dyn Subject,
    declaration: &Declaration,
    seed: u64,
    files: Option<&WorkloadFiles>,
) -> Option<(String, Workload)> {
    let failure_persistence = files.map(|files| Box::new(files.clone()) as _);
    let config = ProptestConfig { failure_persistence, ..ProptestConfig::default() };
    let bytes: Vec<u8> = (0..4u64).flat_map(|part| (seed * 4 + part).to_le_bytes()).collect();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let strategy = workloads(declaration).trying_first(files.map(WorkloadFiles::kept).unwrap_or_default());
    match runner.run(&strategy, |workload| check(&workload, subject, declaration)) {
        Ok(()) => None,
        Err(TestError::Fail(reason, workload)) => Some((reason.message().to_owned(), workload)),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// A folder of this test process alone, empty.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

/// A search of ours tries small workloads first, and ends at 4 operations or fewer; proptest begins with
/// whatever fails first, and ends at the local minimum that is next to it.
const OPERATIONS_MAX: usize = 6;
/// More than shrinking a workload of this size ever asks for.
const EXECUTIONS_MAX: u64 = 20_000;

#[test]
fn proptest_shrinks_each_classic_bug_to_a_few_operations() {
    let seeds: u64 = std::env::var("KVSPEC_SEEDS").map_or(2, |n| n.parse().expect("a number"));
    let mut large = Vec::new();
    for bug in Bug::ALL {
        let simulated = subject(Some(bug));
        let declaration = declaration(&simulated);
        let mut counts = Vec::new();
        for seed in 0..seeds {
            let (message, smallest) =
                run(&simulated, &declaration, seed, None).unwrap_or_else(|| panic!("{bug}, {seed}"));
            counts.push(smallest.operation_count());
            let again =
                shrink(&smallest, EXECUTIONS_MAX, |workload| check(workload, &simulated, &declaration).is_err());
            assert!(
                again.is_minimal && again.workload == smallest,
                "{bug}, {seed}: our own loop goes on from\n{smallest:?}"
            );
            if smallest.operation_count() > OPERATIONS_MAX {
                large.push(format!("{bug}, seed {seed}: {message}\n{smallest:?}"));
            }
        }
        println!("{bug}: operations of the smallest workloads {counts:?}");
    }
    assert!(large.is_empty(), "{} are not small:\n{}", large.len(), large.join("\n"));
}

#[test]
fn a_failure_is_kept_as_a_file_and_tried_first() {
    let simulated = subject(Some(Bug::LostTombstone));
    let declaration = declaration(&simulated);
    let files = WorkloadFiles::new(folder("kept"));
    assert_eq!(files.kept(), []);
    let (message, smallest) = run(&simulated, &declaration, 1, Some(&files)).expect("the bug is found");
    assert_eq!(files.kept(), std::slice::from_ref(&smallest), "{message}");

    let told = &message[message.find(text::FIRST_LINE).expect("the workload is in the message")..];
    let told = Regression::parse(told).unwrap_or_else(|why| panic!("{why}: {message}"));
    assert_eq!(told.file.workload, smallest);
    assert!(message.starts_with(&format!("{} violated", told.requirement)), "{message}");

    // Tried first: the first workload fails, and is as small as it can be already.
    let tried = RefCell::new(Vec::new());
    let strategy = workloads(&declaration).trying_first(files.kept());
    let result = TestRunner::deterministic().run(&strategy, |workload| {
        tried.borrow_mut().push(workload.clone());
        check(&workload, &simulated, &declaration)
    });
    assert!(matches!(result, Err(TestError::Fail(_, again)) if again == smallest));
    assert_eq!(tried.borrow()[0], smallest);
}

#[test]
fn a_file_that_is_no_workload_is_not_left_out_silently() {
    let folder = folder("broken");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("README"), "not a workload, and not named as one").unwrap();
    let files = WorkloadFiles::new(&folder);
    assert_eq!(files.kept(), []);
    fs::write(folder.join("a.workload"), "kvspec workload 1\n").unwrap();
    assert!(std::panic::catch_unwind(|| files.kept()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_smallest_store_passes(workload in workloads(&Declaration::default())) {
        check(&workload, &fresh(|_| InMemory::new()), &Declaration::default())?;
    }
}

// What a user writes, of a store with a bug; run by the test below.
proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(WorkloadFiles::new(files_of_a_user()))),
        ..ProptestConfig::default()
    })]

    fn my_store(number in 0..10, workload in workloads(&declaration(&subject(None)))) {
        prop_assert!(number < 10);
        let simulated = subject(Some(Bug::LostTombstone));
        check(&workload, &simulated, &declaration(&simulated))?;
    }
}

fn files_of_a_user() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("of_a_user")
}

#[test]
fn the_macro_writes_the_smallest_workload() {
    folder("of_a_user");
    let panic = std::panic::catch_unwind(my_store).expect_err("the bug is found");
    let message = panic.downcast_ref::<String>().expect("proptest panics with a text");
    let kept = WorkloadFiles::new(files_of_a_user()).kept();
    let [smallest] = &*kept else { panic!("{kept:?}") };
    assert!(smallest.operation_count() <= OPERATIONS_MAX, "{message}");
    assert!(message.contains(&format!("workload = {smallest:?}")), "{message}");
}

/// A store whose start fails through no fault of its own.
struct Absent;

impl Subject for Absent {
    fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Err(kvspec_reference::Failure::Setup("no such file".into()))
    }
}

#[test]
fn what_cannot_be_run_does_not_pass() {
    let (message, _) = run(&Absent, &Declaration::default(), 0, None).expect("nothing was run");
    assert!(message.contains("could not be run") && message.contains("no such file"), "{message}");
}
