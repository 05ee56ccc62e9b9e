//! Property tests: random workloads by many sessions against any implementation, judged by the
//! oracle, shrunk to the smallest that still shows the fault.
//!
//! Proptest generates, from a seed of ours; what fails is shrunk by
//! [`kvspec_reference::workload::shrink`], which ends in smaller workloads than proptest's own shrinking:
//! that one only takes steps away, ours also merges sessions, buckets and keys and makes values,
//! names and pauses plain. Failures are kept as workload files, not as seeds, so they outlive the
//! generator.
//!
//! ```
//! use kvspec_reference::InMemory;
//! use kvspec_reference::workload::recorder::ManualClock;
//! use kvspec_suites::workloads::property::{Search, search};
//! use kvspec_suites::{Declaration, Verdict};
//!
//! // The store has no clock of its own and does everything at once: a clock that counts will do.
//! let report = search(&InMemory::new, &ManualClock::default(), &Declaration::default(), Search::default());
//! assert_eq!(report.verdict(), Verdict::Pass);
//! ```

mod claims;
mod execution;
mod regression;
mod smallest;
mod watch;

use std::fmt;

use kvspec_reference::anomaly::{Anomaly, name_text};
use kvspec_reference::history::History;
use kvspec_reference::interface::{Clock, Subject};
use kvspec_reference::random::Random;
use kvspec_reference::workload::Workload;
use kvspec_reference::workload::driver::StepFailure;
use kvspec_reference::workload::text::WorkloadFile;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::case::Verdict;
use crate::declaration::Declaration;
use crate::workloads::generate::{Size, Workloads};

pub use claims::broken_claim;
pub use execution::{Execution, execute, judge, start_trapped};
pub use regression::Regression;
use smallest::{Place, Shown, Smallest, smallest};
pub use watch::Watch;

/// What to search with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Where all chance comes from.
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

/// Searches for a workload that shows a violation; ends with the first. `clock` serves an
/// implementation that has no clock of its own.
pub fn search(subject: &dyn Subject, clock: &dyn Clock, declaration: &Declaration, search: Search) -> PropertyReport {
    search_while(subject, clock, declaration, search, &mut |_| true)
}

/// As [`search`], but asks `go_on` before each workload, with the report so far: for a progress
/// line or a budget of time. A failure is still shrunk.
pub fn search_while(
    subject: &dyn Subject,
    clock: &dyn Clock,
    declaration: &Declaration,
    search: Search,
    go_on: &mut dyn FnMut(&PropertyReport) -> bool,
) -> PropertyReport {
    search_watched(subject, clock, declaration, search, &mut watch::GoOn(go_on))
}

/// As [`search`], with someone who watches and may end it.
pub fn search_watched(
    subject: &dyn Subject,
    clock: &dyn Clock,
    declaration: &Declaration,
    search: Search,
    watch: &mut dyn Watch,
) -> PropertyReport {
    let mut report = PropertyReport {
        search,
        cases: 0,
        operations: 0,
        errors: 0,
        reads: 0,
        settled_reads: 0,
        failure: None,
        error: None,
    };
    let workloads = Workloads { declaration: declaration.clone(), size: search.size };
    let mut runner = runner(search.seed);
    let mut seeds = Random::for_purpose(search.seed, 1);
    for case in 0..search.cases {
        if !watch.goes_on(&report) {
            break;
        }
        let found = match workloads.new_tree(&mut runner) {
            Ok(tree) => tree.current(),
            Err(why) => {
                report.error = Some(format!("no workload could be generated: {why}"));
                break;
            }
        };
        let seed = seeds.bits();
        match execute(subject, clock, declaration, subject.profile(), &found, seed) {
            Err(why) => {
                report.error = Some(why);
                break;
            }
            Ok(execution) => {
                report.cases += 1;
                report.operations += execution.run.history.records.len() as u64;
                let is_error = |step: &&StepFailure| step.failure.is_interface_error();
                report.errors += execution.run.failures.iter().filter(is_error).count() as u64;
                report.reads += execution.reads;
                report.settled_reads += execution.settled_reads;
                if !execution.anomalies.is_empty() {
                    let place = Place { subject, clock, declaration };
                    let shown = Shown { seed, workload: found.clone(), execution };
                    watch.found(&shown.regression());
                    let smallest = smallest(place, shown, search.shrink_runs_max, &mut || watch.goes_on_shrinking());
                    report.failure = Some(PropertyFailure::new(case, found, smallest));
                    break;
                }
                watch.ran(&execution);
            }
        }
    }
    report
}

/// Proptest's engine, seeded by us; it writes no files.
fn runner(seed: u64) -> TestRunner {
    let mut random = Random::new(seed);
    let bytes: Vec<u8> = (0..4).flat_map(|_| random.bits().to_le_bytes()).collect();
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

impl PropertyFailure {
    fn new(case: u64, found: Workload, smallest: Smallest) -> Self {
        let Smallest { shown, runs, is_minimal } = smallest;
        Self {
            case,
            implementation_seed: shown.seed,
            found,
            workload: shown.workload,
            history: shown.execution.run.history,
            anomalies: shown.execution.anomalies,
            executions: runs,
            is_minimal,
        }
    }

    /// The workload file to keep.
    pub fn regression(&self) -> Regression {
        regression_of(&self.history.header.profile, &self.anomalies, &self.workload, self.implementation_seed)
    }
}

impl Shown {
    fn regression(&self) -> Regression {
        regression_of(&self.execution.run.history.header.profile, &self.execution.anomalies, &self.workload, self.seed)
    }
}

fn regression_of(profile: &str, anomalies: &[Anomaly], workload: &Workload, implementation_seed: u64) -> Regression {
    Regression {
        requirement: anomalies[0].requirement.to_string(),
        kind: String::new(),
        implementation_seed,
        file: WorkloadFile { profile: profile.into(), workload: workload.clone() },
    }
}

/// The failure for people, without colours: what was expected and seen, the workload, why, and the
/// operations that prove it.
impl fmt::Display for PropertyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let anomaly = &self.anomalies[0];
        let place = anomaly.register.as_ref().map(|(b, k)| format!(" at {}/{}", name_text(b), name_text(k)));
        writeln!(f, "{} violated{}", anomaly.requirement, place.unwrap_or_default())?;
        writeln!(f, "  expected  {}", anomaly.expected)?;
        writeln!(f, "  actual    {}", anomaly.actual)?;
        writeln!(f, "  because")?;
        for line in &anomaly.because {
            writeln!(f, "    {line}")?;
        }
        writeln!(f, "  operations that prove it")?;
        for &index in &anomaly.operations {
            writeln!(f, "    {:>3}  {}", index, self.history.operation_text(index))?;
        }
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
