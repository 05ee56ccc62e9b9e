//! The property tests find what they are for, and nothing else: each classic bug of the simulated
//! store is found and shrunk, the healthy store passes.
//!
//! `KVSPEC_SEEDS=N` and `KVSPEC_WORKLOADS=N` make the tests as thorough as wanted.

use std::collections::BTreeSet;

use kvspec_reference::Profile;
use kvspec_reference::interface::fresh;
use kvspec_reference::stores::simulated::{Bug, Parameters, Simulated, subject};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::{InMemory, Workload};
use kvspec_suites::Verdict;
use kvspec_suites::declaration::Declaration;
use kvspec_suites::stores::mutants::{self, Mutant};
use kvspec_suites::workloads::property::{PropertyFailure, PropertyReport, Search, execute, search};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |n| n.parse().expect("a number"))
}

/// The declaration of a simulated store: its bound and nothing else.
fn declaration(parameters: &Parameters) -> Declaration {
    let bound_ms = parameters.convergence_bound().as_millis() as u64;
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(bound_ms);
    declaration
}

fn search_simulated(simulated: &Simulated, seed: u64, cases: u64) -> PropertyReport {
    let declaration = declaration(&simulated.parameters);
    search(simulated, &ManualClock::default(), &declaration, Search { seed, cases, ..Search::default() })
}

#[test]
fn each_classic_bug_is_found_and_shrunk() {
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let (mut cases_max, mut operations_max, mut executions_max) = (0, 0, 0);
        let mut requirements = BTreeSet::new();
        for seed in 0..number("KVSPEC_SEEDS", 3) {
            let report = search_simulated(&subject(Some(bug)), seed, 256);
            let Some(failure) = &report.failure else {
                missed.push(format!("{bug}, seed {seed}: not found in {} workloads", report.cases));
                continue;
            };
            assert_eq!(report.verdict(), Verdict::Fail);
            requirements.insert(failure.anomalies[0].requirement);
            cases_max = cases_max.max(report.cases);
            operations_max = operations_max.max(failure.workload.operation_count());
            executions_max = executions_max.max(failure.executions);
            assert!(nothing_can_go(bug, failure), "{failure}");
            if failure.workload.operation_count() > 6 || !failure.is_minimal {
                missed.push(format!("{bug}, seed {seed}: not small enough\n{failure}"));
            }
        }
        println!(
            "{bug}: found within {cases_max} workloads, shrunk to at most {operations_max} operations \
             in at most {executions_max} runs, as {requirements:?}"
        );
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// Whether each step of a shrunk workload is needed to show the violation with its seed.
fn nothing_can_go(bug: Bug, failure: &PropertyFailure) -> bool {
    let simulated = subject(Some(bug));
    let shows = |workload: &Workload| {
        let (declaration, clock) = (declaration(&simulated.parameters), ManualClock::default());
        let seed = failure.implementation_seed;
        let execution = execute(&simulated, &clock, &declaration, Profile::Eventual, workload, seed).unwrap();
        execution.anomalies.iter().any(|a| a.requirement == failure.anomalies[0].requirement)
    };
    let without = |step: usize| {
        let mut smaller = failure.workload.clone();
        smaller.steps.remove(step);
        smaller
    };
    shows(&failure.workload) && (0..failure.workload.steps.len()).all(|step| !shows(&without(step)))
}

#[test]
fn a_healthy_store_passes() {
    let workloads = number("KVSPEC_WORKLOADS", 1_500);
    let faulty = Parameters { failure_per_mille: 100, ..Parameters::default() };
    let hard = Parameters {
        replicas: 5,
        loss_per_mille: 700,
        partition_per_mille: 1000,
        failure_per_mille: 20,
        ..Parameters::default()
    };
    let lone = Parameters { replicas: 1, ..Parameters::default() };
    for (name, parameters, part) in
        [("default", Parameters::default(), 2), ("faulty", faulty, 4), ("hard", hard, 8), ("lone", lone, 8)]
    {
        let report = search_simulated(&Simulated { parameters, bug: None }, 1, workloads / part);
        println!(
            "{name}: {} workloads, {} operations, {} reads judged, {} of them settled",
            report.cases, report.operations, report.reads, report.settled_reads
        );
        assert_eq!(report.verdict(), Verdict::Pass, "{name}: {}", report.failure.unwrap());
        assert_eq!(report.cases, workloads / part);
        assert!(report.settled_reads > report.cases * 4);
    }
}

#[test]
fn the_smallest_store_passes() {
    let report =
        search(&fresh(|_| InMemory::new()), &ManualClock::default(), &Declaration::default(), Search::default());
    assert_eq!(report.verdict(), Verdict::Pass, "{}", report.failure.unwrap());
}

#[test]
fn equal_seeds_give_equal_reports() {
    for bug in [None, Some(Bug::LostTombstone), Some(Bug::ReplayedWrite)] {
        let report = |seed| format!("{:?}", search_simulated(&subject(bug), seed, 100));
        assert_eq!(report(7), report(7));
        assert_ne!(report(7), report(8));
    }
}

/// Stores that do what few expect, and may.
#[test]
fn no_unusual_store_is_failed() {
    let cases = number("KVSPEC_WORKLOADS", 100);
    for unusual in kvspec_suites::stores::legal::all() {
        let wanted = Search { cases, ..Search::default() };
        let report = search(unusual, &ManualClock::default(), &(unusual.declaration)(), wanted);
        let failure = report.failure.as_ref().map(|f| f.to_string()).unwrap_or_default();
        assert_eq!(report.verdict(), Verdict::Pass, "{}: {failure}", unusual.name);
    }
}

/// A generator that has gone blind fails this: random workloads find many mutants that were not
/// made for them. Streams, sizes and limits are not theirs to find.
#[test]
fn many_mutants_are_found_by_random_workloads() {
    let found = |mutant: &&Mutant| {
        let wanted = Search { shrink_runs_max: 0, ..Search::default() };
        search(*mutant, &ManualClock::default(), &(mutant.declaration)(), wanted).failure.is_some()
    };
    let all = mutants::all().iter();
    let count = all.filter(found).count();
    println!("{count} of {} mutants found", mutants::all().len());
    assert!(count >= 100, "{count} of {}", mutants::all().len());
}
