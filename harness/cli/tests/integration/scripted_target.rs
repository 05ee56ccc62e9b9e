//! A fuzzing target that runs nothing: a function says what each workload shows.

use kvspec::Declaration;
use kvspec_coverage::{Comparison, RegionVisitor};
use kvspec_fuzzing::{Execution, Find, Leak, Target};
use kvspec_reference::{History, Workload};

pub(crate) struct ScriptedTarget<F> {
    pub(crate) declaration: Declaration,
    show: F,
}

impl<F: FnMut(&Workload) -> Option<Find>> ScriptedTarget<F> {
    pub(crate) fn new(show: F) -> Self {
        Self { declaration: Declaration::default(), show }
    }
}

impl<F: FnMut(&Workload) -> Option<Find>> Target for ScriptedTarget<F> {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn execute(&mut self, workload: &Workload) -> Result<Execution, String> {
        let finds = (self.show)(workload).into_iter().collect();
        Ok(Execution { finds, history: History::default(), is_first: true })
    }

    fn execute_alone(&mut self, workload: &Workload, _suspected: Option<Leak>) -> Result<Execution, String> {
        self.execute(workload)
    }

    fn life(&self) -> (usize, Workload) {
        (0, Workload::default())
    }

    fn regions(&self, _visit: &mut RegionVisitor<'_>) {}

    fn comparisons(&self) -> Vec<Comparison> {
        Vec::new()
    }
}
