//! The cases of `store@0.2.0` against its mutants, and against correct stores that look broken.

use std::collections::BTreeSet;

use kvspec_reference::Profile;
use kvspec_reference::RequirementId::KvsRyw01;
use kvspec_reference::interface::{Implementation, Result, Subject};
use kvspec_reference::stores::simulated::{self, Simulated};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_suites::declaration::{Consistency, Declaration};
use kvspec_suites::requirement::{self, Level};
use kvspec_suites::stores::legal;
use kvspec_suites::stores::mutants;
use kvspec_suites::workloads::property::{Regression, Search, search};
use kvspec_suites::{Case, Verdict, cases, kill_matrix, run_case};

const PROFILE: Profile = Profile::StoreDraft2;

fn own_cases() -> Vec<&'static Case> {
    cases::of(PROFILE).into_iter().filter(|case| case.name.starts_with("store::")).collect()
}

#[test]
fn every_mutant_dies_by_the_right_requirement() {
    let cases = own_cases();
    for mutant in mutants::store::all() {
        let row = kill_matrix::kill(&mutant, 0..1, &cases);
        assert!(!row.kills.is_empty(), "{} survives", mutant.name);
        let named: Vec<_> = row.kills.iter().map(|kill| (kill.case, &kill.requirements)).collect();
        assert!(row.right_kills().next().is_some(), "{} breaks {:?}, but: {named:?}", mutant.name, mutant.breaks);
    }
}

#[test]
fn every_case_kills_a_mutant() {
    let all = mutants::store::all();
    let cases = own_cases();
    let kills: BTreeSet<&str> = all
        .iter()
        .flat_map(|mutant| kill_matrix::kill(mutant, 0..1, &cases).kills.into_iter().map(|kill| kill.case))
        .collect();
    let idle: Vec<_> = cases.iter().map(|case| case.name).filter(|name| !kills.contains(name)).collect();
    assert!(idle.is_empty(), "these kill no mutant: {idle:?}");
}

#[test]
fn every_must_has_a_mutant_that_names_it() {
    let cases = own_cases();
    let mut shown = BTreeSet::new();
    for mutant in mutants::store::all() {
        for kill in kill_matrix::kill(&mutant, 0..1, &cases).right_kills() {
            shown.extend(kill.requirements.iter().copied().filter(|id| mutant.breaks.contains(id)));
        }
    }
    let musts = requirement::all().filter(|r| r.profile.is_store() && r.level == Level::Must);
    let missing: Vec<_> = musts.map(|r| r.id).filter(|id| !shown.contains(id)).collect();
    assert!(missing.is_empty(), "no mutant shows {missing:?}");
}

#[test]
fn no_unusual_store_is_failed() {
    let cases = cases::of(PROFILE);
    for store in legal::store::all() {
        let row = kill_matrix::endure(store, 0..1, &cases);
        let alarms: Vec<_> = row.failures.iter().map(|(case, _, text)| format!("{case}\n{text}")).collect();
        assert!(alarms.is_empty(), "{}: {}", store.name, alarms.join("\n"));
        let is_limited = (store.declaration)().limits != Default::default();
        let least = if is_limited { 30 } else { 100 };
        assert!(row.passed > least && row.inconclusive == 0, "{}: {row}", store.name);
    }
}

/// A store that is good enough for `eventual@0.1.0`, said to be of this profile.
struct Promising(Simulated);

impl Subject for Promising {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        self.0.start(seed)
    }

    fn profile(&self) -> Profile {
        PROFILE
    }
}

#[test]
fn random_workloads_demand_own_writes_and_keep_the_name_of_the_profile() {
    let store = simulated::subject(None);
    let bound_ms = store.parameters.convergence_bound().as_millis() as u64;
    let consistency = Consistency { convergence_ms: Some(bound_ms), ..Default::default() };
    let declaration = Declaration { consistency, ..Default::default() };
    let wanted = Search { cases: 64, ..Search::default() };
    let clock = ManualClock::default();
    assert_eq!(search(&store, &clock, &declaration, wanted).verdict(), Verdict::Pass, "eventual allows what it does");

    let report = search(&Promising(store), &clock, &declaration, wanted);
    let failure = report.failure.expect("a replica that is behind forgets the client's own write");
    assert_eq!(failure.anomalies[0].requirement, KvsRyw01);
    assert!(failure.workload.operation_count() <= 3, "{failure}");
    let kept = Regression::parse(&failure.regression().to_string()).unwrap();
    assert_eq!((&*failure.history.header.profile, &*kept.file.profile), (PROFILE.name(), PROFILE.name()));
}

#[test]
fn what_the_cases_call_stands_in_their_histories() {
    let store = legal::store::all().iter().find(|store| store.name == "store-plain").expect("the correct store");
    let mut calls = BTreeSet::new();
    for case in own_cases() {
        let declaration = (store.declaration)();
        let report = run_case(case, &*store.start(1).unwrap(), &ManualClock::default(), &declaration, 1);
        let history = report.history;
        calls.extend(history.records.iter().map(|record| record.kind.name()));
        match case.name {
            // What bytes a number is, nobody says: such keys are left out.
            "store::increment::several_handles_count_together" => assert!(history.records.is_empty(), "{history:?}"),
            "store::batch::get_many_answers_in_order" => {
                let sessions: BTreeSet<u16> = history.records.iter().map(|record| record.session).collect();
                assert!(sessions.len() > 1, "the parts of a batch overlap: {history:?}");
            }
            _ => {}
        }
    }
    assert_eq!(calls, BTreeSet::from(["cas", "delete", "exists", "get", "set"]));
}

/// What the text leaves open, or a declaration takes out of its reach, is seen and reported.
#[test]
fn what_is_not_demanded_is_reported() {
    for (store, case, end, words) in [
        ("cas-fails-at-first", "store::cas::a_swap_puts_the_value_in", Verdict::Pass, "succeeded only at try 2"),
        ("cas-by-store-version", "store::cas::a_write_to_another_key", Verdict::Pass, "another key failed"),
        (
            "store-denies-what-was-not-granted",
            "store::open::unknown_identifier_is_no_such_store",
            Verdict::Pass,
            "gives access-denied",
        ),
        (
            "store-opens-any-bucket",
            "store::open::unknown_identifier_is_no_such_store",
            Verdict::Skip("capabilities.creates_buckets = true".into()),
            "nobody had opened before, gave a bucket",
        ),
        (
            "store-refuses-odd-names",
            "eventual::buckets::opening_a_missing_bucket_is_an_error",
            Verdict::Skip("capabilities.creates_buckets = true".into()),
            "nobody had opened before, was refused: ",
        ),
    ] {
        let store = legal::store::all().iter().find(|known| known.name == store).expect("a legal store");
        let case = cases::find(case).expect("a case");
        let report = run_case(case, &*store.start(1).unwrap(), &ManualClock::default(), &(store.declaration)(), 1);
        assert_eq!(report.verdict, end, "{}: {}", store.name, case.name);
        let is_told = report.observations.iter().any(|sentence| sentence.contains(words));
        assert!(is_told, "{}: {}: {:?}", store.name, case.name, report.observations);
    }
}

#[test]
fn mutant_names_are_unique() {
    let names: Vec<_> = mutants::store::all().iter().chain(mutants::all()).map(|mutant| mutant.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}
