//! The search for a workload that breaks an implementation.

use kvspec_reference::interface::{Clock, Subject};
use kvspec_reference::random::Random;
use kvspec_reference::workload::Workload;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::execution::execute;
use super::report::{PropertyFailure, PropertyReport, Search};
use super::smallest::{Place, Shown, Smallest, smallest};
use super::watch::{GoOn, Watch};
use crate::declaration::Declaration;
use crate::workloads::generate::{Repertoire, Workloads, workloads};

/// Searches for a workload that shows a violation; ends with the first. `clock` serves an
/// implementation that has no clock of its own.
pub fn search(subject: &dyn Subject, clock: &dyn Clock, declaration: &Declaration, search: Search) -> PropertyReport {
    search_while(subject, clock, declaration, search, &mut |_| true)
}

/// As [`search`], but asks `go_on` before each workload, with the report so far: for a progress
/// line or a budget of time. A failure is still shrunk.
pub fn search_while(
    subject: &dyn Subject,
    clock: &dyn Clock,
    declaration: &Declaration,
    search: Search,
    go_on: &mut dyn FnMut(&PropertyReport) -> bool,
) -> PropertyReport {
    search_watched(subject, clock, declaration, search, &mut GoOn(go_on))
}

/// As [`search`], with someone who watches and may end it.
pub fn search_watched(
    subject: &dyn Subject,
    clock: &dyn Clock,
    declaration: &Declaration,
    search: Search,
    watch: &mut dyn Watch,
) -> PropertyReport {
    let mut report = PropertyReport::new(search);
    let repertoire = Repertoire::offered_by(subject, declaration);
    let workloads = workloads(declaration).with_size(search.size).offering(repertoire);
    let place = Place { subject, clock, declaration };
    let mut runner = runner(search.seed);
    let mut seeds = Random::for_purpose(search.seed, 1);
    for case in 0..search.cases {
        if !watch.goes_on(&report) {
            break;
        }
        match try_one(&workloads, &mut runner, place, seeds.bits()) {
            Err(why) => {
                report.error = Some(why);
                break;
            }
            Ok(shown) => {
                report.count(&shown.execution);
                if !shown.execution.anomalies.is_empty() {
                    watch.found(&shown.regression());
                    let found = shown.workload.clone();
                    let smallest = smallest(place, shown, search.shrink_runs_max, &mut || watch.goes_on_shrinking());
                    report.failure = Some(failure(case, found, smallest));
                    break;
                }
                watch.ran(&shown.execution);
            }
        }
    }
    report
}

/// Runs the next workload of the strategy once.
fn try_one(workloads: &Workloads, runner: &mut TestRunner, place: Place<'_>, seed: u64) -> Result<Shown, String> {
    let tree = workloads.new_tree(runner).map_err(|why| format!("no workload could be generated: {why}"))?;
    let workload = tree.current();
    let Place { subject, clock, declaration } = place;
    let execution = execute(subject, clock, declaration, subject.profile(), &workload, seed)?;
    Ok(Shown { seed, workload, execution })
}

fn failure(case: u64, found: Workload, smallest: Smallest) -> PropertyFailure {
    let Smallest { shown, runs, is_minimal } = smallest;
    PropertyFailure {
        case,
        implementation_seed: shown.seed,
        found,
        workload: shown.workload,
        history: shown.execution.run.history,
        anomalies: shown.execution.anomalies,
        executions: runs,
        is_minimal,
    }
}

/// Proptest's engine, seeded by us; it writes no files.
fn runner(seed: u64) -> TestRunner {
    let mut random = Random::new(seed);
    let bytes: Vec<u8> = (0..4).flat_map(|_| random.bits().to_le_bytes()).collect();
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}
