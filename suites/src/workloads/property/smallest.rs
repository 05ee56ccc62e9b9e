//! From a workload that failed to the smallest that shows the same violation.

use kvspec_reference::RequirementId::{self, KveCon01, KveCon02, KveCon03, KveCon04};
use kvspec_reference::interface::{Clock, Subject};
use kvspec_reference::workload::{Step, Workload};
use proptest::strategy::ValueTree;

use super::execution::{Execution, execute};
use super::regression::Regression;
use crate::declaration::Declaration;
use crate::workloads::generate::WorkloadTree;

/// The requirement that a register does not wait for others.
const TRAFFIC: RequirementId = KveCon04;
/// With how many other seeds of the implementation a smaller workload is tried, in the first
/// round, in the second, and in the third, which only large results get.
const FEW_SEEDS: u64 = 3;
const MANY_SEEDS: u64 = 200;
const MOST_SEEDS: u64 = 1_000;
/// A result of more operations than this is large.
const SMALL_OPERATIONS: usize = 4;

/// Where workloads run.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) subject: &'p dyn Subject,
    pub(super) clock: &'p dyn Clock,
    pub(super) declaration: &'p Declaration,
}

/// A workload that shows a violation with a seed of the implementation.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) seed: u64,
    pub(super) workload: Workload,
    pub(super) execution: Execution,
}

impl Shown {
    /// The workload file to keep.
    pub(super) fn regression(&self) -> Regression {
        Regression::of(&self.execution.run.history, &self.execution.anomalies, &self.workload, self.seed)
    }
}

/// What shrinking came to.
pub(super) struct Smallest {
    pub(super) shown: Shown,
    pub(super) runs: u64,
    pub(super) is_minimal: bool,
}

/// Shrinks in rounds, keeping the first requirement that was violated (but see
/// [`Shrinking::leave_out_traffic`]): first with few seeds of the
/// implementation, then, when the workload is small and tries are cheap, with many. A store that
/// acts by chance acts otherwise when steps are missing, and shows the same fault with another seed.
/// Later rounds are left out where the seed makes no difference. `goes_on` is asked before each
/// run: the first no ends the shrinking with what there is.
pub(super) fn smallest(place: Place<'_>, found: Shown, runs_max: u64, goes_on: &mut dyn FnMut() -> bool) -> Smallest {
    let requirement = found.execution.anomalies[0].requirement;
    let mut shrinking =
        Shrinking { place, requirement, first_seed: found.seed, shown: found, runs: 0, runs_max, goes_on };
    shrinking.leave_out_traffic();
    shrinking.round(FEW_SEEDS);
    if shrinking.seed_matters() {
        shrinking.round(MANY_SEEDS);
        if shrinking.shown.workload.operation_count() > SMALL_OPERATIONS {
            shrinking.round(MOST_SEEDS);
        }
    }
    // An end that was asked for has used up the runs.
    Smallest { is_minimal: shrinking.runs < shrinking.runs_max, runs: shrinking.runs, shown: shrinking.shown }
}

struct Shrinking<'p> {
    place: Place<'p>,
    requirement: RequirementId,
    first_seed: u64,
    shown: Shown,
    runs: u64,
    runs_max: u64,
    goes_on: &'p mut dyn FnMut() -> bool,
}

impl Shrinking<'_> {
    /// KVE-CON-04 says that a register fails while others are written. Where it fails alone, too,
    /// what it violates alone says more: that becomes the violation to keep.
    fn leave_out_traffic(&mut self) {
        let (TRAFFIC, Some(register)) = (self.requirement, self.shown.execution.anomalies[0].register.clone()) else {
            return;
        };
        let mut alone = self.shown.workload.clone();
        alone.steps.retain(|step| match step {
            Step::Call { call, .. } => {
                call.register().is_none_or(|of| of == (&*register.0, &*register.1)) && call.batch().next().is_none()
            }
            Step::Wait(_) | Step::Quiesce => true,
        });
        alone.steps.push(Step::Quiesce);
        for requirement in [KveCon01, KveCon02, KveCon03] {
            self.requirement = requirement;
            if (0..=FEW_SEEDS).any(|i| self.shows(&alone, self.first_seed.wrapping_add(i))) {
                return;
            }
        }
        self.requirement = TRAFFIC;
    }

    fn round(&mut self, seeds: u64) {
        let mut tree = WorkloadTree::of(self.shown.workload.clone());
        let mut is_another = tree.simplify();
        while is_another && self.runs < self.runs_max {
            let candidate = tree.current();
            let others = (0..seeds).map(|i| self.first_seed.wrapping_add(1 + i));
            let seeds: Vec<u64> = std::iter::once(self.shown.seed).chain(others).collect();
            let still_fails = seeds.into_iter().any(|seed| self.shows(&candidate, seed));
            is_another = if still_fails { tree.simplify() } else { tree.complicate() };
        }
    }

    /// Runs a candidate, and keeps it when it violates the same requirement.
    fn shows(&mut self, candidate: &Workload, seed: u64) -> bool {
        if self.runs < self.runs_max && !(self.goes_on)() {
            self.runs_max = self.runs;
        }
        if self.runs >= self.runs_max {
            return false;
        }
        self.runs += 1;
        let Place { subject, clock, declaration } = self.place;
        let Ok(mut execution) = execute(subject, clock, declaration, subject.profile(), candidate, seed) else {
            return false;
        };
        execution.anomalies.sort_by_key(|a| a.requirement != self.requirement);
        let is_same = execution.anomalies.first().is_some_and(|a| a.requirement == self.requirement);
        if is_same {
            self.shown = Shown { seed, workload: candidate.clone(), execution };
        }
        is_same
    }

    /// Whether other seeds give other histories of the smallest workload.
    fn seed_matters(&mut self) -> bool {
        let Place { subject, clock, declaration } = self.place;
        let text = |execution: &Execution| {
            let history = &execution.run.history;
            (0..history.records().len()).map(|i| history.operation_text(i)).collect::<Vec<_>>()
        };
        let shown = text(&self.shown.execution);
        (0..FEW_SEEDS).any(|i| {
            if self.runs >= self.runs_max {
                return false;
            }
            self.runs += 1;
            let seed = self.first_seed.wrapping_add(1 + i);
            let again = execute(subject, clock, declaration, subject.profile(), &self.shown.workload, seed);
            again.is_ok_and(|execution| text(&execution) != shown)
        })
    }
}
