//! Running a failure again: the one line that does.

use std::path::Path;

use crate::run::exploration::Exploration;
use crate::run::outcome::Run;
use crate::run::threads::ConcurrentFailure;
use crate::shell::quoted;

/// How a failure is run again.
#[derive(Debug, Clone, Copy)]
pub enum Replay<'a> {
    /// With the command.
    Command {
        /// The arguments that name the target, fit for a shell; none: the built-in store.
        target: &'a str,
        /// The seed.
        seed: u64,
        /// Where the workload of a failed search was kept.
        kept_workload: Option<&'a Path>,
    },
    /// In the user's own tests.
    CargoTest {
        /// The seed.
        seed: u64,
    },
}

impl Replay<'_> {
    /// The line for the whole run.
    pub fn of_whole(&self) -> String {
        match self {
            Replay::Command { target, seed, .. } => spaced(&["kvspec run", target, &format!("--seed {seed}")]),
            Replay::CargoTest { seed } => format!("KVSPEC_SEED={seed} cargo test"),
        }
    }

    /// The line for a failure of this name, that of a case or of workloads.
    pub fn of_failure(&self, name: &str, run: &Run) -> String {
        let exploration = run.exploration.as_ref().filter(|exploration| exploration.name == name);
        let concurrency = run.concurrency.as_ref().filter(|concurrency| concurrency.name == name);
        match (exploration, concurrency.and_then(|concurrency| concurrency.failure.as_ref())) {
            (Some(exploration), _) => self.of_search(exploration),
            (None, Some(failure)) => self.of_concurrent(failure),
            (None, None) => self.of_case(name),
        }
    }

    /// The line for a case.
    pub fn of_case(&self, case: &str) -> String {
        match self {
            Replay::Command { target, seed, .. } => {
                spaced(&["kvspec run", target, &format!("--filter {case} --seed {seed}")])
            }
            Replay::CargoTest { seed } => format!("KVSPEC_SEED={seed} cargo test -- --exact {case}"),
        }
    }

    /// The line for a workload that failed by threads or processes: its seed begins another search,
    /// whose threads may run otherwise.
    pub fn of_concurrent(&self, failure: &ConcurrentFailure) -> String {
        let seed = failure.seed;
        match self {
            Replay::Command { target, .. } => {
                spaced(&["kvspec run", target, &format!("--filter concurrent_workloads --seed {seed}")])
            }
            Replay::CargoTest { .. } => format!("KVSPEC_SEED={seed} cargo test concurrent_workloads"),
        }
    }

    /// The line for a failed search.
    pub fn of_search(&self, exploration: &Exploration) -> String {
        match self {
            Replay::Command { target, kept_workload: Some(file), .. } => {
                spaced(&["kvspec replay", &quoted(&file.display().to_string()), target])
            }
            Replay::Command { target, seed, kept_workload: None } => {
                let cases = exploration.search.cases;
                spaced(&["kvspec run", target, &format!("--filter random_workloads --seed {seed} --cases {cases}")])
            }
            Replay::CargoTest { seed } => format!("KVSPEC_SEED={seed} cargo test random_workloads"),
        }
    }
}

/// The parts that are not empty, a blank between them.
fn spaced(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
