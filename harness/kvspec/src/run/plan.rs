//! The cases of a run, one after another.

use kvspec_reference::interface::Subject;
use kvspec_suites::{Case, Declaration};

use super::case::{CaseRun, run_one};
use crate::interruption::is_interrupted;

/// Which cases are run, and on what.
pub struct Plan<'a> {
    /// Where implementations come from.
    pub subject: &'a dyn Subject,
    /// What it declares.
    pub declaration: &'a Declaration,
    /// The cases, in order.
    pub cases: Vec<&'static Case>,
    /// The seed of all randomness.
    pub seed: u64,
}

/// What happens to a case.
pub enum Moment {
    /// It starts.
    Started(&'static Case),
    /// It has ended.
    Ended(Box<CaseRun>),
}

impl Plan<'_> {
    /// Runs the cases one after another; `observe` sees each when it has ended.
    pub fn run(&self, mut observe: impl FnMut(&CaseRun)) -> Vec<CaseRun> {
        let mut runs = Vec::with_capacity(self.cases.len());
        self.run_observed(|moment| {
            if let Moment::Ended(run) = moment {
                observe(&run);
                runs.push(*run);
            }
        });
        runs
    }

    /// As [`Plan::run`], but `observe` sees the start of each case too, and is given what came of it.
    pub fn run_observed(&self, mut observe: impl FnMut(Moment)) {
        for case in &self.cases {
            if is_interrupted() {
                break;
            }
            observe(Moment::Started(case));
            let run = run_one(case, self.subject, self.declaration, self.seed);
            // It was cut off, or nearly: what it says is of that.
            if is_interrupted() {
                break;
            }
            // Nor could any case after it be run.
            let is_lost = run.is_lost;
            observe(Moment::Ended(Box::new(run)));
            if is_lost {
                break;
            }
        }
    }
}
