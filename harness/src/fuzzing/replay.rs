//! One kept workload, run again with all that a search looks for: leaks too, which `kvspec replay`
//! does not see.

use std::path::Path;
use std::time::Instant;

use kvspec_suites::property::Regression;

use super::campaign::Outcome;
use super::component::Prototype;
use super::engine::{Progress, Target};
use super::find::Found;
use super::kept::Kept;
use super::leak::Leak;

/// Runs the workload of this file on fresh instances, with the seed that the file names.
///
/// # Errors
/// When nothing could be run: a fault of kvspec, or the component cannot be started.
pub fn replay(prototype: &Prototype, kept: &Regression, file: &Path) -> Result<Outcome, String> {
    let start = Instant::now();
    let (seed, workload) = (kept.implementation_seed, &kept.file.workload);
    let mut target = prototype.target(seed);
    let mut outcome = Outcome::default();
    for suspected in [None].into_iter().chain(Leak::ALL.map(Some)) {
        let execution = target.execute_alone(workload, suspected)?;
        outcome.progress.executions += 1;
        for find in execution.finds {
            let found = Found {
                find,
                executions: outcome.progress.executions,
                workload: workload.clone(),
                history: execution.history.clone(),
                repeats: true,
                earlier_workloads: 0,
                steps_before: workload.steps.len(),
                is_minimal: false,
                is_cut_short: false,
            };
            outcome.finds.push(Kept { found, seed, file: Some(file.to_owned()) });
        }
        if !outcome.finds.is_empty() {
            // What is broken already leaks anything.
            break;
        }
    }
    outcome.progress = Progress { finds: outcome.finds.len(), ..outcome.progress };
    outcome.took = start.elapsed();
    Ok(outcome)
}
