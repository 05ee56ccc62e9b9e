//! Whether an instance can be called: one that trapped is never entered again.

use kvspec_reference::interface::{Failure, Result};
use wasmtime::Store;

/// The condition of one instance.
pub(super) struct Condition {
    call_ticks: u64,
    /// What broke the instance.
    broken: Option<String>,
    /// A fault while a resource was dropped, which no caller was there to be told of.
    fault: Option<Failure>,
}

impl Condition {
    /// Of a fresh instance. `call_ticks`: how long a call may compute; see
    /// [`crate::sandbox::Limits::call_ticks`].
    pub(super) fn new(call_ticks: u64) -> Self {
        Self { call_ticks, broken: None, fault: None }
    }

    /// To be asked before each call, which gets the time that a call may take.
    ///
    /// # Errors
    /// A trap, when an earlier call broke the instance.
    pub(super) fn enter<T>(&self, store: &mut Store<T>) -> Result<()> {
        if let Some(broken) = &self.broken {
            return Err(Failure::Trap(format!("the instance broke at an earlier call: {broken}")));
        }
        store.set_epoch_deadline(self.call_ticks);
        Ok(())
    }

    /// To be told what came of each call: a trap breaks the instance.
    pub(super) fn after<R>(&mut self, result: Result<R>) -> Result<R> {
        if let Err(Failure::Trap(why)) = &result {
            self.broken = Some(why.clone());
        }
        result
    }

    /// As [`Condition::after`], for the dropping of a resource: the first fault is kept.
    pub(super) fn after_drop(&mut self, dropped: Result<()>) {
        if let Err(fault) = self.after(dropped) {
            self.fault.get_or_insert(fault);
        }
    }

    /// The fault that was kept; taking it clears it.
    pub(super) fn take_fault(&mut self) -> Option<Failure> {
        self.fault.take()
    }

    /// Whether something broke the instance, so that it cannot be called again.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }
}
