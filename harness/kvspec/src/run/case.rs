//! One case on a fresh implementation.

use std::time::{Duration, Instant};

use kvspec_reference::History;
use kvspec_reference::interface::{Failure, Subject};
use kvspec_suites::workloads::property::start_trapped;
use kvspec_suites::{Case, CaseReport, Declaration, Verdict, run_case};

use super::answers::Answers;
use super::clock::RealClock;

/// Of longer values, only the beginning is kept once a history was judged.
pub(super) const SHOWN_VALUE_BYTES: usize = 64 << 10;

/// One case that was run.
pub struct CaseRun {
    /// The case.
    pub case: &'static Case,
    /// What came of it.
    pub report: CaseReport,
    /// How long it took, on the real clock; never part of what is compared between runs.
    pub took: Duration,
    /// Whether the target could not be set up: a fault of its surroundings, such as what empties its store.
    pub is_lost: bool,
}

/// Runs one case on a fresh implementation.
pub fn run_one(case: &'static Case, subject: &dyn Subject, declaration: &Declaration, seed: u64) -> CaseRun {
    let start = Instant::now();
    let clock = RealClock::starting_now();
    let started = subject.start(seed);
    let is_lost = matches!(started, Err(Failure::Setup(_)));
    let mut report = match started {
        Ok(implementation) => run_case(case, subject.profile(), &*implementation, &clock, declaration, seed),
        Err(failure) => not_started(failure),
    };
    // A case shared by several profiles does not know for which it runs.
    report.history.header_mut().profile = subject.profile().name().into();
    if report.verdict == Verdict::Pass
        && let Some(why) = Answers::of(&report.history).too_few_answers()
    {
        report.verdict = Verdict::Inconclusive(why);
    }
    // It was judged: from here on it is shown, and what was answered may be very large.
    report.history.cut_values(SHOWN_VALUE_BYTES);
    CaseRun { case, report, took: start.elapsed(), is_lost }
}

fn not_started(failure: Failure) -> CaseReport {
    let (verdict, anomalies) = match failure {
        Failure::Trap(why) => (Verdict::Fail, vec![start_trapped(&why)]),
        failure => (Verdict::Error(format!("the implementation could not be started: {failure}")), Vec::new()),
    };
    CaseReport {
        verdict,
        anomalies,
        observations: Vec::new(),
        history: History::default(),
        comparisons: 0,
        convergence_ns: Vec::new(),
        is_shown_afterwards: false,
    }
}
