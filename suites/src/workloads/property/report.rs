//! What a search is asked, and what it comes to.

use std::fmt;

use kvspec_reference::anomaly::{Anomaly, name_text};
use kvspec_reference::history::History;
use kvspec_reference::workload::Workload;
use kvspec_reference::workload::driver::StepFailure;

use super::execution::Execution;
use super::regression::Regression;
use crate::case::Verdict;
use crate::workloads::generate::Size;

/// What to search with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// The seed of all randomness.
    pub seed: u64,
    /// How many workloads are tried.
    pub cases: u64,
    /// How large they get.
    pub size: Size,
    /// How many runs shrinking may take.
    pub shrink_runs_max: u64,
}

impl Default for Search {
    fn default() -> Self {
        Self { seed: 0, cases: 256, size: Size::default(), shrink_runs_max: 200_000 }
    }
}

/// What a search came to. Equal seeds give equal reports, if the implementation is deterministic.
#[derive(Debug, Clone)]
pub struct PropertyReport {
    /// What was searched with.
    pub search: Search,
    /// How many workloads ran, the failing one included.
    pub cases: u64,
    /// How many operations they had, the reads of quiescence points included.
    pub operations: u64,
    /// How many calls answered an error of the interface. None of them is a failure: whatever a store cannot
    /// do now, it may say so. But a store that answers few calls is judged by few.
    pub errors: u64,
    /// How many reads were compared with what was ever written.
    pub reads: u64,
    /// How many of them were settled, and compared with the last writes.
    pub settled_reads: u64,
    /// The first failure, shrunk.
    pub failure: Option<PropertyFailure>,
    /// Why the search ended early through no fault of the implementation.
    pub error: Option<String>,
}

/// A workload that shows a violation.
#[derive(Debug, Clone)]
pub struct PropertyFailure {
    /// Which workload failed, counted from 0.
    pub case: u64,
    /// The seed the implementation was started with, for the shrunk workload.
    pub implementation_seed: u64,
    /// The workload as it was generated.
    pub found: Workload,
    /// The shrunk workload. It violates the same requirement.
    pub workload: Workload,
    /// What the shrunk workload did.
    pub history: History,
    /// What is wrong with that; the first is the violation that was kept.
    pub anomalies: Vec<Anomaly>,
    /// How many runs shrinking took.
    pub executions: u64,
    /// Whether nothing can be taken from the shrunk workload. False: the bound was hit first.
    pub is_minimal: bool,
}

impl PropertyReport {
    /// Of a search that has tried nothing yet.
    pub(super) fn new(search: Search) -> Self {
        Self { search, cases: 0, operations: 0, errors: 0, reads: 0, settled_reads: 0, failure: None, error: None }
    }

    /// Counts a workload that ran.
    pub(super) fn count(&mut self, execution: &Execution) {
        self.cases += 1;
        self.operations += execution.run.history.records().len() as u64;
        let is_error = |step: &&StepFailure| step.failure.is_interface_error();
        self.errors += execution.run.failures.iter().filter(is_error).count() as u64;
        self.reads += execution.reads;
        self.settled_reads += execution.settled_reads;
    }

    /// The verdict: pass needs settled reads that were compared.
    pub fn verdict(&self) -> Verdict {
        verdict(self.error.as_deref(), self.failure.is_some(), self.settled_reads)
    }
}

/// The verdict on workloads that were tried one after another: an error of ours decides nothing, and
/// pass needs settled reads that were compared.
pub fn verdict(error: Option<&str>, has_failure: bool, settled_reads: u64) -> Verdict {
    match error {
        Some(why) => Verdict::Error(why.to_owned()),
        None if has_failure => Verdict::Fail,
        None if settled_reads == 0 => Verdict::Inconclusive("no read was answered after the convergence bound".into()),
        None => Verdict::Pass,
    }
}

impl PropertyFailure {
    /// The workload file to keep.
    pub fn regression(&self) -> Regression {
        Regression::of(&self.history, &self.anomalies, &self.workload, self.implementation_seed)
    }
}

/// The failure for people, without colours: what was expected and seen, the workload, why, and the
/// operations that prove it.
impl fmt::Display for PropertyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&anomaly_text(&self.anomalies[0], &self.history))?;
        let (operations, from) = (self.workload.operation_count(), self.found.operation_count());
        let minimal = if self.is_minimal { "a local minimum" } else { "not minimal: the bound was hit" };
        writeln!(
            f,
            "  workload of {operations} operations, from {from} ({minimal}), seed {}",
            self.implementation_seed
        )?;
        for step in &self.workload.steps {
            writeln!(f, "    {step}")?;
        }
        Ok(())
    }
}

/// An anomaly for people, without colours: what was expected and seen, why, and the operations of its
/// history that prove it.
pub fn anomaly_text(anomaly: &Anomaly, history: &History) -> String {
    let place = anomaly.register.as_ref().map(|(b, k)| format!(" at {}/{}", name_text(b), name_text(k)));
    let mut text = format!("{} violated{}\n", anomaly.requirement, place.unwrap_or_default());
    text += &format!("  expected  {}\n  actual    {}\n  because\n", anomaly.expected, anomaly.actual);
    for line in &anomaly.because {
        text += &format!("    {line}\n");
    }
    text += "  operations that prove it\n";
    for &index in &anomaly.operations {
        text += &format!("    {index:>3}  {}\n", history.operation_text(index));
    }
    text
}
