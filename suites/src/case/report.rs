//! What came of running cases.

use kvspec_reference::History;
use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::history::HistoryError;

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
    /// The case itself showed nothing: what failed is what was read again when it had ended.
    pub is_shown_afterwards: bool,
}

impl CaseReport {
    /// Of a case that kvspec could not record.
    pub(super) fn not_recorded(error: &HistoryError) -> Self {
        Self {
            verdict: Verdict::Error(error.to_string()),
            anomalies: Vec::new(),
            observations: Vec::new(),
            history: History::default(),
            comparisons: 0,
            convergence_ns: Vec::new(),
            is_shown_afterwards: false,
        }
    }
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
