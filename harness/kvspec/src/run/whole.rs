//! The way of a run: the cases, then the searches, with an event for whatever happens.

use kvspec_reference::RequirementId;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kvspec_suites::workloads::property::Regression;

use super::case::CaseRun;
use super::event::{Conclusion, Ended, Event, Interruption, Listener};
use super::exploration::{Budget, Exploration, Watch, explore};
use super::header::RunHeader;
use super::kept::Keeper;
use super::outcome::{Extent, Run};
use super::plan::{Moment, Plan};
use super::so_far::{SoFar, is_overdue};
use super::threads::{self, Concurrency};
use crate::expectation::Expectations;
use crate::interruption::is_interrupted;
use crate::report::exit::{Exit, exit_of};
use crate::report::replay::Replay;
use crate::selection::random_workloads;
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
    /// Ends this process, where the user ended the run and it did not end by itself in time. The report was
    /// made by then.
    pub leave: fn(Exit),
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

/// What the searches came to.
#[derive(Default)]
struct Searched {
    exploration: Option<Exploration>,
    concurrency: Option<Concurrency>,
    /// The file of a workload that failed.
    kept: Option<PathBuf>,
}

/// What the last report needs to know of a run besides what came of it.
struct Reported<'a> {
    header: &'a RunHeader,
    arguments: &'a str,
    expectations: &'a Expectations,
    seed: u64,
    /// How many cases it has.
    cases: usize,
    extent: Extent,
}

impl Reported<'_> {
    /// Concludes with the cases so far; `None`: that was done.
    fn conclude_early(&self, so_far: &SoFar<'_>) -> Option<Exit> {
        so_far.conclude(|cases, listener| self.conclude(cases, Searched::default(), listener))
    }

    fn conclude(&self, cases: Vec<CaseRun>, searched: Searched, listener: &mut dyn Listener) -> Exit {
        let Searched { exploration, concurrency, kept } = searched;
        let extent = Extent { is_interrupted: is_interrupted(), ..self.extent };
        let run = Run { cases, exploration, concurrency, extent };
        let met = self.expectations.met_by(&run);
        if run.extent.is_interrupted {
            let left = self.cases - run.cases.len();
            listener.hear(&Event::Interrupted(Interruption::of(&run, left)));
        }
        let replay = self.replay(kept.as_deref());
        listener.hear(&Event::Concluded(&Conclusion { header: self.header, run: &run, met: &met, replay: &replay }));
        exit_of(&run, &met)
    }

    fn replay<'r>(&'r self, kept_workload: Option<&'r Path>) -> Replay<'r> {
        Replay::Command { target: self.arguments, seed: self.seed, kept_workload }
    }
}

/// How many workloads are run by several processes at once, where the budget names no number.
const CONCURRENT_CASES: u64 = 64;
/// How many, where letting the convergence bound pass takes real time.
const CONCURRENT_CASES_IN_REAL_TIME: u64 = 4;

impl WholeRun<'_> {
    /// Makes the run. All its results go to the listener.
    pub fn run(&self, listener: &mut dyn Listener) -> Exit {
        let so_far = SoFar::new(listener);
        let reported = self.reported();
        std::thread::scope(|scope| {
            let (until_end, end) = std::sync::mpsc::channel::<()>();
            let leave = self.leave;
            let (watched, overdue) = (&so_far, &reported);
            scope.spawn(move || {
                if is_overdue(&end)
                    && let Some(exit) = overdue.conclude_early(watched)
                {
                    leave(exit);
                }
            });
            so_far.hear(&Event::RunStarted(self.header));
            let searched = self.execute(&so_far);
            let exit = so_far.conclude(|cases, listener| reported.conclude(cases, searched, listener));
            drop(until_end);
            // Else the other thread has concluded, and leaves.
            exit.unwrap_or(Exit::Interrupted)
        })
    }

    fn reported(&self) -> Reported<'_> {
        Reported {
            header: self.header,
            arguments: self.arguments,
            expectations: self.expectations,
            seed: self.plan.seed,
            cases: self.plan.cases.len(),
            extent: self.extent,
        }
    }

    /// Runs the cases, which go to `so_far`, and then the searches.
    fn execute(&self, so_far: &SoFar<'_>) -> Searched {
        let reported = self.reported();
        let replay = reported.replay(None);
        self.plan.run_observed(|moment| match moment {
            Moment::Started(case) => so_far.hear(&Event::CaseStarted(case)),
            Moment::Ended(run) => so_far.ended(*run, |run, listener| {
                let expected = self.expectations.of_case(run);
                listener.hear(&Event::CaseEnded(Ended { run, expected, replay: &replay }));
            }),
        });
        if so_far.is_target_lost() {
            return Searched::default();
        }
        let explored = (self.searches.explores && !is_interrupted()).then(|| self.explore(so_far));
        let (exploration, kept) = explored.map_or((None, None), |(exploration, kept)| (Some(exploration), kept));
        let several = self.searches.several.filter(|_| !is_interrupted());
        let concurrency = several.map(|host| self.concurrently(host, so_far));
        Searched { exploration, concurrency, kept }
    }

    fn explore(&self, so_far: &SoFar<'_>) -> (Exploration, Option<PathBuf>) {
        let Plan { subject, declaration, seed, .. } = *self.plan;
        let name = random_workloads(subject.profile());
        let mut watching = Watching { so_far, keeper: &self.keeper, expectations: self.expectations, kept: None, name };
        let exploration = explore(subject, declaration, seed, self.searches.budget, &mut watching);
        if let Some(failure) = &exploration.search.failure {
            watching.keep_shrunk(&failure.regression());
        }
        (exploration, watching.kept)
    }

    /// Workloads whose sessions are processes of their own.
    fn concurrently(&self, host: &ProcessHost, so_far: &SoFar<'_>) -> Concurrency {
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
                so_far.hear(&Event::SearchProgress { workloads: "concurrent workloads", tried });
                !is_interrupted() && budget.time.is_none_or(|time| begun.elapsed() < time)
            },
        )
    }
}

/// Watches random workloads for an interruption, and keeps what fails.
struct Watching<'w, 'l> {
    so_far: &'w SoFar<'l>,
    keeper: &'w Keeper,
    expectations: &'w Expectations,
    kept: Option<PathBuf>,
    /// What the search is called among the cases.
    name: &'static str,
}

impl Watch for Watching<'_, '_> {
    fn goes_on(&mut self, tried: u64) -> bool {
        self.so_far.hear(&Event::SearchProgress { workloads: "random workloads", tried });
        true
    }

    fn is_interrupted(&mut self) -> bool {
        is_interrupted()
    }

    fn is_expected(&mut self, requirement: RequirementId) -> bool {
        self.expectations.expects(self.name, requirement)
    }

    fn found(&mut self, regression: &Regression) {
        let kept = self.keeper.keep(regression);
        self.note(kept);
        self.so_far.hear(&Event::ViolationFound(regression));
    }
}

impl Watching<'_, '_> {
    /// The shrunk workload takes the place of the one that was found.
    fn keep_shrunk(&mut self, shrunk: &Regression) {
        let kept = self.keeper.replace(self.kept.as_deref(), shrunk);
        self.note(kept);
    }

    fn note(&mut self, kept: Result<PathBuf, String>) {
        match kept {
            Ok(file) => self.kept = Some(file),
            Err(why) => self.so_far.hear(&Event::NotKept(&why)),
        }
    }
}
