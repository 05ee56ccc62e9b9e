//! A correct store with a hook at each place where real stores break.
//!
//! A mutant is this store with one hook replaced ([`crate::stores::mutants`]); a store that is correct but
//! unusual is the same with other hooks replaced ([`crate::stores::legal`]). The store keeps every
//! version of every register with its virtual time and its writer, so that a hook can show an
//! older state, another one to each handle, or one that comes late. `get` and `set` take the same
//! way as in a component: through an incoming-value and an outgoing-value.

mod body;
mod hooks;
mod slot;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use kvspec_reference::interface::{
    Bucket, Clock, Failure, Implementation, IncomingValue, ManualClock, OutgoingValue, Result,
};
use kvspec_reference::random::Random;

pub(crate) use body::{Body, Form, Got, Sink, Source};
pub(crate) use hooks::{CORRECT, Hooks};
pub(crate) use slot::{Slot, Version};

/// A fresh store with these hooks. What it does by chance comes from `seed`.
pub(crate) fn hooked(seed: u64, hooks: Hooks) -> Box<dyn Implementation> {
    let core = Core {
        hooks,
        seed,
        clock: ManualClock::default(),
        buckets: RefCell::default(),
        aside: RefCell::default(),
        last: RefCell::default(),
        fault: RefCell::default(),
        writes: Cell::new(0),
        count: Cell::new(0),
        handles_opened: Cell::new(0),
        handles_open: Cell::new(0),
    };
    Box::new(Store(Rc::new(core)))
}

/// Bucket and key of a register, as the store keeps them.
pub(crate) type Place = (String, String);

/// What all handles and values of one store share.
pub(crate) struct Core {
    pub(crate) hooks: Hooks,
    pub(crate) seed: u64,
    pub(crate) clock: ManualClock,
    /// The versions of each register, oldest first.
    buckets: RefCell<BTreeMap<String, BTreeMap<String, Vec<Version>>>>,
    /// What a hook keeps beside the data: a cache, an index, an earlier state.
    pub(crate) aside: RefCell<BTreeMap<Place, Vec<u8>>>,
    /// A register that a hook remembers.
    pub(crate) last: RefCell<Option<Place>>,
    /// A fault to be noticed after the call.
    pub(crate) fault: RefCell<Option<Failure>>,
    /// How many versions were ever written.
    pub(crate) writes: Cell<u64>,
    /// Counts whatever a hook counts.
    pub(crate) count: Cell<u64>,
    handles_opened: Cell<u32>,
    pub(crate) handles_open: Cell<u32>,
}

impl Core {
    /// Counts up to `n`, over and over: true once in `n` calls, never in the first `n - 1`.
    pub(crate) fn every(&self, n: u64) -> bool {
        self.count.set(self.count.get() + 1);
        self.count.get().is_multiple_of(n)
    }

    /// A number below `n` that depends on the seed and on `what` alone.
    pub(crate) fn chance(&self, what: u64, n: u64) -> u64 {
        Random::new(self.seed ^ what.rotate_left(32)).bits() % n
    }

    /// The virtual time.
    pub(crate) fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    /// Lets virtual time pass.
    pub(crate) fn pass_ms(&self, ms: u64) {
        self.clock.advance(Duration::from_millis(ms));
    }

    /// The versions of a register, oldest first.
    pub(crate) fn versions(&self, place: &Place) -> Vec<Version> {
        let buckets = self.buckets.borrow();
        buckets.get(&place.0).and_then(|keys| keys.get(&place.1)).cloned().unwrap_or_default()
    }

    /// Writes a version: `None` is absence.
    pub(crate) fn write(&self, place: &Place, handle: u32, state: Option<Vec<u8>>) {
        let sequence = self.writes.get();
        self.writes.set(sequence + 1);
        let version = Version { sequence, at_ns: self.now_ns(), handle, state: state.map(Into::into) };
        let mut buckets = self.buckets.borrow_mut();
        let keys = buckets.entry(place.0.clone()).or_default();
        keys.entry(place.1.clone()).or_default().push(version);
    }

    /// The keys of a bucket whose newest version is present.
    pub(crate) fn present_keys(&self, bucket: &str) -> Vec<String> {
        let buckets = self.buckets.borrow();
        let keys = buckets.get(bucket).into_iter().flatten();
        keys.filter(|(_, v)| v.last().is_some_and(|v| v.state.is_some())).map(|(key, _)| key.clone()).collect()
    }

    /// The names of the buckets that were written to.
    pub(crate) fn bucket_names(&self) -> Vec<String> {
        self.buckets.borrow().keys().cloned().collect()
    }

    /// The newest version of all registers of a bucket.
    pub(crate) fn newest_of_bucket(&self, bucket: &str) -> Option<Version> {
        let buckets = self.buckets.borrow();
        let newest = buckets.get(bucket)?.values().filter_map(|versions| versions.last());
        newest.max_by_key(|version| version.sequence).cloned()
    }

    /// Tells the hooks of an error that a call gave.
    fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(failure) = &result {
            (self.hooks.after_error)(self, failure);
        }
        result
    }
}

struct Store(Rc<Core>);

impl Implementation for Store {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let core = &self.0;
        let bucket = core.noted((core.hooks.open)(core, name))?;
        let number = core.handles_opened.get();
        core.handles_opened.set(number + 1);
        core.handles_open.set(core.handles_open.get() + 1);
        Ok(Box::new(Handle { core: core.clone(), bucket, number, opened: core.writes.get() }))
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        Ok(Box::new(Body::new(&self.0)))
    }

    fn clock(&self) -> Option<&dyn Clock> {
        Some(&self.0.clock)
    }

    fn take_fault(&self) -> Option<Failure> {
        self.0.fault.borrow_mut().take()
    }
}

/// An open handle.
pub(crate) struct Handle {
    pub(crate) core: Rc<Core>,
    /// The bucket as the store keeps it.
    pub(crate) bucket: String,
    /// Counts the handles of the store, from 0.
    pub(crate) number: u32,
    /// How many versions had been written when it was opened.
    pub(crate) opened: u64,
}

impl Handle {
    fn call<T>(&self, key: &str, call: impl FnOnce(&Hooks, &Slot<'_>) -> Result<T>) -> Result<T> {
        let hooks = &self.core.hooks;
        let run = || {
            (hooks.before)(&self.core)?;
            let slot = Slot::new(self, (hooks.key)(key)?);
            call(hooks, &slot)
        };
        self.core.noted(run())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.core.handles_open.set(self.core.handles_open.get() - 1);
        (self.core.hooks.close)(self);
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.get_value(key)?.map(IncomingValue::consume_sync).transpose()
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let body = Body::new(&self.core);
        body.write_sync(value)?;
        self.set_value(key, &body)
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.call(key, |hooks, slot| (hooks.delete)(slot))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.call(key, |hooks, slot| (hooks.exists)(slot))
    }

    fn get_value(&self, key: &str) -> Result<Option<Box<dyn IncomingValue>>> {
        self.call(key, |hooks, slot| {
            let value = (hooks.get)(slot)?;
            Ok(value.map(|bytes| Box::new(Got::new(slot, bytes)) as Box<dyn IncomingValue>))
        })
    }

    fn set_value(&self, key: &str, value: &dyn OutgoingValue) -> Result<()> {
        let value: &dyn std::any::Any = value;
        let Some(body) = value.downcast_ref::<Body>() else {
            return Err(Failure::Harness("outgoing-value of another implementation".into()));
        };
        self.call(key, |hooks, slot| (hooks.set_body)(slot, body))
    }
}
