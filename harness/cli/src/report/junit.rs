//! The report as JUnit XML, for machines that show tests: a suite a group of cases.
//!
//! What JUnit has no word for: an undecided case is an error of type `inconclusive`, since it never
//! reads as pass; a known violation is skipped, with its reason; an expectation that is met no more
//! is a failure of a suite of its own.

use kvspec_reference::{Anomaly, RequirementId};
use kvspec_suites::Verdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use kvspec::expectation::Expectation;
use kvspec::report::cause::{Cause, causes};
use kvspec::report::human;
use kvspec::run::event::Conclusion;
use kvspec::run::exploration::Exploration;
use kvspec::run::threads::Concurrency;
use kvspec::run::{Answers, CaseRun};

/// The whole report.
///
/// # Errors
/// When it cannot be written as XML.
pub fn text(conclusion: &Conclusion<'_>) -> Result<String, String> {
    let Conclusion { header, run, met, .. } = conclusion;
    let forms = Forms { conclusion, causes: causes(run, met) };
    let mut report = Report::new(format!("kvspec: {} against {}", header.profile, header.target));
    let group_of = |name: &'static str| name.rsplit_once("::").map_or("", |(group, _)| group);
    for chunk in run.cases.chunk_by(|a, b| group_of(a.case.name) == group_of(b.case.name)) {
        let mut suite = TestSuite::new(group_of(chunk[0].case.name));
        suite.add_test_cases(chunk.iter().map(|run| forms.case(run)));
        report.add_test_suite(suite);
    }
    if let Some(exploration) = &run.exploration {
        let mut suite = TestSuite::new("random workloads");
        suite.add_test_case(forms.search(exploration));
        report.add_test_suite(suite);
    }
    if let Some(concurrency) = &run.concurrency {
        let mut suite = TestSuite::new("concurrent workloads");
        suite.add_test_case(forms.concurrent(concurrency));
        report.add_test_suite(suite);
    }
    if met.stale.len() + met.expired.len() > 0 {
        let mut suite = TestSuite::new("expectations");
        suite
            .add_test_cases(met.stale.iter().map(|expectation| untrue(expectation, "stale", expectation.stale_text())));
        let expired = |expectation: &&Expectation| untrue(expectation, "expired", expectation.expired_text());
        suite.add_test_cases(met.expired.iter().map(expired));
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| error.to_string())
}

/// What the parts of a report have in common.
struct Forms<'c> {
    conclusion: &'c Conclusion<'c>,
    causes: Vec<Cause<'c>>,
}

impl Forms<'_> {
    fn case(&self, run: &CaseRun) -> TestCase {
        let report = &run.report;
        let text = || human::failure_text(run, self.conclusion.replay);
        let mut case =
            self.test(run.case.name, &report.verdict, &report.anomalies, &Answers::of(&report.history), text);
        case.set_assertions(usize::try_from(report.comparisons).unwrap_or(usize::MAX)).set_time(run.took);
        case
    }

    fn search(&self, exploration: &Exploration) -> TestCase {
        let anomalies = exploration.search.failure.as_ref().map_or(&[][..], |failure| &failure.anomalies);
        let text = || human::exploration_text(exploration, self.conclusion.replay);
        let mut case = self.test(exploration.name, &exploration.verdict(), anomalies, &exploration.answers, text);
        case.set_assertions(usize::try_from(exploration.search.reads).unwrap_or(usize::MAX));
        case.set_time(exploration.took);
        case
    }

    fn concurrent(&self, concurrency: &Concurrency) -> TestCase {
        let failure = concurrency.failure.as_ref();
        let anomalies = failure.map_or(&[][..], |failure| &failure.anomalies);
        let text =
            || failure.map_or_else(String::new, |failure| human::concurrent_text(failure, self.conclusion.replay));
        let mut case = self.test(concurrency.name, &concurrency.verdict(), anomalies, &concurrency.answers, text);
        case.set_assertions(usize::try_from(concurrency.reads).unwrap_or(usize::MAX));
        case
    }

    /// A test of this name. The text of a failure is given once a cause: the others name the first.
    fn test(
        &self,
        name: &'static str,
        verdict: &Verdict,
        anomalies: &[Anomaly],
        answers: &Answers,
        text: impl Fn() -> String,
    ) -> TestCase {
        let cause = self.causes.iter().find(|cause| cause.is_shown_by(name));
        let text = || match cause {
            Some(cause) if cause.smallest().name != name => {
                format!("{}: shown by {} with fewer operations", cause.title(), cause.smallest().name)
            }
            Some(cause) => format!("{}\n{}", cause.title(), text()),
            None => text(),
        };
        let named = anomalies.first().map(|anomaly| anomaly.requirement);
        let requirement = cause.map(|cause| cause.requirement).or(named);
        let mut case =
            TestCase::new(name, status(verdict, requirement, self.conclusion.met.expectation_of(name), text));
        if !answers.are_all_results() {
            case.set_system_out(format!("calls without a result: {answers}"));
        }
        case
    }
}

fn status(
    verdict: &Verdict,
    requirement: Option<RequirementId>,
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
    match (verdict, known) {
        (Verdict::Pass, _) => TestCaseStatus::success(),
        (Verdict::Skip(why), _) => skipped(why),
        (Verdict::Fail, Some(known)) => {
            let id = requirement.map_or("a requirement", RequirementId::as_str);
            skipped(&format!("known violation of {id}: {known}"))
        }
        (Verdict::Fail, None) => {
            let statement =
                requirement.map_or("a requirement is broken", |id| kvspec_suites::requirement::find(id).statement);
            non_success(NonSuccessKind::Failure, requirement.map_or("failure", RequirementId::as_str), statement)
        }
        (Verdict::Inconclusive(why), _) => non_success(NonSuccessKind::Error, "inconclusive", why),
        (Verdict::Error(why), _) => non_success(NonSuccessKind::Error, "error", why),
    }
}

fn untrue(expectation: &Expectation, of_type: &str, message: String) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(of_type).set_message(message);
    TestCase::new(expectation.id.to_string(), status)
}
