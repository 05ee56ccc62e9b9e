//! An instance of an instrumented component: its counters can be read after it was driven.

use kvspec_reference::interface::{Failure, Implementation, Result};

use super::{ComponentSubject, Exports, live};
use crate::coverage::{CounterRegions, Region, RegionVisitor};

/// An instance with its counters.
pub(crate) struct CountedInstance {
    instance: live::Instance,
    counters: CounterRegions,
}

impl ComponentSubject {
    /// As [`Subject::start`](kvspec_reference::interface::Subject::start), for a component that
    /// [`instrument`](crate::coverage::instrument) gave; `regions` are those it gave, or none, to
    /// run it without reading any counters. Counters begin at zero once it has started.
    pub(crate) fn start_counted(&self, seed: u64, regions: &[Region]) -> Result<CountedInstance> {
        let Exports::Eventual(functions) = &self.exports else {
            return Err(Failure::Harness("only eventual@0.1.0 is driven with counters".into()));
        };
        let sandbox = self.sandbox(seed);
        let (instance, counters) =
            live::Instance::start_with(&self.pre, functions, sandbox, self.options.limits.call_ticks, |i, s| {
                let counters = CounterRegions::attach(i, &mut *s, regions)?;
                counters.reset(s)?;
                Ok(counters)
            })?;
        Ok(CountedInstance { instance, counters })
    }
}

impl CountedInstance {
    /// The instance as an implementation.
    pub(crate) fn implementation(&self) -> &dyn Implementation {
        &self.instance
    }

    /// Shows the regions.
    pub(crate) fn regions(&self, visit: &mut RegionVisitor<'_>) {
        self.instance.with_store(|store| visit(&mut self.counters.read(store)));
    }

    /// Whether the component asked for more memory than it may have.
    pub(crate) fn memory_was_refused(&self) -> bool {
        self.instance.with_store(|store| store.data().memory_was_refused())
    }

    /// Whether a call was ended because it computed for too long.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.instance.was_interrupted()
    }
}

/// A component that cannot be started with counters is a fault of ours, when it can be without.
pub(super) fn counters_failed(error: &wasmtime::Error) -> Failure {
    Failure::Harness(format!("the counters of the component cannot be reached: {error:#}"))
}
