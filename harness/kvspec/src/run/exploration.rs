//! Random workloads by many sessions: the search for a violation, and what the ladder says of the
//! histories of those that have none.

use kvspec_reference::Profile;
use kvspec_reference::RequirementId;
use std::time::{Duration, Instant};

use kvspec_reference::History;
use kvspec_reference::consistency::explain::explain;
use kvspec_reference::consistency::ladder::{self, Ladder};
use kvspec_reference::consistency::{Finding, Level, Witness};
use kvspec_reference::interface::{Failure, Subject};
use kvspec_reference::random::Random;
use kvspec_suites::workloads::generate::Size;
use kvspec_suites::workloads::property::{self, Execution, PropertyFailure, PropertyReport, Regression, Search};
use kvspec_suites::{Declaration, Verdict};

use super::answers::Answers;
use super::case::SHOWN_VALUE_BYTES;
use super::clock::RealClock;
use crate::configuration::promised;
use crate::selection::random_workloads;

/// How many workloads are tried where time is virtual.
pub const CASES: u64 = 256;
/// How many where letting the convergence bound pass takes real time.
pub(crate) const CASES_IN_REAL_TIME: u64 = 4;
/// The longest pause of a workload in real time.
pub(crate) const PAUSE_IN_REAL_TIME: Duration = Duration::from_millis(5);
/// How many workloads the ladder is judged on: the first of those tried.
pub(super) const LADDER_CASES_MAX: u64 = 32;
/// How many runs shrinking may take where time is real and the convergence bound takes some of it.
const SHRINK_RUNS_IN_REAL_TIME: u64 = 60;
/// How long shrinking may take where time is real: what runs differs from run to run there anyway.
const SHRINK_IN_REAL_TIME: Duration = Duration::from_secs(60);
/// How long it may take where time is virtual: only calls that hang or answer without end take so long. What
/// it comes to then depends on the machine, which is better than no end.
const SHRINK_IN_VIRTUAL_TIME: Duration = Duration::from_secs(300);

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
    /// What it is called among the cases.
    pub name: &'static str,
    /// The search for a violation that nobody expects.
    pub search: PropertyReport,
    /// The violations that were expected, past which the search went on: the first of each requirement.
    pub known: Vec<PropertyFailure>,
    /// The levels of consistency seen, strongest first; empty after a violation.
    pub observed: Vec<Observed>,
    /// A promised level that the judge found broken where the oracle found nothing: one of the two
    /// is wrong, and nothing is known of the implementation.
    pub disagreement: Option<String>,
    /// How the calls were answered: of the workloads that broke nothing, and of the shrunk one that
    /// did.
    pub answers: Answers,
    /// How long it took, on the real clock; never part of what is compared between runs.
    pub took: Duration,
    /// Whether it ended as the target could not be set up any more.
    pub is_target_lost: bool,
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
    /// The failure to show: the one that nobody expects, or the first that was.
    pub fn failure(&self) -> Option<&PropertyFailure> {
        self.search.failure.as_ref().or(self.known.first())
    }

    /// The verdict of the search. The ladder beyond the profile's promise, and what is claimed,
    /// fails nobody.
    pub fn verdict(&self) -> Verdict {
        match (self.search.verdict(), &self.disagreement, self.answers.too_few_results()) {
            (Verdict::Fail, ..) => Verdict::Fail,
            (_, None, _) if !self.known.is_empty() && self.search.error.is_none() => Verdict::Fail,
            (_, Some(why), _) => Verdict::Error(why.clone()),
            (Verdict::Pass, None, Some(why)) => Verdict::Inconclusive(why),
            (verdict, None, _) => verdict,
        }
    }
}

/// Someone who watches an exploration. Every method has a default, which lets it run to its end.
pub trait Watch {
    /// Asked before each workload, with how many were tried: whether to begin it.
    fn goes_on(&mut self, tried: u64) -> bool {
        let _ = tried;
        true
    }

    /// Whether the user wants it to end, even if a failure is not yet as small as can be.
    fn is_interrupted(&mut self) -> bool {
        false
    }

    /// Whether a violation of this requirement is expected, so that the search goes on for another.
    fn is_expected(&mut self, requirement: RequirementId) -> bool {
        let _ = requirement;
        false
    }

    /// Told of a workload that failed and was not expected to, before it is shrunk.
    fn found(&mut self, regression: &Regression) {
        let _ = regression;
    }
}

/// Watches nothing.
pub struct Unwatched;

impl Watch for Unwatched {}

/// Tries random workloads.
pub fn explore(
    subject: &dyn Subject,
    declaration: &Declaration,
    seed: u64,
    budget: Budget,
    watch: &mut dyn Watch,
) -> Exploration {
    let start = Instant::now();
    let clock = RealClock::starting_now();
    let is_virtual = subject.start(seed).is_ok_and(|implementation| implementation.clock().is_some());
    let is_quick = is_virtual || declaration.convergence_bound().is_zero();
    let cases = budget.cases.unwrap_or(if is_quick { CASES } else { CASES_IN_REAL_TIME });
    let size = if is_virtual { Size::default() } else { Size { pause: PAUSE_IN_REAL_TIME, ..Size::default() } };
    let mut search = Search { seed, cases, size, ..Search::default() };
    if !is_quick {
        search.shrink_runs_max = SHRINK_RUNS_IN_REAL_TIME;
    }
    let mut explorer = Explorer {
        watch,
        profile: subject.profile(),
        end: budget.time.and_then(|time| start.checked_add(time)),
        is_virtual,
        tried: 0,
        is_repeated: false,
        shrinking_since: None,
        ladder_cases: 0,
        observed: Vec::new(),
        disagreement: None,
        answers: Answers::default(),
        known: Vec::new(),
    };
    let mut search = explorer
        .searched(search, |search, explorer| property::search_watched(subject, &clock, declaration, search, explorer));
    let Explorer { observed, disagreement, mut answers, known, .. } = explorer;
    if let Some(failure) = &mut search.failure {
        failure.history.cut_values(SHOWN_VALUE_BYTES);
        answers.add(&failure.history);
    }
    let passed = search.verdict() == Verdict::Pass && known.is_empty();
    let observed = if passed { observed } else { Vec::new() };
    // An error is of kvspec, unless what goes wrong is in the surroundings of the target, and still does.
    let is_target_lost = search.error.is_some() && matches!(subject.start(seed), Err(Failure::Setup(_)));
    let name = random_workloads(subject.profile());
    Exploration { name, search, known, observed, disagreement, answers, took: start.elapsed(), is_target_lost }
}

/// Watches the search: puts its histories on the ladder, and keeps to the budget.
struct Explorer<'a> {
    watch: &'a mut dyn Watch,
    profile: Profile,
    /// No workload is begun after it.
    end: Option<Instant>,
    is_virtual: bool,
    /// How many workloads earlier searches tried.
    tried: u64,
    /// Whether the violation found last repeats one that is known already.
    is_repeated: bool,
    /// The violations that were expected.
    known: Vec<PropertyFailure>,
    shrinking_since: Option<Instant>,
    ladder_cases: u64,
    observed: Vec<Observed>,
    disagreement: Option<String>,
    answers: Answers,
}

/// The purpose of the first seed that continues a search.
const FURTHER: u64 = 0x100;

impl Explorer<'_> {
    /// One search after another, until one finds what nobody expects or as many workloads were tried
    /// as were asked for. The first has the seed of the whole, the others have seeds drawn from it.
    fn searched(&mut self, whole: Search, run: impl Fn(Search, &mut Self) -> PropertyReport) -> PropertyReport {
        let mut report = run(whole, self);
        for further in FURTHER.. {
            let Some(failure) = report.failure.take_if(|failure| self.is_expected(failure)) else { break };
            self.tried = report.cases;
            self.answers.add(&failure.history);
            if !self.is_known(failure.anomalies[0].requirement) {
                let mut failure = failure;
                failure.history.cut_values(SHOWN_VALUE_BYTES);
                self.known.push(failure);
            }
            let seed = Random::for_purpose(whole.seed, further).bits();
            let next = run(Search { seed, cases: whole.cases - report.cases, ..whole }, self);
            report = PropertyReport {
                search: whole,
                cases: report.cases + next.cases,
                operations: report.operations + next.operations,
                errors: report.errors + next.errors,
                reads: report.reads + next.reads,
                settled_reads: report.settled_reads + next.settled_reads,
                failure: next.failure,
                error: next.error,
            };
        }
        report
    }

    fn is_expected(&mut self, failure: &PropertyFailure) -> bool {
        self.watch.is_expected(failure.anomalies[0].requirement)
    }

    fn is_known(&self, requirement: RequirementId) -> bool {
        self.known.iter().any(|failure| failure.anomalies[0].requirement == requirement)
    }
}

impl property::Watch for Explorer<'_> {
    fn goes_on(&mut self, report: &PropertyReport) -> bool {
        self.end.is_none_or(|end| Instant::now() < end)
            && !self.watch.is_interrupted()
            && self.watch.goes_on(self.tried + report.cases)
    }

    fn goes_on_shrinking(&mut self) -> bool {
        // One of each kind is shrunk: the others say no more.
        if self.is_repeated {
            return false;
        }
        let since = *self.shrinking_since.get_or_insert_with(Instant::now);
        let at_most = if self.is_virtual { SHRINK_IN_VIRTUAL_TIME } else { SHRINK_IN_REAL_TIME };
        since.elapsed() < at_most && !self.watch.is_interrupted()
    }

    fn ran(&mut self, execution: &Execution) {
        self.answers.add(&execution.run.history);
        if self.ladder_cases >= LADDER_CASES_MAX {
            return;
        }
        self.ladder_cases += 1;
        let history = &execution.run.history;
        let ladder = ladder::judge(history, &ladder::Options::default());
        for level in promised(self.profile) {
            if let Some(Finding::Broken(witness)) = ladder.finding(*level) {
                self.disagreement.get_or_insert_with(|| disagreement(*level, witness, history));
            }
        }
        note(&mut self.observed, &ladder, history);
    }

    fn found(&mut self, regression: &Regression) {
        // What a search found always names one of the registry.
        let requirement = regression.requirement.parse().ok();
        self.is_repeated = requirement.is_some_and(|requirement| self.is_known(requirement));
        self.shrinking_since = None;
        if !requirement.is_some_and(|requirement| self.watch.is_expected(requirement)) {
            self.watch.found(regression);
        }
    }
}

/// Adds what the ladder says of a further history.
pub(super) fn note(observed: &mut Vec<Observed>, ladder: &Ladder, history: &History) {
    for (level, finding) in ladder.findings() {
        match observed.iter_mut().find(|o| o.level == level) {
            Some(o) => o.merge(finding, ladder, history),
            None => {
                let mut o = Observed { level, finding: finding.clone(), counterexample: None };
                o.merge(finding, ladder, history);
                observed.push(o);
            }
        }
    }
}

fn disagreement(level: Level, witness: &Witness, history: &History) -> String {
    let operations: Vec<String> = witness.operations.iter().map(|&i| history.operation_text(i)).collect();
    format!(
        "the judge finds that a history breaks {}, in which the oracle finds nothing wrong: {}",
        level.name(),
        operations.join("; ")
    )
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
        // The proof is given only where no weaker level says better what went wrong.
        if let Finding::Broken(witness) = finding
            && self.counterexample.is_none()
        {
            let is_first = ladder.first_broken().contains(&self.level);
            let smallest = is_first.then(|| explain(history, self.level, witness));
            if let Some(smallest) = smallest {
                let witness = Witness { operations: smallest.operations, because: smallest.because };
                self.finding = Finding::Broken(witness);
                let mut shown = history.clone();
                shown.cut_values(SHOWN_VALUE_BYTES);
                self.counterexample = Some(shown);
            }
        }
    }
}
