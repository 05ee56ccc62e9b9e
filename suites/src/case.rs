//! A conformance case and its verdict.

use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::interface::{Clock, Implementation};
use kvspec_reference::{History, oracle};

use crate::check::{Check, Stop};
use crate::declaration::Declaration;

/// One case: a claim that is true of good stores, and the code that tries to refute it.
pub struct Case {
    /// Its identity: `profile::group::claim`. Names never change meaning.
    pub name: &'static str,
    /// The requirements it tests, the main one first.
    pub requirements: &'static [&'static str],
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
    /// Everything that was called.
    pub history: History,
    /// How many results were compared with what is admissible.
    pub comparisons: u64,
    /// How long after the last write each awaited state was first read, in nanoseconds of the
    /// implementation's clock.
    pub convergence_ns: Vec<u64>,
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
    let end = (case.run)(&mut check);
    let (history, comparisons, convergence_ns) = check.finish();
    let mut anomalies = Vec::new();
    let verdict = match end {
        Ok(()) if comparisons == 0 => Verdict::Inconclusive("nothing was compared".into()),
        Ok(()) => Verdict::Pass,
        Err(Stop::Anomaly(anomaly)) => {
            anomalies.push(*anomaly);
            Verdict::Fail
        }
        Err(Stop::Skip(why)) => Verdict::Skip(why),
        Err(Stop::Inconclusive(why)) => Verdict::Inconclusive(why),
        Err(Stop::Harness(why)) => Verdict::Error(why),
    };
    if verdict == Verdict::Pass {
        anomalies = oracle::judge(&history);
    }
    let verdict = if anomalies.is_empty() { verdict } else { Verdict::Fail };
    CaseReport { verdict, anomalies, history, comparisons, convergence_ns }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::InMemory;
    use kvspec_reference::recorder::ManualClock;

    #[test]
    fn the_smallest_store_passes() {
        for case in crate::cases::all() {
            let (store, clock) = (InMemory::new(), ManualClock::default());
            let report = run_case(case, &store, &clock, &Declaration::default(), 1);
            assert_eq!(report.verdict, Verdict::Pass, "{}: {:?}", case.name, report.anomalies);
            assert!(report.comparisons > 0);
        }
    }
}
