//! The way of a run: the cases, then the searches, with an event for whatever happens.

use kvspec_reference::RequirementId;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kvspec_suites::workloads::property::Regression;

use super::event::{Conclusion, Ended, Event, Interruption, Listener};
use super::exploration::{Budget, Exploration, Watch, explore};
use super::header::RunHeader;
use super::kept::Keeper;
use super::outcome::{Extent, Run};
use super::plan::{Moment, Plan};
use super::threads::{self, Concurrency};
use crate::expectation::Expectations;
use crate::interruption::is_interrupted;
use crate::report::exit::{Exit, exit_of};
use crate::report::replay::Replay;
use crate::selection::RANDOM_WORKLOADS;
use crate::subject::process::ProcessHost;

/// A run that is to be made.
pub struct WholeRun<'a> {
    /// The cases, and on what.
    pub plan: &'a Plan<'a>,
    /// What reports say of it.
    pub header: &'a RunHeader,
    /// The arguments that name the target, fit for a shell.
    pub arguments: &'a str,
    /// What is known to fail.
    pub expectations: &'a Expectations,
    /// What is searched besides the cases.
    pub searches: Searches<'a>,
    /// Where workloads that fail are kept.
    pub keeper: Keeper,
    /// How much of the suite it covers.
    pub extent: Extent,
}

/// What is searched besides the cases.
#[derive(Clone, Copy)]
pub struct Searches<'a> {
    /// Random workloads, one call at a time.
    pub explores: bool,
    /// The host in several processes, where concurrent workloads are wanted.
    pub several: Option<&'a ProcessHost>,
    /// How many workloads each tries, and for how long.
    pub budget: Budget,
}

/// How many workloads are run by several processes at once, where the budget names no number.
const CONCURRENT_CASES: u64 = 64;
/// How many, where letting the convergence bound pass takes real time.
const CONCURRENT_CASES_IN_REAL_TIME: u64 = 4;

impl WholeRun<'_> {
    /// Makes the run. All its results go to the listener.
    pub fn run(&self, listener: &mut dyn Listener) -> Exit {
        listener.hear(&Event::RunStarted(self.header));
        let (run, kept) = self.execute(listener);
        let met = self.expectations.met_by(&run);
        if run.extent.is_interrupted {
            let left = self.plan.cases.len() - run.cases.len();
            listener.hear(&Event::Interrupted(Interruption::of(&run, left)));
        }
        let replay = self.replay(kept.as_deref());
        listener.hear(&Event::Concluded(&Conclusion { header: self.header, run: &run, met: &met, replay: &replay }));
        exit_of(&run, &met)
    }

    fn replay<'r>(&'r self, kept_workload: Option<&'r Path>) -> Replay<'r> {
        Replay::Command { target: self.arguments, seed: self.plan.seed, kept_workload }
    }

    /// The run, and the file of a workload that failed.
    fn execute(&self, listener: &mut dyn Listener) -> (Run, Option<PathBuf>) {
        let replay = self.replay(None);
        let cases = self.plan.run_observed(|moment| match moment {
            Moment::Started(case) => listener.hear(&Event::CaseStarted(case)),
            Moment::Ended(run) => {
                let expected = self.expectations.of_case(run);
                listener.hear(&Event::CaseEnded(Ended { run, expected, replay: &replay }));
            }
        });
        let explored = (self.searches.explores && !is_interrupted()).then(|| self.explore(listener));
        let (exploration, kept) = explored.map_or((None, None), |(exploration, kept)| (Some(exploration), kept));
        let several = self.searches.several.filter(|_| !is_interrupted());
        let concurrency = several.map(|host| self.concurrently(host, listener));
        let extent = Extent { is_interrupted: is_interrupted(), ..self.extent };
        (Run { cases, exploration, concurrency, extent }, kept)
    }

    fn explore(&self, listener: &mut dyn Listener) -> (Exploration, Option<PathBuf>) {
        let Plan { subject, declaration, seed, .. } = *self.plan;
        let mut watching = Watching { listener, keeper: &self.keeper, expectations: self.expectations, kept: None };
        let exploration = explore(subject, declaration, seed, self.searches.budget, &mut watching);
        if let Some(failure) = &exploration.search.failure {
            watching.keep_shrunk(&failure.regression());
        }
        (exploration, watching.kept)
    }

    /// Workloads whose sessions are processes of their own.
    fn concurrently(&self, host: &ProcessHost, listener: &mut dyn Listener) -> Concurrency {
        let Plan { subject, declaration, seed, .. } = *self.plan;
        let budget = self.searches.budget;
        let is_quick = declaration.convergence_bound().is_zero();
        let count = budget.cases.unwrap_or(if is_quick { CONCURRENT_CASES } else { CONCURRENT_CASES_IN_REAL_TIME });
        let begun = Instant::now();
        threads::explore(
            || host.start_shared(),
            subject.profile(),
            declaration,
            seed,
            count,
            |tried| {
                listener.hear(&Event::SearchProgress { workloads: "concurrent workloads", tried });
                !is_interrupted() && budget.time.is_none_or(|time| begun.elapsed() < time)
            },
        )
    }
}

/// Watches random workloads for an interruption, and keeps what fails.
struct Watching<'w> {
    listener: &'w mut dyn Listener,
    keeper: &'w Keeper,
    expectations: &'w Expectations,
    kept: Option<PathBuf>,
}

impl Watch for Watching<'_> {
    fn goes_on(&mut self, tried: u64) -> bool {
        self.listener.hear(&Event::SearchProgress { workloads: "random workloads", tried });
        true
    }

    fn is_interrupted(&mut self) -> bool {
        is_interrupted()
    }

    fn is_expected(&mut self, requirement: RequirementId) -> bool {
        self.expectations.expects(RANDOM_WORKLOADS, requirement)
    }

    fn found(&mut self, regression: &Regression) {
        let kept = self.keeper.keep(regression);
        self.note(kept);
        self.listener.hear(&Event::ViolationFound(regression));
    }
}

impl Watching<'_> {
    /// The shrunk workload takes the place of the one that was found.
    fn keep_shrunk(&mut self, shrunk: &Regression) {
        let kept = self.keeper.replace(self.kept.as_deref(), shrunk);
        self.note(kept);
    }

    fn note(&mut self, kept: Result<PathBuf, String>) {
        match kept {
            Ok(file) => self.kept = Some(file),
            Err(why) => self.listener.hear(&Event::NotKept(&why)),
        }
    }
}
