//! What happens during a run, for everyone who reports it: each form of report is one listener, and
//! so is a progress bar.

use std::fmt;

use kvspec_suites::Case;
use kvspec_suites::workloads::property::Regression;

use super::case::CaseRun;
use super::header::RunHeader;
use super::outcome::Run;
use crate::expectation::{Expectation, Met};
use crate::report::replay::Replay;

/// Something that happens during a run. Events come in the order of these variants, those from
/// [`Event::CaseStarted`] to [`Event::NotKept`] any number of times.
pub enum Event<'e> {
    /// The run starts.
    RunStarted(&'e RunHeader),
    /// A case starts.
    CaseStarted(&'static Case),
    /// A case has ended.
    CaseEnded(Ended<'e>),
    /// A search goes on.
    SearchProgress {
        /// What is searched with, such as `random workloads`.
        workloads: &'static str,
        /// How many of them were tried.
        tried: u64,
    },
    /// A search found a violation, which is now shrunk.
    ViolationFound(&'e Regression),
    /// A workload that failed cannot be kept as a file; the text says why. The verdict stays.
    NotKept(&'e str),
    /// The user ended the run.
    Interrupted(Interruption),
    /// The run has ended: comes once, last.
    Concluded(&'e Conclusion<'e>),
}

/// A case that has ended.
pub struct Ended<'e> {
    /// What came of it.
    pub run: &'e CaseRun,
    /// The expectation that its failure meets, where there is one.
    pub expected: Option<&'e Expectation>,
    /// How it is run again.
    pub replay: &'e Replay<'e>,
}

/// What a run came to.
pub struct Conclusion<'e> {
    /// What was run.
    pub header: &'e RunHeader,
    /// What came of it.
    pub run: &'e Run,
    /// What of it was expected.
    pub met: &'e Met<'e>,
    /// How failures are run again.
    pub replay: &'e Replay<'e>,
}

/// Where the user ended a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// With so many cases left.
    InCases(usize),
    /// After the last case, with the searches left.
    AfterCases,
    /// In the random workloads, after so many.
    InRandomWorkloads(u64),
    /// In the concurrent workloads, after so many.
    InConcurrentWorkloads(u64),
}

/// Someone who reports a run, or a part of it; perhaps from another thread, when the run does not end.
pub trait Listener: Send {
    /// Hears an event.
    fn hear(&mut self, event: &Event<'_>);
}

impl Listener for [Box<dyn Listener>] {
    fn hear(&mut self, event: &Event<'_>) {
        for listener in self {
            listener.hear(event);
        }
    }
}

impl Listener for Vec<Box<dyn Listener>> {
    fn hear(&mut self, event: &Event<'_>) {
        self.as_mut_slice().hear(event);
    }
}

impl Interruption {
    /// Where a run was that has ended early; `left`: how many of its cases were not run.
    pub fn of(run: &Run, left: usize) -> Self {
        match (left, &run.exploration, &run.concurrency) {
            (0, _, Some(concurrency)) => Self::InConcurrentWorkloads(concurrency.workloads),
            (0, Some(exploration), None) => Self::InRandomWorkloads(exploration.search.cases),
            (0, None, None) => Self::AfterCases,
            _ => Self::InCases(left),
        }
    }
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InCases(left) => write!(f, "interrupted; {left} cases were not run"),
            Self::AfterCases => f.write_str("interrupted after the last case"),
            Self::InRandomWorkloads(tried) => write!(f, "interrupted in the random workloads, after {tried}"),
            Self::InConcurrentWorkloads(tried) => write!(f, "interrupted in the concurrent workloads, after {tried}"),
        }
    }
}
