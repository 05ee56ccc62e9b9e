//! Random workloads by many sessions: the search for a violation, and what the ladder says of
//! histories that have none.

use std::time::{Duration, Instant};

use kvspec_reference::History;
use kvspec_reference::interface::{Clock, Subject};
use kvspec_reference::judge::explain::explain;
use kvspec_reference::judge::ladder::{self, Ladder};
use kvspec_reference::judge::{Finding, Level};
use kvspec_suites::generate::{self, Size};
use kvspec_suites::property::{self, PropertyReport, Search};
use kvspec_suites::{Declaration, Verdict};

use super::RealClock;

/// How many workloads are tried where time is virtual.
pub const CASES: u64 = 256;
/// How many where letting the convergence bound pass takes real time.
const CASES_IN_REAL_TIME: u64 = 4;
/// The longest pause of a workload in real time.
const PAUSE_IN_REAL_TIME: Duration = Duration::from_millis(5);
/// How many workloads the ladder is judged on, of those tried.
pub(super) const LADDER_CASES_MAX: u64 = 32;

/// The limits of an exploration.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// How many workloads are tried; `None`: as many as suit the clock.
    pub cases: Option<u64>,
    /// How long new ones are begun, on the real clock; `None`: until all are tried.
    pub time: Option<Duration>,
}

/// What random workloads showed.
#[derive(Debug, Clone)]
pub struct Exploration {
    /// The search for a violation.
    pub search: PropertyReport,
    /// The levels of consistency seen, strongest first; empty after a violation.
    pub observed: Vec<Observed>,
}

/// What was seen of one level over all workloads.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The level.
    pub level: Level,
    /// The finding: broken when any history breaks it, kept when one that could have does not.
    pub finding: Finding,
    /// The history that breaks it.
    pub counterexample: Option<History>,
}

impl Exploration {
    /// The verdict of the search. The ladder beyond the profile's promise fails nobody.
    pub fn verdict(&self) -> Verdict {
        self.search.verdict()
    }
}

/// Tries random workloads; `go_on` is asked before each, with how many were tried.
pub fn explore(
    subject: &dyn Subject,
    declaration: &Declaration,
    seed: u64,
    budget: Budget,
    mut go_on: impl FnMut(u64) -> bool,
) -> Exploration {
    let clock = RealClock::starting_now();
    let is_virtual = subject.start(seed).is_ok_and(|implementation| implementation.clock().is_some());
    let is_quick = is_virtual || declaration.convergence_bound().is_zero();
    let cases = budget.cases.unwrap_or(if is_quick { CASES } else { CASES_IN_REAL_TIME });
    let size = if is_virtual { Size::default() } else { Size { pause: PAUSE_IN_REAL_TIME, ..Size::default() } };
    let start = Instant::now();
    let in_time = || budget.time.is_none_or(|time| start.elapsed() < time);
    let search = Search { seed, cases, size, ..Search::default() };
    let search =
        property::search_while(subject, &clock, declaration, search, &mut |report| in_time() && go_on(report.cases));
    let observed = if search.verdict() == Verdict::Pass {
        observe(subject, &clock, declaration, search.search, search.cases.min(LADDER_CASES_MAX))
    } else {
        Vec::new()
    };
    Exploration { search, observed }
}

fn observe(
    subject: &dyn Subject,
    clock: &dyn Clock,
    declaration: &Declaration,
    search: Search,
    cases: u64,
) -> Vec<Observed> {
    let profile = subject.profile();
    let mut observed: Vec<Observed> = Vec::new();
    for case in 0..cases {
        let seed = search.seed.wrapping_add(case);
        let workload = generate::from_seed(declaration, search.size, seed);
        let Ok(execution) = property::execute(subject, clock, declaration, profile, &workload, seed) else { continue };
        note(&mut observed, &execution.run.history);
    }
    observed
}

/// Adds what the ladder says of a further history.
pub(super) fn note(observed: &mut Vec<Observed>, history: &History) {
    let ladder = ladder::judge(history, &ladder::Options::default());
    for (level, finding) in ladder.findings() {
        match observed.iter_mut().find(|o| o.level == level) {
            Some(o) => o.merge(finding, &ladder, history),
            None => {
                let mut o = Observed { level, finding: finding.clone(), counterexample: None };
                o.merge(finding, &ladder, history);
                observed.push(o);
            }
        }
    }
}

impl Observed {
    fn merge(&mut self, finding: &Finding, ladder: &Ladder, history: &History) {
        let weight = |finding: &Finding| match finding {
            Finding::NotExercised(_) => 0,
            Finding::Kept => 1,
            Finding::Unknown(_) => 2,
            Finding::Broken(_) => 3,
        };
        if weight(finding) > weight(&self.finding) {
            self.finding = finding.clone();
        }
        // The proof is told only where no weaker level says better what went wrong.
        if let Finding::Broken(witness) = finding
            && self.counterexample.is_none()
        {
            let is_first = ladder.first_broken().contains(&self.level);
            let smallest = is_first.then(|| explain(history, self.level, ladder::checker(self.level), witness));
            if let Some(smallest) = smallest {
                let witness =
                    kvspec_reference::judge::Witness { operations: smallest.operations, because: smallest.because };
                self.finding = Finding::Broken(witness);
                self.counterexample = Some(history.clone());
            }
        }
    }
}
