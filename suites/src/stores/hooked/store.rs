//! The store itself: each call takes its way through the hooks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use kvspec_reference::interface::{
    Bucket, Clock, Failure, Implementation, IncomingValue, ManualClock, OutgoingValue, Result,
};

use super::parts::{Body, Core, Got, Handle, Hooks, Slot};

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
