//! Running a failure again: the one line that does, and what a workload showed that was.

use std::fmt::Write as _;
use std::path::Path;

use kvspec_reference::anomaly::visible;
use kvspec_suites::workloads::property::Execution;

use super::anomaly::anomaly_text;
use super::look::Look;
use super::page::Page;
use crate::run::exploration::Exploration;
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

/// What a workload that was run again showed. `kept_for`: the requirement that it violated when it
/// was kept, where that is known.
pub fn replay_text(file: &Path, kept_for: Option<&str>, seed: u64, execution: &Execution, look: Look) -> String {
    let Look { palette, width } = look;
    let found = execution.anomalies.first().map(|anomaly| anomaly.requirement);
    let has = |requirement: &str| execution.anomalies.iter().any(|anomaly| anomaly.requirement == requirement);
    let verdict = match (found, kept_for) {
        (Some(_), Some(kept)) if has(kept) => palette.bad(&format!("{kept} is violated, as when it was kept")),
        (Some(found), Some(kept)) => {
            let kept = visible(kept);
            palette.bad(&format!("{found} is violated; it was kept for {kept}, which is not violated any more"))
        }
        (Some(found), None) => palette.bad(&format!("{found} is violated")),
        (None, _) if execution.settled_reads == 0 => {
            palette.doubtful("nothing was decided: no read was answered after the convergence bound")
        }
        (None, Some(kept)) => palette.good(&format!("no violation; it was kept for {}", visible(kept))),
        (None, None) => palette.good("no violation"),
    };
    let (operations, reads) = (execution.run.history.records.len(), execution.settled_reads);
    let mut out = Page::of_width(width);
    let _ = writeln!(
        out,
        "{}: {verdict} (seed {seed}, {operations} operations, {reads} reads after convergence)",
        file.display()
    );
    for anomaly in &execution.anomalies {
        out.push('\n');
        anomaly_text(&mut out, anomaly, &execution.run.history, palette);
    }
    out.take()
}
