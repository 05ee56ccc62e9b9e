//! An instance of an instrumented component: its counters can be read after it was driven.

use kvspec_reference::interface::{Failure, Implementation, Result};
use wasmtime::Store;
use wasmtime::component::Instance;

use super::succession::Starts as _;
use super::{ComponentSubject, Exports, live, store};
use kvspec_coverage::{Region, RegionVisitor};

use crate::counters::CounterRegions;
use crate::sandbox::Sandbox;

/// An instance with its counters.
pub struct CountedInstance {
    instance: Running,
    counters: CounterRegions,
}

/// An instance of each profile.
enum Running {
    Eventual(live::Instance),
    Store(store::StoreInstance),
}

/// What an instance holds between workloads, while the harness holds nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holdings {
    /// Resources of the host, such as pollables and streams.
    pub handles: u64,
    /// Its own exported resources, by the types that the regions count, in their order.
    pub resources: Vec<u64>,
    /// Linear memory, in bytes.
    pub memory_bytes: u64,
}

impl ComponentSubject {
    /// As [`Subject::start`](kvspec_reference::interface::Subject::start), for a component that
    /// [`instrument`](kvspec_coverage::instrument) gave; `regions` are those it gave, or none, to
    /// run it without reading any counters. Counters begin at zero once it has started.
    pub fn start_counted(&self, seed: u64, regions: &[Region]) -> Result<CountedInstance> {
        let sandbox = self.sandbox(seed, None)?;
        let attach = |instance: &Instance, store: &mut Store<Sandbox>| {
            let counters = CounterRegions::attach(instance, &mut *store, regions).map_err(|e| counters_failed(&e))?;
            counters.reset(store).map_err(|e| counters_failed(&e))?;
            Ok(counters)
        };
        let (instance, counters) = match &self.exports {
            Exports::Eventual(functions) => {
                let started = live::Instance::start_with(&self.pre, functions, sandbox, &self.hangs, attach);
                started.map(|(instance, counters)| (Running::Eventual(instance), counters))?
            }
            Exports::Store(dialect) => {
                let started = store::start_with(&self.pre, dialect, sandbox, &self.hangs, attach);
                started.map(|(instance, counters)| (Running::Store(instance), counters))?
            }
        };
        Ok(CountedInstance { instance, counters })
    }
}

impl CountedInstance {
    /// The instance as an implementation.
    pub fn implementation(&self) -> &dyn Implementation {
        match &self.instance {
            Running::Eventual(instance) => instance,
            Running::Store(instance) => instance,
        }
    }

    /// Shows the regions.
    pub fn regions(&self, visit: &mut RegionVisitor<'_>) {
        self.instance.with_store(|store| visit(&mut self.counters.read(store)));
    }

    /// Zeroes the counters: from now on they tell of what is called from now on.
    ///
    /// # Errors
    /// When the instance is broken.
    pub fn reset_counters(&self) -> Result<()> {
        self.instance.with_store_mut(|store| self.counters.reset(store).map_err(|e| counters_failed(&e)))
    }

    /// What the instance holds. Exact while the harness holds none of its resources.
    pub fn holdings(&self) -> Holdings {
        self.instance.with_store_mut(|store| {
            let (handles, memory_bytes) = (store.data_mut().handle_count() as u64, store.data().memory_bytes() as u64);
            let counts = self.counters.read(store).flat_map(|(layout, region)| layout.resource_counts(region));
            // More ended than made: it makes them where that is not seen, so nothing is known.
            let resources = counts.map(|counts| u64::from(counts.made.saturating_sub(counts.ended))).collect();
            Holdings { handles, resources, memory_bytes }
        })
    }

    /// Whether it can be called again.
    pub fn is_broken(&self) -> bool {
        match &self.instance {
            Running::Eventual(instance) => instance.is_broken(),
            Running::Store(instance) => instance.is_broken(),
        }
    }

    /// Whether the component asked for more memory than it may have, in the last call.
    pub fn memory_was_refused(&self) -> bool {
        self.instance.with_store(|store| store.data().memory_was_refused())
    }

    /// Whether a call was ended because it computed for too long.
    pub fn was_interrupted(&self) -> bool {
        match &self.instance {
            Running::Eventual(instance) => instance.was_interrupted(),
            Running::Store(instance) => instance.was_interrupted(),
        }
    }
}

impl Running {
    fn with_store<R>(&self, look: impl FnOnce(&Store<Sandbox>) -> R) -> R {
        match self {
            Running::Eventual(instance) => instance.with_store(look),
            Running::Store(instance) => instance.with_store(look),
        }
    }

    fn with_store_mut<R>(&self, change: impl FnOnce(&mut Store<Sandbox>) -> R) -> R {
        match self {
            Running::Eventual(instance) => instance.with_store_mut(change),
            Running::Store(instance) => instance.with_store_mut(change),
        }
    }
}

/// A component that cannot be started with counters is a fault of ours, when it can be without.
fn counters_failed(error: &wasmtime::Error) -> Failure {
    Failure::Harness(format!("the counters of the component cannot be reached: {error:#}"))
}
