//! What came of a run.

use kvspec_suites::{Totals, Verdict};

use super::answers::Answers;
use super::case::CaseRun;
use super::exploration::Exploration;
use super::threads::Concurrency;

/// What came of a run.
pub struct Run {
    /// The cases that were run, in order.
    pub cases: Vec<CaseRun>,
    /// The random workloads, unless none were wanted.
    pub exploration: Option<Exploration>,
    /// Workloads by real threads, each session in a process of its own, where several were wanted.
    pub concurrency: Option<Concurrency>,
    /// How much of the suite that is.
    pub extent: Extent,
}

/// How much of a profile's suite a run covers; the random workloads count as one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many cases were selected.
    pub selected: usize,
    /// How many there are.
    pub of: usize,
    /// The user ended the run before all that were selected had ended.
    pub is_interrupted: bool,
}

impl Extent {
    /// Whether the whole suite ran: only then can it say that an implementation is conformant.
    pub fn is_whole(&self) -> bool {
        self.selected == self.of && !self.is_interrupted
    }
}

impl Run {
    /// Whether the target could not be set up any more, so that the run ended early.
    pub fn is_target_lost(&self) -> bool {
        self.cases.iter().any(|run| run.is_lost)
            || self.exploration.as_ref().is_some_and(|exploration| exploration.is_target_lost)
    }

    /// How all calls of the run were answered.
    pub fn answers(&self) -> Answers {
        let mut answers = Answers::default();
        self.cases.iter().for_each(|run| answers.add(&run.report.history));
        self.exploration.iter().for_each(|exploration| answers.merge(&exploration.answers));
        self.concurrency.iter().for_each(|concurrency| answers.merge(&concurrency.answers));
        answers
    }

    /// How many cases ended how; the random workloads count as one, and so do the concurrent ones.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::of(self.cases.iter().map(|run| &run.report));
        let of_exploration = self.exploration.iter().map(|e| (e.verdict(), e.search.reads));
        let of_concurrency = self.concurrency.iter().map(|c| (c.verdict(), c.reads));
        for (verdict, reads) in of_exploration.chain(of_concurrency) {
            match verdict {
                Verdict::Pass => totals.pass += 1,
                Verdict::Fail => totals.fail += 1,
                Verdict::Skip(_) => totals.skip += 1,
                Verdict::Inconclusive(_) => totals.inconclusive += 1,
                Verdict::Error(_) => totals.error += 1,
            }
            totals.comparisons += reads;
        }
        totals
    }
}
