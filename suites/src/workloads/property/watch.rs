//! Watching a search, and ending it.

use super::execution::Execution;
use super::regression::Regression;
use super::report::PropertyReport;

/// Someone who watches a search. Every method has a default, which lets the search run to its end.
pub trait Watch {
    /// Asked before each workload, with the report so far: whether to begin it. A failure that was
    /// found is still shrunk.
    fn goes_on(&mut self, report: &PropertyReport) -> bool {
        let _ = report;
        true
    }

    /// Asked before each run that shrinks a failure: whether to go on with that.
    fn goes_on_shrinking(&mut self) -> bool {
        true
    }

    /// Told of each workload that ran and broke nothing, in order.
    fn ran(&mut self, execution: &Execution) {
        let _ = execution;
    }

    /// Told of the workload that failed, before it is shrunk, which can take long.
    fn found(&mut self, regression: &Regression) {
        let _ = regression;
    }
}

/// Asks a function before each workload, and watches nothing else.
pub(super) struct GoOn<'f>(pub(super) &'f mut dyn FnMut(&PropertyReport) -> bool);

impl Watch for GoOn<'_> {
    fn goes_on(&mut self, report: &PropertyReport) -> bool {
        (self.0)(report)
    }
}
