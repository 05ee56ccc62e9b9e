//! Instances that follow each other on the same files.

use std::cell::{Cell, RefCell};

use kvspec_reference::interface::{Bucket, Clock, Failure, Implementation, OutgoingValue, Result};

use crate::sandbox::{Estate, Sandbox, VirtualClock};

/// Starts an instance in a sandbox.
pub(super) trait Starts {
    /// The sandbox of a fresh instance; of one that follows another, `left` is what that one left.
    ///
    /// # Errors
    /// When there is no room in it.
    fn sandbox(&self, seed: u64, left: Option<&Estate>) -> Result<Sandbox>;

    /// # Errors
    /// When it traps.
    fn instance(&self, sandbox: Sandbox) -> Result<Box<dyn Implementation + '_>>;
}

/// The instance that serves the calls now, and what the next one finds.
pub(super) struct Succession<'s> {
    starts: &'s dyn Starts,
    seed: u64,
    clock: VirtualClock,
    estate: Estate,
    /// `None` only while one follows another, and when the last one did not start.
    instance: RefCell<Option<Box<dyn Implementation + 's>>>,
    /// How many instances ended.
    ended: Cell<u64>,
}

impl<'s> Succession<'s> {
    /// # Errors
    /// When the first instance does not start.
    pub(super) fn begin(starts: &'s dyn Starts, seed: u64) -> Result<Self> {
        let sandbox = starts.sandbox(seed, None)?;
        let (clock, estate) = (sandbox.clock.clone(), sandbox.estate.clone());
        let instance = RefCell::new(Some(starts.instance(sandbox)?));
        Ok(Self { starts, seed, clock, estate, instance, ended: Cell::new(0) })
    }

    fn with<T>(&self, ask: impl FnOnce(&dyn Implementation) -> Result<T>) -> Result<T> {
        match &*self.instance.borrow() {
            Some(instance) => ask(&**instance),
            None => Err(Failure::Trap("no instance is there: the last one did not start".into())),
        }
    }

    fn follow(&self) -> Result<()> {
        // With it goes its sandbox, which leaves the files.
        drop(self.instance.take());
        self.ended.set(self.ended.get() + 1);
        let sandbox = self.starts.sandbox(self.seed.wrapping_add(self.ended.get()), Some(&self.estate))?;
        self.instance.replace(Some(self.starts.instance(sandbox)?));
        Ok(())
    }
}

impl Implementation for Succession<'_> {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        self.with(|instance| instance.open(name))
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        self.with(|instance| instance.outgoing_value())
    }

    fn clock(&self) -> Option<&dyn Clock> {
        Some(&self.clock)
    }

    fn restart(&self) -> Option<Result<()>> {
        Some(self.follow())
    }

    fn take_fault(&self) -> Option<Failure> {
        self.instance.borrow().as_ref().and_then(|instance| instance.take_fault())
    }
}
