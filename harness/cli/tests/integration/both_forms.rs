//! Stores in both forms, as trait objects and as components: what is found in one is found in the
//! other.

use kvspec_reference::Profile;
use kvspec_reference::RequirementId;
use std::path::PathBuf;
use std::sync::OnceLock;

use kvspec::run::{RealClock, run_one};
use kvspec::{Declaration, Subject};
use kvspec_component::component::{ComponentSubject, Options};
use kvspec_reference::stores::simulated;
use kvspec_suites::stores::legal;
use kvspec_suites::stores::mutants;
use kvspec_suites::workloads::property::{self, Regression};
use kvspec_suites::{Case, Verdict, cases, kill_matrix};
use kvspec_tests::guest;

/// The profile the stores are judged by.
const PROFILE: Profile = Profile::Eventual;

fn component(store: String) -> ComponentSubject {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let file = BUILT.get_or_init(guest::stores);
    let environment = vec![("KVSPEC_STORE".into(), store)];
    ComponentSubject::load(file, Options { environment, ..Options::default() }).unwrap()
}

/// Mutants whose bug no component can show, and why.
const NATIVE_ONLY: &[(&str, &str)] =
    &[("stream-writes-are-cut-at-4096-bytes", "wasi:io lets nobody write more than 4096 bytes at once")];

#[test]
fn what_kills_a_mutant_kills_its_component() {
    let all = cases::all();
    let mut survivors = Vec::new();
    for mutant in mutants::all().iter().filter(|m| NATIVE_ONLY.iter().all(|(name, _)| *name != m.name)) {
        let kills =
            |case: &&&'static Case| kill_matrix::kill(mutant, PROFILE, 0..1, &[case]).right_kills().next().is_some();
        let tests_it = |case: &&&'static Case| case.requirements.iter().any(|id| mutant.breaks.contains(id));
        let case = all.iter().filter(tests_it).find(kills).or_else(|| all.iter().find(kills));
        let case = case.unwrap_or_else(|| panic!("{} lives", mutant.name));
        let subject = component(format!("mutant:{}", mutant.name));
        let run = run_one(case, &subject, &(mutant.declaration)(), 0);
        let named: Vec<RequirementId> = run.report.anomalies.iter().map(|anomaly| anomaly.requirement).collect();
        if !named.iter().any(|id| mutant.breaks.contains(id)) {
            survivors.push(format!("{} in {}: {:?} {named:?}", mutant.name, case.name, run.report.verdict));
        }
    }
    assert!(survivors.is_empty(), "{survivors:#?}");
}

/// Cases that move megabytes or thousands of pairs: the matrix runs them on the trait objects.
const LARGE: &[&str] = &["sizes_around_1_mib", "thousands_of_keys", "megabytes_in_many_keys"];

#[test]
fn unusual_stores_pass_as_components() {
    let is_small = |case: &&Case| LARGE.iter().all(|large| !case.name.contains(large));
    for store in legal::all() {
        let subject = component(format!("unusual:{}", store.name));
        let declaration = (store.declaration)();
        for case in cases::all().into_iter().filter(is_small) {
            let run = run_one(case, &subject, &declaration, 1);
            let is_good = matches!(run.report.verdict, Verdict::Pass | Verdict::Skip(_));
            assert!(is_good, "{} in {}: {:?} {:?}", store.name, case.name, run.report.verdict, run.report.anomalies);
        }
    }
}

#[test]
fn kept_workloads_fail_alike_and_pass_when_the_bug_is_gone() {
    let folder = kvspec_tests::folders::workspace().join("suites/regressions");
    let mut declaration = Declaration::default();
    let bound = simulated::subject(None).parameters.convergence_bound();
    declaration.consistency.convergence_ms = Some(bound.as_millis() as u64);
    for bug in simulated::Bug::ALL {
        let text = std::fs::read_to_string(folder.join(format!("simulated-{bug}.workload"))).unwrap();
        let kept = Regression::parse(&text).unwrap();
        let violations = |subject: &dyn Subject| {
            let clock = RealClock::starting_now();
            let (workload, seed) = (&kept.file.workload, kept.implementation_seed);
            let execution = property::execute(subject, &clock, &declaration, PROFILE, workload, seed).unwrap();
            execution.anomalies.iter().map(|anomaly| anomaly.requirement).collect::<Vec<_>>()
        };
        let native = violations(&simulated::subject(Some(bug)));
        assert!(native.iter().any(|id| id.as_str() == kept.requirement), "{bug}: {native:?}");
        assert_eq!(violations(&component(format!("simulated:{bug}"))), native, "{bug}");
        assert!(violations(&component("simulated:healthy".into())).is_empty(), "{bug}");
        assert!(violations(&simulated::subject(None)).is_empty(), "{bug}");
    }
}
