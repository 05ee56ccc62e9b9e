//! The store that is plugged in.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use kvspec::subject::BuiltIn;
use kvspec_reference::interface::{Bucket, Clock as _, Failure, Implementation, Result as Answer, Subject as _};
use kvspec_reference::stores::simulated::{Parameters, Simulated};
use wasmtime::Result;

use crate::sandbox::clock::VirtualClock;

/// Of 1,000 calls of the store that fails, so many do.
const FAILURES_PER_MILLE: u64 = 100;

/// Replicas that differ for a while: the built-in store.
static EVENTUAL: LazyLock<Simulated> = LazyLock::new(|| of(Parameters::default()));
/// One replica, which is right at once.
static PERFECT: LazyLock<Simulated> = LazyLock::new(|| of(single()));
/// One replica that answers errors now and then; what it was asked is done all the same, or not.
static FAILING: LazyLock<Simulated> =
    LazyLock::new(|| of(Parameters { failure_per_mille: FAILURES_PER_MILLE, ..single() }));

fn of(parameters: Parameters) -> Simulated {
    Simulated { parameters, bug: None }
}

fn single() -> Parameters {
    Parameters { replicas: 1, partition_per_mille: 0, skew_ns: 0, ..Parameters::default() }
}

/// The store of one instance.
pub(crate) struct Plugged {
    pub(super) buckets: BTreeMap<u32, Box<dyn Bucket>>,
    opened: u32,
    store: Box<dyn Implementation>,
    /// The component's time when the store's was the same.
    seen_ns: u64,
}

impl Plugged {
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(which: BuiltIn, seed: u64, clock: &VirtualClock) -> Result<Self> {
        let subject: &'static Simulated = match which {
            BuiltIn::Eventual => &EVENTUAL,
            BuiltIn::Perfect => &PERFECT,
            BuiltIn::Failing => &FAILING,
        };
        let store = subject.start(seed).map_err(|why| wasmtime::format_err!("the plugged store: {why}"))?;
        Ok(Self { buckets: BTreeMap::new(), opened: 0, store, seen_ns: clock.now() })
    }

    /// Calls the store: the time that passed outside passes for it before, and what it takes passes outside.
    pub(super) fn timed<T>(&mut self, clock: &VirtualClock, call: impl FnOnce(&mut Self) -> T) -> T {
        let now_of_store = |plugged: &Self| plugged.store.clock().map_or(0, kvspec_reference::interface::Clock::now_ns);
        if let Some(of_store) = self.store.clock() {
            of_store.advance(Duration::from_nanos(clock.now().saturating_sub(self.seen_ns)));
        }
        let before_ns = now_of_store(self);
        let result = call(self);
        clock.advance(Duration::from_nanos(now_of_store(self).saturating_sub(before_ns)));
        self.seen_ns = clock.now();
        result
    }

    pub(super) fn open(&mut self, name: &str) -> Answer<u32> {
        let bucket = self.store.open(name)?;
        let number = self.opened;
        self.opened = number.checked_add(1).ok_or_else(|| Failure::error("2^32 buckets were opened"))?;
        self.buckets.insert(number, bucket);
        Ok(number)
    }
}
