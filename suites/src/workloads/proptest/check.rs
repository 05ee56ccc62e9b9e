//! Whether a workload breaks a store.

use ::proptest::test_runner::TestCaseError;
use kvspec_reference::Workload;
use kvspec_reference::interface::{Clock, ManualClock, Subject};

use crate::declaration::Declaration;
use crate::workloads::property::{Execution, Regression, anomaly_text, execute};

/// With how many seeds a workload of at most so many operations is tried. The smaller it is, the cheaper
/// a run, and the rarer the event that it needs.
const SEEDS: [(usize, u64); 3] = [(6, 1_000), (12, 100), (usize::MAX, 4)];

/// Runs a workload on fresh stores of the subject, for its profile, and fails where one breaks a promise
/// or claim of the declaration. The message says which, why, and holds the workload in its text form.
///
/// A store that acts by chance is tried with several seeds, and with more of them the smaller the
/// workload is: while a failure is made small, another seed may be what shows it. A store that does the
/// same with each of the first two seeds is not tried with others. One that has no clock of its own
/// gets one that counts what it is made to wait: see [`check_with_clock`].
///
/// # Errors
/// [`TestCaseError::Fail`] with the first violation, or with why the workload could not be run.
pub fn check(workload: &Workload, subject: &dyn Subject, declaration: &Declaration) -> Result<(), TestCaseError> {
    check_with_clock(workload, subject, &ManualClock::default(), declaration)
}

/// As [`check`], with this clock for a store that has none of its own.
///
/// # Errors
/// As [`check`].
pub fn check_with_clock(
    workload: &Workload,
    subject: &dyn Subject,
    clock: &dyn Clock,
    declaration: &Declaration,
) -> Result<(), TestCaseError> {
    let mut first: Option<Vec<String>> = None;
    for seed in 0..seeds(workload) {
        let execution = execute(subject, clock, declaration, subject.profile(), workload, seed)
            .map_err(|why| TestCaseError::fail(format!("the workload could not be run: {why}")))?;
        if !execution.anomalies.is_empty() {
            return Err(TestCaseError::fail(message(workload, &execution, seed)));
        }
        match (&first, seed) {
            (None, _) => first = Some(history_text(&execution)),
            (Some(first), 1) if *first == history_text(&execution) => break,
            _ => {}
        }
    }
    Ok(())
}

fn seeds(workload: &Workload) -> u64 {
    let operations = workload.operation_count();
    SEEDS.iter().find(|(most, _)| operations <= *most).map_or(1, |(_, seeds)| *seeds)
}

fn history_text(execution: &Execution) -> Vec<String> {
    let history = &execution.run.history;
    (0..history.records().len()).map(|index| history.operation_text(index)).collect()
}

fn message(workload: &Workload, execution: &Execution, seed: u64) -> String {
    let history = &execution.run.history;
    let regression = Regression::of(history, &execution.anomalies, workload, seed);
    format!("{}  workload\n{regression}", anomaly_text(&execution.anomalies[0], history))
}
