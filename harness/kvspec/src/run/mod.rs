//! A run against one subject: the selected cases, each on a fresh implementation, then random
//! workloads.

pub mod exploration;
pub mod threads;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kvspec_reference::History;
use kvspec_reference::interface::{Clock, Failure, Subject};
use kvspec_suites::workloads::property::start_trapped;
use kvspec_suites::{Case, CaseReport, Declaration, Totals, Verdict, run_case};

use exploration::Exploration;
use threads::Concurrency;

/// Set when the user interrupts; the run ends after the case under way.
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What is run, and how.
pub struct Plan<'a> {
    /// Where implementations come from.
    pub subject: &'a dyn Subject,
    /// What it declares.
    pub declaration: &'a Declaration,
    /// The cases, in order.
    pub cases: Vec<&'static Case>,
    /// All chance comes from here.
    pub seed: u64,
}

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

/// One case that was run.
pub struct CaseRun {
    /// The case.
    pub case: &'static Case,
    /// What came of it.
    pub report: CaseReport,
    /// How long it took, on the real clock; never part of what is compared between runs.
    pub took: Duration,
}

/// What happens to a case.
pub enum Event<'a> {
    /// It begins.
    Begins(&'static Case),
    /// It has ended.
    Ended(&'a CaseRun),
}

impl Plan<'_> {
    /// Runs the cases one after another; `observe` is told of each when it has ended.
    pub fn run(&self, mut observe: impl FnMut(&CaseRun)) -> Vec<CaseRun> {
        self.run_observed(|event| {
            if let Event::Ended(run) = event {
                observe(run);
            }
        })
    }

    /// As [`Plan::run`], but `observe` is told of the beginning of each case too.
    pub fn run_observed(&self, mut observe: impl FnMut(Event<'_>)) -> Vec<CaseRun> {
        let mut runs = Vec::with_capacity(self.cases.len());
        for case in &self.cases {
            if INTERRUPTED.load(Ordering::Relaxed) {
                break;
            }
            observe(Event::Begins(case));
            let run = run_one(case, self.subject, self.declaration, self.seed);
            observe(Event::Ended(&run));
            runs.push(run);
        }
        runs
    }
}

/// Runs one case on a fresh implementation.
pub fn run_one(case: &'static Case, subject: &dyn Subject, declaration: &Declaration, seed: u64) -> CaseRun {
    let start = Instant::now();
    let clock = RealClock { start };
    let mut report = match subject.start(seed) {
        Ok(implementation) => run_case(case, subject.profile(), &*implementation, &clock, declaration, seed),
        Err(failure) => not_started(failure),
    };
    // A case shared by several profiles does not know for which it runs.
    report.history.header.profile = subject.profile().name().into();
    CaseRun { case, report, took: start.elapsed() }
}

fn not_started(failure: Failure) -> CaseReport {
    let (verdict, anomalies) = match failure {
        Failure::Trap(why) => (Verdict::Fail, vec![start_trapped(&why)]),
        failure => (Verdict::Error(format!("the implementation could not be started: {failure}")), Vec::new()),
    };
    CaseReport {
        verdict,
        anomalies,
        observations: Vec::new(),
        history: History::default(),
        comparisons: 0,
        convergence_ns: Vec::new(),
    }
}

/// The clock of an implementation that has none of its own: letting time pass is waiting.
pub struct RealClock {
    start: Instant,
}

impl RealClock {
    /// A clock that begins now.
    pub fn starting_now() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for RealClock {
    fn now_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn advance(&self, by: Duration) {
        std::thread::sleep(by);
    }
}
