//! Running a case.

use kvspec_reference::Profile;
use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::interface::{Clock, Implementation};

use super::check::{Check, Stop};
use super::definition::Case;
use super::report::{CaseReport, Verdict};
use crate::declaration::Declaration;
use crate::judging::judge;

/// Runs one case once against a fresh implementation. `clock` serves one that has no clock of its
/// own. The case and everything that it did are judged by what the profile promises and the
/// declaration claims, as [`judge`] does. Everything random comes from `seed`.
pub fn run_case(
    case: &Case,
    profile: Profile,
    implementation: &dyn Implementation,
    clock: &dyn Clock,
    declaration: &Declaration,
    seed: u64,
) -> CaseReport {
    let mut check = Check::new((case.name, case.requirements), profile, implementation, clock, declaration, seed);
    let end = (case.run)(&mut check);
    let operations = check.recorder().operation_count();
    let end = end.and_then(|()| check.read_again_much_later()).and_then(|()| check.nothing_broke_at_the_end());
    let (verdict, refutation) = match end {
        Ok(()) => (Verdict::Pass, None),
        Err(Stop::Refuted(refutation)) => (Verdict::Fail, Some(*refutation)),
        Err(Stop::Skip(why)) => (Verdict::Skip(why), None),
        Err(Stop::Inconclusive(why)) => (Verdict::Inconclusive(why), None),
        Err(Stop::Harness(why)) => (Verdict::Error(why), None),
    };
    let (evidence, anomaly) = match check.finish(refutation) {
        Ok(finished) => finished,
        Err(error) => return CaseReport::not_recorded(&error),
    };
    let mut anomalies: Vec<Anomaly> = anomaly.into_iter().collect();
    // What a case did before it ended early proves as much. A refutation says what its history shows, and
    // more; where kvspec is at fault, the history proves nothing.
    if matches!(verdict, Verdict::Pass | Verdict::Skip(_) | Verdict::Inconclusive(_)) {
        anomalies = judge(&evidence.history, profile, declaration, evidence.handles).anomalies;
    }
    let verdict = match verdict {
        Verdict::Pass | Verdict::Skip(_) | Verdict::Inconclusive(_) if !anomalies.is_empty() => Verdict::Fail,
        Verdict::Pass if evidence.comparisons == 0 => Verdict::Inconclusive("nothing was compared".into()),
        other => other,
    };
    let is_of_the_end = |anomaly: &Anomaly| anomaly.operations.iter().any(|operation| *operation >= operations);
    CaseReport {
        is_shown_afterwards: !anomalies.is_empty() && anomalies.iter().all(is_of_the_end),
        verdict,
        anomalies,
        observations: evidence.observations,
        history: evidence.history,
        comparisons: evidence.comparisons,
        convergence_ns: evidence.convergence_ns,
    }
}
