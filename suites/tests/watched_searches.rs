//! Searches that are watched and ended, claims held against every workload, and stores that trap
//! as they start.

use kvspec_reference::RequirementId::{KveClm01, KveErr01};
use kvspec_reference::interface::{Failure, Implementation, Result, Subject, fresh};
use kvspec_reference::stores::simulated::{Bug, subject};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_suites::Verdict;
use kvspec_suites::declaration::{Claim, Declaration};
use kvspec_suites::workloads::property::{
    Execution, PropertyReport, Regression, Search, Watch, search, search_watched,
};

/// Its convergence bound is that of the simulated store.
fn claiming(claims: &[Claim]) -> Declaration {
    let bound_ms = subject(None).parameters.convergence_bound().as_millis() as u64;
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(bound_ms);
    declaration.consistency.claims = claims.to_vec();
    declaration
}

#[test]
fn a_claim_is_held_against_random_workloads() {
    let simulated = subject(None);
    let clock = ManualClock::default();
    assert_eq!(search(&simulated, &clock, &claiming(&[]), Search::default()).verdict(), Verdict::Pass);
    for claim in [Claim::ReadYourWrites, Claim::MonotonicReads] {
        let report = search(&simulated, &clock, &claiming(&[claim]), Search::default());
        let failure = report.failure.expect("a replicated store breaks the claim");
        let anomaly = &failure.anomalies[0];
        assert_eq!(anomaly.requirement, KveClm01, "{failure}");
        assert!(anomaly.expected.contains(claim.name()) && !anomaly.operations.is_empty(), "{failure}");
        assert!(failure.is_minimal && failure.workload.operation_count() <= 5, "{failure}");
    }
}

#[test]
fn a_claim_that_is_kept_fails_nobody() {
    let all = [Claim::ReadYourWrites, Claim::MonotonicReads, Claim::Linearizable];
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(0);
    declaration.consistency.claims = all.to_vec();
    let report =
        search(&fresh(|_| kvspec_reference::InMemory::new()), &ManualClock::default(), &declaration, Search::default());
    assert_eq!(report.verdict(), Verdict::Pass);
}

/// Notes what it is told, and ends the shrinking after so many runs.
#[derive(Default)]
struct Notes {
    ran: Vec<u64>,
    found: Vec<Regression>,
    shrinking_runs: u64,
    shrinking_runs_max: u64,
}

impl Watch for Notes {
    fn goes_on_shrinking(&mut self) -> bool {
        let goes_on = self.shrinking_runs < self.shrinking_runs_max;
        self.shrinking_runs += u64::from(goes_on);
        goes_on
    }

    fn ran(&mut self, execution: &Execution) {
        self.ran.push(execution.run.history.records().len() as u64);
    }

    fn found(&mut self, regression: &Regression) {
        self.found.push(regression.clone());
    }
}

fn watched(bug: Option<Bug>, shrinking_runs_max: u64) -> (PropertyReport, Notes) {
    let mut notes = Notes { shrinking_runs_max, ..Notes::default() };
    let clock = ManualClock::default();
    let report = search_watched(&subject(bug), &clock, &claiming(&[]), Search::default(), &mut notes);
    (report, notes)
}

#[test]
fn who_watches_sees_each_workload_that_broke_nothing() {
    let (report, notes) = watched(None, 0);
    assert_eq!((notes.ran.len() as u64, notes.found.len()), (report.cases, 0));
    assert_eq!(notes.ran.iter().sum::<u64>(), report.operations);
}

#[test]
fn a_failure_is_told_before_it_is_shrunk_and_shrinking_can_be_ended() {
    let (report, notes) = watched(Some(Bug::LostTombstone), 0);
    let failure = report.failure.expect("the bug is found");
    assert_eq!((failure.executions, failure.is_minimal, &failure.workload), (0, false, &failure.found));
    assert_eq!(notes.found, [failure.regression()]);

    let (report, notes) = watched(Some(Bug::LostTombstone), 5);
    let failure = report.failure.expect("the bug is found");
    assert_eq!(notes.shrinking_runs, 5);
    assert!(!failure.is_minimal && failure.executions == 5, "{failure}");

    let (report, _) = watched(Some(Bug::LostTombstone), u64::MAX);
    assert!(report.failure.expect("the bug is found").is_minimal);
}

#[test]
fn a_trap_of_the_start_is_the_implementation_s() {
    struct Trapping;
    impl Subject for Trapping {
        fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
            Err(Failure::Trap("unreachable".into()))
        }
    }
    let report = search(&Trapping, &ManualClock::default(), &Declaration::default(), Search::default());
    assert_eq!(report.verdict(), Verdict::Fail);
    let failure = report.failure.unwrap();
    assert_eq!(failure.anomalies[0].requirement, KveErr01);
    assert!(failure.to_string().contains("it trapped as it started: unreachable"), "{failure}");
}
