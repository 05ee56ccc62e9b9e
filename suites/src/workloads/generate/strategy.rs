//! Workloads as a proptest strategy.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use kvspec_reference::workload::Workload;
use kvspec_reference::workload::shrink::Shrinker;
use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::repertoire::Repertoire;
use super::size::Size;
use super::workload::from_seed_offering;
use crate::declaration::Declaration;

/// All workloads that obey a declaration.
pub fn workloads(declaration: &Declaration) -> Workloads {
    let repertoire = Repertoire::FOUR_OPERATIONS;
    Workloads { declaration: declaration.clone(), repertoire, size: Size::default(), first: Arc::default() }
}

/// A strategy for workloads: see [`workloads`].
#[derive(Debug, Clone)]
pub struct Workloads {
    declaration: Declaration,
    repertoire: Repertoire,
    size: Size,
    /// What is tried before anything is generated. Clones share it: each is tried once.
    first: Arc<Mutex<VecDeque<Workload>>>,
}

impl Workloads {
    /// The same, of this size.
    #[must_use]
    pub fn with_size(self, size: Size) -> Self {
        Self { size, ..self }
    }

    /// The same, with all operations that are offered.
    #[must_use]
    pub fn offering(self, repertoire: Repertoire) -> Self {
        Self { repertoire, ..self }
    }

    /// The same, with these before all others, each once: failures that were kept.
    #[must_use]
    pub fn trying_first(self, workloads: impl IntoIterator<Item = Workload>) -> Self {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).extend(workloads);
        self
    }
}

impl Strategy for Workloads {
    type Tree = WorkloadTree;
    type Value = Workload;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        // One draw: what it becomes does not depend on how proptest makes numbers.
        let seed = runner.rng().next_u64();
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Ok(WorkloadTree::of(
            first.unwrap_or_else(|| from_seed_offering(&self.declaration, self.repertoire, self.size, seed)),
        ))
    }
}

/// A workload, and how proptest makes it smaller: as [`kvspec_reference::workload::shrink`] does, which
/// drops and merges sessions, registers and names and makes values and pauses plain.
#[derive(Debug, Clone)]
pub struct WorkloadTree {
    shrinker: Shrinker,
}

impl WorkloadTree {
    /// The tree of a workload, as it was found.
    pub fn of(workload: Workload) -> Self {
        Self { shrinker: Shrinker::new(workload) }
    }
}

impl ValueTree for WorkloadTree {
    type Value = Workload;

    fn current(&self) -> Workload {
        self.shrinker.proposed().unwrap_or(self.shrinker.smallest()).clone()
    }

    /// The current workload failed: it is the smallest, and a simpler one is next.
    fn simplify(&mut self) -> bool {
        self.shrinker.answer(true);
        self.shrinker.propose().is_some()
    }

    /// The current workload did not fail: another candidate is next or, in the end, the smallest that
    /// failed.
    fn complicate(&mut self) -> bool {
        self.shrinker.answer(false);
        self.shrinker.propose().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::from_seed;
    use super::*;
    use kvspec_reference::workload::shrink::shrink;
    use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng};

    fn deletes(workload: &Workload) -> usize {
        workload.steps.iter().filter(|step| step.to_string().contains("delete")).count()
    }

    fn smallest_by_proptest(strategy: &Workloads, max_shrink_iters: u32) -> Workload {
        let config = Config { failure_persistence: None, max_shrink_iters, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let result = TestRunner::new_with_rng(config, rng).run(strategy, |workload| {
            proptest::prop_assert!(deletes(&workload) < 2);
            Ok(())
        });
        let Err(TestError::Fail(_, smallest)) = result else { panic!("{result:?}") };
        smallest
    }

    #[test]
    fn proptest_ends_where_our_own_loop_does() {
        let found = (0..).map(|seed| from_seed(&Declaration::default(), Size::default(), seed));
        for workload in found.filter(|workload| deletes(workload) >= 2).take(20) {
            let ours = shrink(&workload, u64::MAX, |candidate| deletes(candidate) >= 2);
            let first = workloads(&Declaration::default()).trying_first([workload]);
            assert_eq!(smallest_by_proptest(&first, 10_000), ours.workload);
            assert_eq!((ours.workload.steps.len(), ours.workload.sessions), (2, 1));
        }
    }

    #[test]
    fn a_search_that_is_cut_off_ends_with_a_workload_that_fails() {
        for iterations in 0..30 {
            let smallest = smallest_by_proptest(&workloads(&Declaration::default()), iterations);
            assert!(deletes(&smallest) >= 2, "{iterations}: {smallest:?}");
        }
    }

    #[test]
    fn what_was_kept_comes_first_and_once() {
        let kept = Workload { sessions: 1, steps: vec![] };
        let strategy = workloads(&Declaration::default()).trying_first([kept.clone()]);
        let mut runner = TestRunner::deterministic();
        let drawn = [(); 2].map(|()| strategy.clone().new_tree(&mut runner).unwrap().current());
        assert_eq!((drawn[0] == kept, drawn[1] == kept), (true, false));
    }
}
