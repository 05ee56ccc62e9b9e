//! Random workloads of all operations: which bugs they find, and that they accuse no store which is right.
//!
//! `KVSPEC_SEEDS=10 cargo test -p kvspec-suites --test all_operations -- --nocapture` prints the tables with ten
//! seeds; the default is one, so that the test takes seconds.

use kvspec_reference::Profile;
use kvspec_reference::interface::{Implementation, Result, Subject};
use kvspec_reference::stores::simulated::{self, Bug, Simulated};
use kvspec_reference::workload::Workload;
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::workload::shrink::shrink;
use kvspec_suites::Verdict;
use kvspec_suites::declaration::Declaration;
use kvspec_suites::stores::legal::{self, Unusual};
use kvspec_suites::stores::mutants::{self, Mutant};
use kvspec_suites::workloads::generate::{Repertoire, Size, from_seed, from_seed_offering};
use kvspec_suites::workloads::property::{Search, execute, search};

const PROFILE: Profile = Profile::StoreDraft2;

fn seeds() -> u64 {
    std::env::var("KVSPEC_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// A store of the profile.
struct OfProfile<S>(S);

impl<S: Subject> Subject for OfProfile<S> {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        self.0.start(seed)
    }

    fn profile(&self) -> Profile {
        PROFILE
    }
}

#[test]
fn bugs_of_public_reports_are_found() {
    let mut table = String::new();
    let mut missed = Vec::new();
    for mutant in mutants::store::reported() {
        let found: Vec<Option<(u64, String)>> = (0..seeds()).map(|seed| workloads_until_found(mutant, seed)).collect();
        let texts = found.iter().map(|found| match found {
            Some((workloads, requirement)) => format!("{workloads} {requirement}"),
            None => "-".to_owned(),
        });
        table += &format!("{:44} {}\n", mutant.name, texts.collect::<Vec<_>>().join(", "));
        if found.contains(&None) {
            missed.push(mutant.name);
        }
    }
    println!("{table}");
    assert_eq!(missed, [""; 0], "\n{table}");
}

/// How many workloads the search takes, with its default settings, and which requirement it names.
fn workloads_until_found(mutant: &Mutant, seed: u64) -> Option<(u64, String)> {
    let wanted = Search { seed, shrink_runs_max: 0, ..Search::default() };
    let report = search(&OfProfile(*mutant), &ManualClock::default(), &(mutant.declaration)(), wanted);
    assert_eq!(report.error, None, "{}", mutant.name);
    report.failure.map(|failure| (failure.case + 1, failure.anomalies[0].requirement.to_string()))
}

#[test]
fn no_odd_store_is_accused() {
    for store in legal::store::all() {
        for seed in 0..seeds() {
            let wanted = Search { seed, cases: 128, ..Search::default() };
            let report = search(&OfProfile(Started(*store)), &ManualClock::default(), &(store.declaration)(), wanted);
            let failure = report.failure.as_ref().map(ToString::to_string);
            assert_eq!(failure, None, "{}, seed {seed}", store.name);
            assert_eq!(report.verdict(), Verdict::Pass, "{}, seed {seed}", store.name);
        }
    }
}

struct Started(Unusual);

impl Subject for Started {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok((self.0.start)(seed))
    }
}

/// A truly eventual store keeps no promise on own writes, so it is judged as `eventual@0.1.0` is.
fn judged(store: &Simulated, workload: &Workload, seed: u64) -> Vec<String> {
    let execution = execute(store, &ManualClock::default(), &declaration(store), Profile::Eventual, workload, seed);
    execution
        .expect("it runs")
        .anomalies
        .iter()
        .map(|anomaly| format!("{}: {anomaly:?}", anomaly.requirement))
        .collect()
}

fn declaration(store: &Simulated) -> Declaration {
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(store.parameters.convergence_bound().as_millis() as u64);
    declaration
}

fn random_workload(store: &Simulated, seed: u64) -> Workload {
    let repertoire = Repertoire { page_keys: Some(8), ..Repertoire::of(PROFILE) };
    from_seed_offering(&declaration(store), repertoire, Size::default(), seed)
}

#[test]
fn a_healthy_eventual_store_is_not_accused() {
    let mut failing = simulated::subject(None);
    failing.parameters.failure_per_mille = 100;
    for store in [simulated::subject(None), failing] {
        for seed in 0..200 * seeds() {
            let workload = random_workload(&store, seed);
            let anomalies = judged(&store, &workload, seed);
            assert!(anomalies.is_empty(), "seed {seed}\n{workload:?}\n{}", anomalies.join("\n"));
        }
    }
}

#[test]
fn bugs_of_listings_increments_swaps_and_batches_are_found_and_shrunk() {
    find_and_shrink(&Bug::OF_STORE, random_workload);
}

#[test]
fn bugs_of_streams_are_found_and_shrunk() {
    find_and_shrink(&Bug::OF_STREAMS, |store, seed| from_seed(&declaration(store), Size::default(), seed));
}

fn find_and_shrink(bugs: &[Bug], random_workload: fn(&Simulated, u64) -> Workload) {
    for &bug in bugs {
        let store = simulated::subject(Some(bug));
        for first_seed in 0..seeds() {
            let from = first_seed * 10_000;
            let breaks = |workload: &Workload, seed: u64| !judged(&store, workload, seed).is_empty();
            let mut tried = (from..from + 1_000).map(|seed| (seed, random_workload(&store, seed)));
            let found = tried.find(|(seed, workload)| breaks(workload, *seed));
            let (seed, workload) = found.unwrap_or_else(|| panic!("{bug} is not found"));
            let still = |candidate: &Workload| (0..20).any(|more| breaks(candidate, seed + more));
            let shrunk = shrink(&workload, 20_000, still);
            let size = shrunk.workload.operation_count();
            println!("{bug}: seed {seed}, {size} operations after {} tries\n{:?}", shrunk.executions, shrunk.workload);
            assert!(size <= 6, "{bug}: {:?}", shrunk.workload);
        }
    }
}
