//! The cases of `store@0.2.0` against its mutants, and against correct stores that look broken.

mod many_seeds;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use kvspec_reference::Profile;
use kvspec_reference::RequirementId::{self, KvsRyw01};
use kvspec_reference::interface::{Implementation, Result, Subject};
use kvspec_reference::stores::simulated::{self, Simulated};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_suites::declaration::Declaration;
use kvspec_suites::kill_matrix::{Matrix, Row};
use kvspec_suites::requirement::{self, Level};
use kvspec_suites::stores::legal;
use kvspec_suites::stores::mutants;
use kvspec_suites::workloads::property::{Regression, Search, search};
use kvspec_suites::{Case, Verdict, cases, kill_matrix, run_case};

const PROFILE: Profile = Profile::StoreDraft2;

fn own_cases() -> Vec<&'static Case> {
    cases::of(PROFILE).into_iter().filter(|case| case.name.starts_with("store::")).collect()
}

/// Every mutant and every unusual store against the cases of the profile, once for all tests.
static MATRIX: LazyLock<Matrix> = LazyLock::new(|| kill_matrix::run_store_profile(0..1, &mut |_| true));

#[test]
fn every_mutant_dies_by_the_right_requirement() {
    assert!(MATRIX.mutants.len() >= 68, "{} mutants", MATRIX.mutants.len());
    assert_eq!(MATRIX.survivors(), [""; 0], "mutants that live");
    assert_eq!(MATRIX.misnamed(), [""; 0], "mutants whose anomalies name none of the requirements they break");
}

#[test]
fn every_case_of_its_own_kills_a_mutant() {
    let idle = MATRIX.idle_cases();
    let own: Vec<&str> = own_cases().iter().map(|case| case.name).filter(|name| idle.contains(name)).collect();
    assert_eq!(own, [""; 0], "these kill no mutant");
}

#[test]
fn every_must_has_a_mutant_that_names_it() {
    let named = |id: RequirementId| {
        let names =
            |row: &Row| row.mutant.breaks.contains(&id) && row.kills.iter().any(|k| k.requirements.contains(&id));
        MATRIX.mutants.iter().any(names)
    };
    let musts = requirement::all().filter(|r| r.profile.is_store() && r.level == Level::Must);
    let missing: Vec<_> = musts.map(|r| r.id).filter(|id| !named(*id)).collect();
    assert_eq!(missing, [], "no mutant shows these");
}

#[test]
fn no_unusual_store_is_failed() {
    let alarms = MATRIX.false_alarms();
    assert!(alarms.is_empty(), "{} false alarms\n{}", alarms.len(), alarms.join("\n"));
    for row in &MATRIX.unusual {
        let is_limited = (row.store.declaration)().limits != Default::default();
        let least = if is_limited { 30 } else { 100 };
        assert!(row.passed > least && row.inconclusive == 0, "{row}");
    }
}

#[test]
fn no_unusual_store_is_failed_with_more_seeds() {
    let (seeds, cases) = (many_seeds::count(), cases::of(PROFILE));
    let alarms = many_seeds::false_alarms(legal::store::all(), PROFILE, seeds, &cases);
    assert!(alarms.is_empty(), "{} false alarms\n{}", alarms.len(), alarms.join("\n"));
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
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(bound_ms);
    let wanted = Search { cases: 64, ..Search::default() };
    let clock = ManualClock::default();
    assert_eq!(search(&store, &clock, &declaration, wanted).verdict(), Verdict::Pass, "eventual allows what it does");

    let report = search(&Promising(store), &clock, &declaration, wanted);
    let failure = report.failure.expect("a replica that is behind forgets the client's own write");
    assert_eq!(failure.anomalies[0].requirement, KvsRyw01);
    assert!(failure.workload.operation_count() <= 3, "{failure}");
    let kept = Regression::parse(&failure.regression().to_string()).unwrap();
    assert_eq!((&*failure.history.header().profile, &*kept.file.profile), (PROFILE.name(), PROFILE.name()));
}

#[test]
fn what_the_cases_call_stands_in_their_histories() {
    let store = legal::store::all().iter().find(|store| store.name == "store-plain").expect("the correct store");
    let mut calls = BTreeSet::new();
    for case in own_cases() {
        let declaration = (store.declaration)();
        let report = run_case(case, PROFILE, &*store.start(1).unwrap(), &ManualClock::default(), &declaration, 1);
        let history = report.history;
        calls.extend(history.records().iter().map(|record| record.kind.name()));
        match case.name {
            // What bytes a number is, nobody says: such keys are left out.
            "store::increment::several_handles_count_together" => assert!(history.records().is_empty(), "{history:?}"),
            "store::batch::get_many_answers_in_order" => {
                let sessions: BTreeSet<u16> = history.records().iter().map(|record| record.session).collect();
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
        let report = run_case(
            case,
            Profile::StoreDraft2,
            &*store.start(1).unwrap(),
            &ManualClock::default(),
            &(store.declaration)(),
            1,
        );
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
