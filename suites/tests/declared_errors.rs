//! Errors that are declared are tried again, and hide nothing; errors that are not declared are said to be
//! that. What the stores of `legal::errors` do, `kill_matrix` tries with more seeds.

use kvspec_reference::Profile;
use kvspec_reference::history::Outcome;
use kvspec_reference::interface::Subject;
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_suites::declaration::{Declaration, Errors};
use kvspec_suites::stores::legal::{self, Unusual};
use kvspec_suites::stores::mutants;
use kvspec_suites::workloads::property::{Search, search};
use kvspec_suites::{Case, CaseReport, Verdict, cases, run_case};

/// Stores that are not judged rightly without what they declare, and what a case then says of them.
const UNDECLARED: [(&str, &str); 4] = [
    ("busy-now-and-then", "errors, not declared"),
    ("busy-but-done", "errors, not declared"),
    ("one-write-a-second", "errors, not declared"),
    ("quota-of-all", "errors, not declared"),
];

fn store(name: &str) -> &'static Unusual {
    legal::all().iter().find(|store| store.name == name).expect("there is one of this name")
}

fn run(store: &dyn Subject, declaration: &Declaration, case: &Case) -> CaseReport {
    let implementation = store.start(1).unwrap();
    run_case(case, Profile::Eventual, &*implementation, &ManualClock::default(), declaration, 1)
}

#[test]
fn errors_that_are_not_declared_are_called_that() {
    for (name, words) in UNDECLARED {
        let reports = cases::all().into_iter().map(|case| run(store(name), &Declaration::default(), case));
        let failed: Vec<CaseReport> = reports.filter(|report| report.verdict == Verdict::Fail).collect();
        assert!(!failed.is_empty(), "{name} answers errors");
        for anomaly in failed.iter().flat_map(|report| &report.anomalies) {
            assert!(anomaly.actual.starts_with("error (5") || anomaly.actual.starts_with("error (4"), "{anomaly:?}");
            assert!(anomaly.because.iter().any(|because| because.contains(words)), "{name}: {anomaly:?}");
        }
    }
}

#[test]
fn each_try_is_an_operation_of_the_history() {
    let (mut failed, mut answered) = (0, 0);
    for case in cases::all().into_iter().filter(|case| case.name.contains("::delete::")) {
        let report = run(store("busy-now-and-then"), &(store("busy-now-and-then").declaration)(), case);
        assert_eq!(report.verdict, Verdict::Pass, "{}", case.name);
        let records = report.history.records();
        failed += records.iter().filter(|record| record.outcome == Outcome::Error).count();
        answered += records.iter().filter(|record| record.outcome == Outcome::Ok).count();
    }
    assert!(failed > 0 && answered > failed, "{failed} errors, {answered} results");
}

#[test]
fn an_error_that_stays_is_no_answer_however_often_it_is_tried() {
    let mut declaration = (store("quota-of-all").declaration)();
    declaration.limits.max_total_bytes = None;
    declaration.errors.retries = 3;
    let reports = cases::all().into_iter().map(|case| run(store("quota-of-all"), &declaration, case));
    let failed: Vec<CaseReport> = reports.filter(|report| report.verdict == Verdict::Fail).collect();
    assert!(!failed.is_empty());
    for anomaly in failed.iter().flat_map(|report| &report.anomalies) {
        assert!(anomaly.because.iter().any(|because| because.starts_with("each of 4 tries")), "{anomaly:?}");
    }
}

#[test]
fn workloads_keep_to_the_least_time_between_writes() {
    let (throttled, clock) = (store("one-write-a-second"), ManualClock::default());
    let wanted = Search { cases: 16, ..Search::default() };
    let declared = search(throttled, &clock, &(throttled.declaration)(), wanted);
    let undeclared = search(throttled, &clock, &Declaration::default(), wanted);
    assert_eq!((declared.verdict(), declared.errors), (Verdict::Pass, 0));
    assert!(undeclared.errors > 0, "its errors are seen where nobody waits");
}

#[test]
fn workloads_keep_to_a_quota() {
    let (bounded, clock) = (store("quota-of-all"), ManualClock::default());
    let wanted = Search { cases: 64, ..Search::default() };
    let declared = search(bounded, &clock, &(bounded.declaration)(), wanted);
    let undeclared = search(bounded, &clock, &Declaration::default(), wanted);
    assert_eq!((declared.verdict(), declared.errors), (Verdict::Pass, 0));
    assert!(undeclared.errors > 0, "its quota is met where nobody counts");
}

#[test]
fn a_bug_beside_declared_errors_is_found() {
    for name in ["busy-and-the-next-write-is-dropped", "throttled-writes-are-dropped-for-two-seconds"] {
        let mutant = mutants::all().iter().find(|mutant| mutant.name == name).expect("there is one of this name");
        let found = search(mutant, &ManualClock::default(), &(mutant.declaration)(), Search::default());
        let failure = found.failure.unwrap_or_else(|| panic!("{name} lives"));
        let requirement = failure.anomalies[0].requirement;
        assert!(mutant.breaks.contains(&requirement), "{name}: {failure}");
    }
}

#[test]
fn a_limit_that_is_a_least_is_not_the_most() {
    let more = store("more-than-it-promises");
    let above = cases::all().into_iter().find(|case| case.name.ends_with("above_the_declared_limit_is_refused"));
    let above = above.expect("there is a case of this name");
    let mut exact = (more.declaration)();
    assert_eq!(run(more, &exact, above).verdict, Verdict::Pass);
    exact.limits.at_least = false;
    assert_eq!(run(more, &exact, above).verdict, Verdict::Fail, "it accepts more than it says");
}

#[test]
fn nothing_declared_is_one_try() {
    assert_eq!(Errors::default().persistence(), kvspec_reference::workload::Persistence::default());
}
