//! One kept workload, run again with all that a search looks for: leaks too, which `kvspec replay`
//! does not see.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use kvspec_suites::workloads::property::Regression;

use super::campaign::Outcome;
use super::engine::{Progress, Target};
use super::find::{Find, Found};
use super::kept::Kept;
use super::leak::Leak;
use super::prototype::Prototype;
use kvspec::shell::quoted;

/// What a command line needs to show a find again.
#[derive(Debug, Clone, Copy)]
pub struct Again<'a> {
    /// The words that name the same target, for a shell.
    pub target: &'a str,
    /// How much memory the component had, in MiB.
    pub memory_mib: u32,
    /// How long a call could compute, in seconds.
    pub call_timeout_s: u64,
    /// Leaks that were no finds.
    pub ignored_leaks: &'a [Leak],
}

impl Again<'_> {
    /// The memory that a component has where nothing else is said, in MiB.
    pub const MEMORY_MIB: u32 = 256;
    /// How long a call may compute where nothing else is said, in seconds.
    pub const CALL_TIMEOUT_S: u64 = 5;

    /// The command that shows the find of this file again. `kvspec replay` looks for no leaks, and
    /// has limits of its own.
    pub fn command(&self, find: &Find, file: &Path) -> String {
        let file = quoted(&file.display().to_string());
        let is_of_limits = matches!(find, Find::Memory | Find::Hang);
        let mut words = Vec::new();
        if is_of_limits || self.memory_mib != Self::MEMORY_MIB {
            words.push(format!(" --memory {}", self.memory_mib));
        }
        if is_of_limits || self.call_timeout_s != Self::CALL_TIMEOUT_S {
            words.push(format!(" --call-timeout {}", self.call_timeout_s));
        }
        let is_leak = matches!(find, Find::Leak { .. });
        if is_leak {
            words.extend(self.ignored_leaks.iter().map(|leak| format!(" --ignore-leak {}", leak.word())));
        }
        match is_leak || !words.is_empty() {
            true => format!("kvspec fuzz {}{} --replay {file}", self.target, words.concat()),
            false => format!("kvspec replay {file} {}", self.target),
        }
    }
}

/// Runs the workload of this file on fresh instances, with the seed that the file names. Leaks that
/// are ignored are no finds.
///
/// # Errors
/// When nothing could be run: a fault of kvspec, or the component cannot be started.
pub fn replay(prototype: &Prototype, kept: &Regression, file: &Path, ignored: &[Leak]) -> Result<Outcome, String> {
    let start = Instant::now();
    let (seed, workload) = (kept.implementation_seed, &kept.file.workload);
    let exercised = Rc::new(Cell::default());
    let mut target = prototype.target(seed).counting(exercised.clone());
    let mut outcome = Outcome::default();
    let watched = Leak::ALL.into_iter().filter(|leak| !ignored.contains(leak));
    for suspected in [None].into_iter().chain(watched.map(Some)) {
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
        if suspected.is_none() && !outcome.finds.is_empty() {
            // What is broken already leaks anything.
            break;
        }
    }
    outcome.progress = Progress { finds: outcome.finds.len(), ..outcome.progress };
    outcome.exercised = exercised.get();
    outcome.took = start.elapsed();
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_limits_is_shown_again_with_them() {
        let again = |memory_mib, call_timeout_s| Again {
            target: "'my store.wasm'",
            memory_mib,
            call_timeout_s,
            ignored_leaks: &[Leak::Memory],
        };
        let file = Path::new("it's/one");
        let file = |find, again: Again<'_>| again.command(&find, file);
        let leak = Find::Leak { leak: Leak::Handles, per_run: 1.0, of: None };
        let trap = || Find::Trap("unreachable".into());
        assert_eq!(file(trap(), again(256, 5)), "kvspec replay 'it'\\''s/one' 'my store.wasm'");
        for (line, words) in [
            (file(trap(), again(64, 5)), " --memory 64"),
            (file(Find::Hang, again(256, 1)), " --memory 256 --call-timeout 1"),
            (file(Find::Memory, again(256, 5)), " --memory 256 --call-timeout 5"),
            (file(leak, again(256, 5)), " --ignore-leak memory"),
        ] {
            assert_eq!(line, format!("kvspec fuzz 'my store.wasm'{words} --replay 'it'\\''s/one'"));
        }
    }
}
