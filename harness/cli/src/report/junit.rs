//! The report as JUnit XML, for machines that show tests: a suite a group of cases.
//!
//! What JUnit has no word for: an undecided case is an error of type `inconclusive`, since it never
//! reads as pass; a known violation is skipped, with its reason; an expectation that is met no more
//! is a failure of a suite of its own.

use kvspec_suites::Verdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use kvspec::expectation::{Expectation, Met};
use kvspec::report::RunHeader;
use kvspec::report::human::{self, Replay};
use kvspec::run::exploration::Exploration;
use kvspec::run::threads::Concurrency;
use kvspec::run::{CaseRun, Run};
use kvspec::selection::{CONCURRENT_WORKLOADS, RANDOM_WORKLOADS};

/// The whole report.
///
/// # Errors
/// When it cannot be written as XML.
pub fn text(header: &RunHeader, run: &Run, replay: &Replay<'_>, met: &Met<'_>) -> Result<String, String> {
    let mut report = Report::new(format!("kvspec: {} against {}", header.profile, header.target));
    let group_of = |name: &'static str| name.rsplit_once("::").map_or("", |(group, _)| group);
    for chunk in run.cases.chunk_by(|a, b| group_of(a.case.name) == group_of(b.case.name)) {
        let mut suite = TestSuite::new(group_of(chunk[0].case.name));
        suite.add_test_cases(chunk.iter().map(|run| case(run, replay, met)));
        report.add_test_suite(suite);
    }
    if let Some(exploration) = &run.exploration {
        let mut suite = TestSuite::new("random workloads");
        suite.add_test_case(search(exploration, replay, met));
        report.add_test_suite(suite);
    }
    if let Some(concurrency) = &run.concurrency {
        let mut suite = TestSuite::new("concurrent workloads");
        suite.add_test_case(concurrent(concurrency, replay, met));
        report.add_test_suite(suite);
    }
    if !met.stale.is_empty() {
        let mut suite = TestSuite::new("expectations");
        suite.add_test_cases(met.stale.iter().map(|expectation| stale(expectation)));
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| error.to_string())
}

fn case(run: &CaseRun, replay: &Replay<'_>, met: &Met<'_>) -> TestCase {
    let (report, name) = (&run.report, run.case.name);
    let text = || human::failure_text(run, replay);
    let requirement = report.anomalies.first().map(|anomaly| anomaly.requirement);
    let mut case = TestCase::new(name, status(&report.verdict, requirement, met.expectation_of(name), text));
    case.set_assertions(usize::try_from(report.comparisons).unwrap_or(usize::MAX)).set_time(run.took);
    case
}

fn search(exploration: &Exploration, replay: &Replay<'_>, met: &Met<'_>) -> TestCase {
    let failure = exploration.search.failure.as_ref();
    let requirement = failure.and_then(|failure| failure.anomalies.first()).map(|anomaly| anomaly.requirement);
    let text = || human::exploration_text(exploration, replay);
    let status = status(&exploration.verdict(), requirement, met.expectation_of(RANDOM_WORKLOADS), text);
    let mut case = TestCase::new(RANDOM_WORKLOADS, status);
    case.set_assertions(usize::try_from(exploration.search.reads).unwrap_or(usize::MAX)).set_time(exploration.took);
    case
}

fn concurrent(concurrency: &Concurrency, replay: &Replay<'_>, met: &Met<'_>) -> TestCase {
    let failure = concurrency.failure.as_ref();
    let requirement = failure.and_then(|failure| failure.anomalies.first()).map(|anomaly| anomaly.requirement);
    let text = || failure.map_or_else(String::new, |failure| human::concurrent_text(failure, replay));
    let status = status(&concurrency.verdict(), requirement, met.expectation_of(CONCURRENT_WORKLOADS), text);
    let mut case = TestCase::new(CONCURRENT_WORKLOADS, status);
    case.set_assertions(usize::try_from(concurrency.reads).unwrap_or(usize::MAX));
    case
}

fn status(
    verdict: &Verdict,
    requirement: Option<&str>,
    known: Option<&Expectation>,
    text: impl Fn() -> String,
) -> TestCaseStatus {
    let non_success = |kind: NonSuccessKind, of_type: &str, message: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(of_type).set_message(message).set_description(text());
        status
    };
    let skipped = |message: &str| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(message);
        status
    };
    let requirement = requirement.unwrap_or("failure");
    match (verdict, known) {
        (Verdict::Pass, _) => TestCaseStatus::success(),
        (Verdict::Skip(why), _) => skipped(why),
        (Verdict::Fail, Some(known)) => skipped(&format!("known violation of {requirement}: {known}")),
        (Verdict::Fail, None) => {
            let statement =
                kvspec_suites::requirement::find(requirement).map_or("a requirement is broken", |r| r.statement);
            non_success(NonSuccessKind::Failure, requirement, statement)
        }
        (Verdict::Inconclusive(why), _) => non_success(NonSuccessKind::Error, "inconclusive", why),
        (Verdict::Error(why), _) => non_success(NonSuccessKind::Error, "error", why),
    }
}

fn stale(expectation: &Expectation) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type("stale").set_message(expectation.stale_text());
    TestCase::new(expectation.id.to_string(), status)
}
