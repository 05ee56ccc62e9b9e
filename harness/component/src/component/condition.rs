//! Whether an instance can be called: one that trapped is never entered again.

use std::sync::Arc;

use kvspec_reference::interface::{Failure, Result};

use super::call_watch::CallWatch;

/// The condition of one instance.
pub(crate) struct Condition {
    watch: Arc<CallWatch>,
    /// What broke the instance.
    broken: Option<Failure>,
    /// A fault while a resource was dropped, which no caller was there to be told of.
    fault: Option<Failure>,
}

impl Condition {
    /// Of a fresh instance.
    pub(crate) fn new(watch: Arc<CallWatch>) -> Self {
        Self { watch, broken: None, fault: None }
    }

    /// To be asked before each call, which gets the time that it may take.
    ///
    /// # Errors
    /// A trap, when an earlier call broke the instance; no answer, when the user ended one.
    pub(crate) fn enter(&self, call: &'static str) -> Result<()> {
        match &self.broken {
            None => {
                self.watch.begin(call);
                Ok(())
            }
            Some(Failure::Trap(why)) => Err(Failure::Trap(format!("the instance broke at an earlier call: {why}"))),
            Some(failure) => Err(failure.clone()),
        }
    }

    /// Who watches the call under way.
    pub(crate) fn watch(&self) -> &CallWatch {
        &self.watch
    }

    /// To be told what came of each call: a trap breaks the instance, and so does a call that was cut off.
    pub(crate) fn after<R>(&mut self, result: Result<R>) -> Result<R> {
        if let Err(failure @ (Failure::Trap(_) | Failure::Unanswered(_))) = &result {
            self.broken = Some(failure.clone());
        }
        result
    }

    /// As [`Condition::after`], for the dropping of a resource: the first fault is kept.
    pub(crate) fn after_drop(&mut self, dropped: Result<()>) {
        if let Err(fault) = self.after(dropped) {
            self.fault.get_or_insert(fault);
        }
    }

    /// The fault that was kept; taking it clears it.
    pub(crate) fn take_fault(&mut self) -> Option<Failure> {
        self.fault.take()
    }

    /// Whether something broke the instance, so that it cannot be called again.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }
}
