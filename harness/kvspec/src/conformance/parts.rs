//! The tests of a store: a case each, random workloads, workloads by real threads, and whether what is
//! expected still occurs.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use kvspec_reference::Anomaly;
use kvspec_reference::interface::Implementation;
use kvspec_suites::{Case, Verdict, cases};

use super::fresh::Start;
use super::tested::Tested;
use super::trials::{Completion, Failed, Trial};
use crate::expectation::Expectation;
use crate::report::human;
use crate::run::exploration::{Budget, Unwatched, explore};
use crate::run::run_one;
use crate::run::threads::{self, Concurrency};
use crate::selection::{concurrent_workloads, random_workloads};
use crate::subject::panics::{backtraces_of, guarded};

/// How many workloads are run by real threads, unless letting the bound pass takes real time.
const CONCURRENT_WORKLOADS: u64 = 64;
/// How many, where it does.
const CONCURRENT_WORKLOADS_IN_REAL_TIME: u64 = 4;

/// Runs workloads by real threads.
pub(super) type Concurrent = Arc<dyn Fn(&Tested) -> Concurrency + Send + Sync>;

/// The tests of a store, the cases first.
pub(super) fn trials(tested: &Arc<Tested>, parts: &[Part]) -> Vec<Trial> {
    let trial = |part: Part| {
        let tested = tested.clone();
        Trial::ignorable_test(part.name(&tested), move || part.test(&tested))
    };
    let mut trials: Vec<Trial> = parts.iter().cloned().map(trial).collect();
    for (number, expectation) in (1..).zip(tested.settings.expectations.iter().cloned()) {
        let (tested, parts) = (tested.clone(), parts.to_vec());
        let name = format!("expectations::number_{number}_still_occurs");
        trials.push(Trial::ignorable_test(name, move || still_occurs(&tested, &expectation, &parts)));
    }
    trials
}

/// What can be tested on its own.
#[derive(Clone)]
pub(super) enum Part {
    /// A case.
    Case(&'static Case),
    /// Random workloads.
    Random,
    /// Random workloads by real threads.
    Concurrent(Concurrent),
}

/// What came of a part.
struct Outcome {
    verdict: Verdict,
    anomalies: Vec<Anomaly>,
    /// What is shown of it, unless it passed.
    text: String,
}

/// All parts that are tested.
pub(super) fn parts(tested: &Tested, concurrent: Option<Concurrent>) -> Vec<Part> {
    let cases = cases::of(tested.profile).into_iter().map(Part::Case);
    cases.chain([Part::Random]).chain(concurrent.map(Part::Concurrent)).collect()
}

impl Part {
    /// The name of its test.
    pub(super) fn name(&self, tested: &Tested) -> String {
        match self {
            Part::Case(case) => case.name.to_owned(),
            Part::Random => random_workloads(tested.profile).to_owned(),
            Part::Concurrent(_) => concurrent_workloads(tested.profile).to_owned(),
        }
    }

    fn test(&self, tested: &Tested) -> Result<Completion, Failed> {
        let Outcome { verdict, anomalies, text } = self.run(tested)?;
        match verdict {
            Verdict::Pass => Ok(Completion::Completed),
            Verdict::Skip(why) => Ok(Completion::ignored_with(why)),
            Verdict::Fail => match tested.settings.expectations.of(&self.name(tested), &anomalies) {
                Some(expectation) => Ok(Completion::ignored_with(format!("known: {expectation}"))),
                None => {
                    let backtraces: String = anomalies.iter().map(|anomaly| backtraces_of(&anomaly.actual)).collect();
                    Err(format!("{text}{backtraces}").into())
                }
            },
            _ => Err(text.into()),
        }
    }

    fn run(&self, tested: &Tested) -> Result<Outcome, String> {
        let _turn = tested.turn()?;
        Ok(match self {
            Part::Case(case) => of_case(case, tested),
            Part::Random => of_random_workloads(tested),
            Part::Concurrent(run) => of_threads(run(tested), tested),
        })
    }
}

fn replay(tested: &Tested) -> human::Replay<'static> {
    human::Replay::CargoTest { seed: tested.settings.seed }
}

fn of_case(case: &'static Case, tested: &Tested) -> Outcome {
    let run = run_one(case, tested, &tested.settings.declaration, tested.settings.seed);
    let text = human::failure_text(&run, &replay(tested));
    Outcome { verdict: run.report.verdict, anomalies: run.report.anomalies, text }
}

fn of_random_workloads(tested: &Tested) -> Outcome {
    let settings = &tested.settings;
    let budget = Budget { cases: None, time: settings.real_time };
    let exploration = explore(tested, &settings.declaration, settings.seed, budget, &mut Unwatched);
    let (verdict, text) = (exploration.verdict(), human::exploration_text(&exploration, &replay(tested)));
    let anomalies = exploration.search.failure.map(|failure| failure.anomalies).unwrap_or_default();
    Outcome { verdict, anomalies, text }
}

fn of_threads(concurrency: Concurrency, tested: &Tested) -> Outcome {
    let verdict = concurrency.verdict();
    let text = match (&verdict, &concurrency.failure) {
        (_, Some(failure)) => human::concurrent_text(failure, &replay(tested)),
        (Verdict::Error(why) | Verdict::Inconclusive(why), None) => why.clone(),
        _ => String::new(),
    };
    let anomalies = concurrency.failure.map(|failure| failure.anomalies).unwrap_or_default();
    Outcome { verdict, anomalies, text }
}

/// Runs workloads by real threads on stores that this makes.
pub(super) fn concurrent<I: Implementation + Send + Sync + 'static>(start: Start<I>) -> Concurrent {
    Arc::new(move |tested| {
        let settings = &tested.settings;
        let is_quick = settings.declaration.convergence_bound().is_zero();
        let count = if is_quick { CONCURRENT_WORKLOADS } else { CONCURRENT_WORKLOADS_IN_REAL_TIME };
        let next_seed = Cell::new(settings.seed);
        let fresh = || {
            tested.reset()?;
            guarded(|| start(next_seed.replace(next_seed.get().wrapping_add(1))))
        };
        let end = settings.real_time.and_then(|time| Instant::now().checked_add(time));
        let go_on = |_| end.is_none_or(|end| Instant::now() < end);
        threads::explore(fresh, tested.profile, &settings.declaration, settings.seed, count, go_on)
    })
}

/// Whether a part still fails as expected: those that are meant run one after another, until one does.
fn still_occurs(tested: &Tested, expectation: &Expectation, parts: &[Part]) -> Result<Completion, Failed> {
    let mut is_decided = false;
    for part in parts.iter().filter(|part| expectation.id.matches(&part.name(tested))) {
        let outcome = part.run(tested)?;
        if outcome.verdict == Verdict::Fail && expectation.is_met_by(&outcome.anomalies) {
            return Ok(Completion::Completed);
        }
        is_decided |= matches!(outcome.verdict, Verdict::Pass | Verdict::Fail);
    }
    if is_decided {
        return Err(expectation.stale_text().into());
    }
    Ok(Completion::ignored_with("none of what it is about was decided"))
}
