//! A conformance case, its verdict, and the totals of many.

pub mod check;

use kvspec_reference::History;
use kvspec_reference::RequirementId;
use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::eventual;
use kvspec_reference::interface::{Clock, Implementation};

use crate::case::check::{Check, Stop};
use crate::declaration::Declaration;

/// One case: a claim that is true of good stores, and the code that tries to refute it.
pub struct Case {
    /// Its identity: `profile::group::claim`. Names never change meaning.
    pub name: &'static str,
    /// The requirements it tests, the main one first.
    pub requirements: &'static [RequirementId],
    /// The bug it is there to catch, in words that complete "it catches a store that ...".
    pub catches: &'static str,
    /// Tries to refute the claim.
    pub run: fn(&mut Check<'_>) -> Result<(), Stop>,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The claim held, and something was compared.
    Pass,
    /// The claim was refuted; the report has anomalies.
    Fail,
    /// Not applicable, and which declaration or filter says so.
    Skip(String),
    /// It ran but nothing could be decided, and why.
    Inconclusive(String),
    /// kvspec or its adapter is at fault, and how.
    Error(String),
}

/// What came of running one case once.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// How it ended.
    pub verdict: Verdict,
    /// Why it failed: at least one for [`Verdict::Fail`], none otherwise.
    pub anomalies: Vec<Anomaly>,
    /// What was seen of matters that the interface leaves open. Never a failure.
    pub observations: Vec<String>,
    /// Everything that was called.
    pub history: History,
    /// How many results were compared with what is admissible.
    pub comparisons: u64,
    /// How long after the last write each awaited state was first read, in nanoseconds of the
    /// implementation's clock.
    pub convergence_ns: Vec<u64>,
}

/// How many cases ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Totals {
    /// Cases that passed.
    pub pass: usize,
    /// Cases that failed.
    pub fail: usize,
    /// Cases that do not apply.
    pub skip: usize,
    /// Cases that decided nothing.
    pub inconclusive: usize,
    /// Cases that kvspec could not run.
    pub error: usize,
    /// Anomalies of all cases.
    pub anomalies: usize,
    /// Observations of all cases.
    pub observations: usize,
    /// Results that were compared, in all cases.
    pub comparisons: u64,
}

impl Totals {
    /// The totals of these reports.
    pub fn of<'r>(reports: impl IntoIterator<Item = &'r CaseReport>) -> Self {
        let mut totals = Self::default();
        for report in reports {
            let counter = match report.verdict {
                Verdict::Pass => &mut totals.pass,
                Verdict::Fail => &mut totals.fail,
                Verdict::Skip(_) => &mut totals.skip,
                Verdict::Inconclusive(_) => &mut totals.inconclusive,
                Verdict::Error(_) => &mut totals.error,
            };
            *counter += 1;
            totals.anomalies += report.anomalies.len();
            totals.observations += report.observations.len();
            totals.comparisons += report.comparisons;
        }
        totals
    }

    /// How many cases there were: the sum of all verdicts.
    pub fn cases(&self) -> usize {
        self.pass + self.fail + self.skip + self.inconclusive + self.error
    }
}

/// Runs one case once against a fresh implementation. `clock` serves one that has no clock of its
/// own. Everything random comes from `seed`.
pub fn run_case(
    case: &Case,
    implementation: &dyn Implementation,
    clock: &dyn Clock,
    declaration: &Declaration,
    seed: u64,
) -> CaseReport {
    let mut check = Check::new(case, implementation, clock, declaration, seed);
    let end = (case.run)(&mut check).and_then(|()| check.nothing_broke_at_the_end());
    let (verdict, refutation) = match end {
        Ok(()) => (Verdict::Pass, None),
        Err(Stop::Refuted(refutation)) => (Verdict::Fail, Some(*refutation)),
        Err(Stop::Skip(why)) => (Verdict::Skip(why), None),
        Err(Stop::Inconclusive(why)) => (Verdict::Inconclusive(why), None),
        Err(Stop::Harness(why)) => (Verdict::Error(why), None),
    };
    let (evidence, anomaly) = check.finish(refutation);
    let mut anomalies: Vec<Anomaly> = anomaly.into_iter().collect();
    // What a case did before it ended early proves as much. A refutation says what its history shows, and
    // more; where kvspec is at fault, the history proves nothing.
    if matches!(verdict, Verdict::Pass | Verdict::Skip(_) | Verdict::Inconclusive(_)) {
        anomalies = eventual::judge(&evidence.history);
    }
    let verdict = match verdict {
        Verdict::Pass | Verdict::Skip(_) | Verdict::Inconclusive(_) if !anomalies.is_empty() => Verdict::Fail,
        Verdict::Pass if evidence.comparisons == 0 => Verdict::Inconclusive("nothing was compared".into()),
        other => other,
    };
    CaseReport {
        verdict,
        anomalies,
        observations: evidence.observations,
        history: evidence.history,
        comparisons: evidence.comparisons,
        convergence_ns: evidence.convergence_ns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::InMemory;
    use kvspec_reference::interface::{Bucket, Result as CallResult};
    use kvspec_reference::workload::recorder::ManualClock;

    fn run(case: &Case) -> CaseReport {
        run_case(case, &InMemory::new(), &ManualClock::default(), &Declaration::default(), 1)
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
        let expected = Totals {
            pass: 2,
            fail: 1,
            skip: 1,
            inconclusive: 1,
            error: 1,
            anomalies: 1,
            observations: 1,
            comparisons: 3,
        };
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
        let run = |case| run_case(case, &Inventive, &ManualClock::default(), &Declaration::default(), 1);
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
}
