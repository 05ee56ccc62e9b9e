//! Workloads as a proptest strategy.

use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::{Size, from_seed};
use crate::declaration::Declaration;
use kvspec_reference::workload::Workload;

/// All workloads that obey a declaration.
#[derive(Debug, Clone)]
pub struct Workloads {
    /// What the workloads obey.
    pub declaration: Declaration,
    /// How large they get.
    pub size: Size,
}

impl Strategy for Workloads {
    type Tree = WorkloadTree;
    type Value = Workload;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        // One draw: what it becomes does not depend on how proptest makes numbers.
        let seed = runner.rng().next_u64();
        Ok(WorkloadTree::new(from_seed(&self.declaration, self.size, seed)))
    }
}

/// A workload and how proptest makes it smaller: by leaving out runs of steps, long runs first. For
/// a real minimum see [`kvspec_reference::workload::shrink`].
#[derive(Debug, Clone)]
pub struct WorkloadTree {
    current: Workload,
    /// What `complicate` goes back to.
    before: Option<Workload>,
    run_length: usize,
    end: usize,
}

impl WorkloadTree {
    fn new(workload: Workload) -> Self {
        let steps = workload.steps.len();
        Self { current: workload, before: None, run_length: steps.div_ceil(2), end: steps }
    }
}

impl ValueTree for WorkloadTree {
    type Value = Workload;

    fn current(&self) -> Workload {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.end == 0 {
            self.run_length /= 2;
            self.end = self.current.steps.len();
        }
        if self.run_length == 0 || self.end == 0 {
            return false;
        }
        self.before = Some(self.current.clone());
        let start = self.end.saturating_sub(self.run_length);
        self.current.steps.drain(start..self.end);
        self.end = start;
        true
    }

    fn complicate(&mut self) -> bool {
        match self.before.take() {
            None => false,
            Some(before) => {
                self.current = before;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::test_runner::{Config, TestError, TestRng};

    #[test]
    fn proptest_shrinks_to_the_steps_that_matter() {
        let workloads = Workloads { declaration: Declaration::default(), size: Size::default() };
        let config = Config { failure_persistence: None, ..Config::default() };
        let rng = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
        let result = TestRunner::new_with_rng(config, rng).run(&workloads, |workload| {
            proptest::prop_assert!(workload.steps.iter().filter(|s| s.to_string().contains("delete")).count() < 2);
            Ok(())
        });
        let Err(TestError::Fail(_, smallest)) = result else { panic!("{result:?}") };
        assert_eq!(smallest.steps.len(), 2, "{smallest:?}");
    }
}
