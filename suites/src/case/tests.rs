//! Verdicts, totals, and what a case that ends early proves.

use super::check::{Check, Stop};
use super::*;
use crate::declaration::Declaration;
use kvspec_reference::InMemory;
use kvspec_reference::interface::{Bucket, Implementation, Result as CallResult};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::{Profile, RequirementId};

fn run(case: &Case) -> CaseReport {
    run_case(case, Profile::Eventual, &InMemory::new(), &ManualClock::default(), &Declaration::default(), 1)
}

const fn case(run: fn(&mut Check<'_>) -> Result<(), Stop>) -> Case {
    Case { name: "eventual::test::case", requirements: &[RequirementId::KveGet02], catches: "fails", run }
}

#[test]
fn a_case_that_compares_nothing_does_not_pass() {
    let report = run(&case(|check| check.set(&mut check.session(), "b", "k", b"v")));
    assert_eq!(report.verdict, Verdict::Inconclusive("nothing was compared".into()));
}

#[test]
fn totals_add_up() {
    let cases = [
        case(|check| check.reads(&mut check.session(), "b", "k", None)),
        case(|check| check.reads(&mut check.session(), "b", "k", Some(b"v"))),
        case(|_| Err(Stop::Skip("capabilities.streaming = false".into()))),
        case(|_| Ok(())),
        case(|_| Err(Stop::Harness("out of paper".into()))),
        case(|check| {
            check.observe("it is blue");
            check.reads(&mut check.session(), "b", "k", None)
        }),
    ];
    let reports: Vec<CaseReport> = cases.iter().map(run).collect();
    let totals = Totals::of(&reports);
    let expected =
        Totals { pass: 2, fail: 1, skip: 1, inconclusive: 1, error: 1, anomalies: 1, observations: 1, comparisons: 3 };
    assert_eq!(totals, expected);
    assert_eq!(totals.cases(), cases.len());
}

/// A store whose `get` gives what nobody set.
struct Inventive;

impl Implementation for Inventive {
    fn open(&self, _: &str) -> CallResult<Box<dyn Bucket>> {
        Ok(Box::new(Inventive))
    }
}

impl Bucket for Inventive {
    fn get(&self, _: &str) -> CallResult<Option<Vec<u8>>> {
        Ok(Some(b"invented".to_vec()))
    }

    fn set(&self, _: &str, _: &[u8]) -> CallResult<()> {
        Ok(())
    }

    fn delete(&self, _: &str) -> CallResult<()> {
        Ok(())
    }

    fn exists(&self, _: &str) -> CallResult<bool> {
        Ok(true)
    }
}

#[test]
fn a_case_that_ends_early_is_judged_by_what_it_did() {
    fn after_a_read(check: &mut Check<'_>, end: Stop) -> Result<(), Stop> {
        let _ = check.session().get("b", "k");
        Err(end)
    }
    let cases = [
        case(|check| after_a_read(check, Stop::Skip("limits.max_keys = 1".into()))),
        case(|check| after_a_read(check, Stop::Inconclusive("cut off".into()))),
        case(|check| after_a_read(check, Stop::Harness("lost the pipe".into()))),
    ];
    let run = |case| run_case(case, Profile::Eventual, &Inventive, &ManualClock::default(), &Declaration::default(), 1);
    let ends = cases.iter().map(run).map(|report| (report.verdict, report.anomalies.len()));
    let broken = (Verdict::Fail, 1);
    assert_eq!(ends.collect::<Vec<_>>(), [broken.clone(), broken, (Verdict::Error("lost the pipe".into()), 0)]);
    let sound = cases.iter().map(self::run).map(|report| report.verdict);
    let is_as_it_ended = |verdict: Verdict| !matches!(verdict, Verdict::Pass | Verdict::Fail);
    assert!(sound.into_iter().all(is_as_it_ended));
}

#[test]
fn only_a_failed_case_has_anomalies() {
    let failed = run(&case(|check| check.reads(&mut check.session(), "b", "k", Some(b"v"))));
    assert_eq!((failed.verdict, failed.anomalies.len()), (Verdict::Fail, 1));
    let passed = run(&case(|check| check.reads(&mut check.session(), "b", "k", None)));
    assert_eq!((passed.verdict, passed.anomalies.len()), (Verdict::Pass, 0));
}
