//! One running instance of a component, and the calls into it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use kvspec_reference::interface::{Failure, Result};
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, InstancePre, Lift, Lower, ResourceAny, TypedFunc};

use super::call_watch::{CallWatch, DROP, START};
use super::condition::Condition;
use super::eventual::{Functions, Indices};
use super::failed_call::{COPIED_BYTES_MAX, trap};
use crate::sandbox::{Sandbox, VirtualClock};
use kvspec::subject::Hangs;

/// The longest trace that is kept of an error, in bytes.
const TRACE_BYTES_MAX: usize = 1024;

/// An instance. Handles share it and keep it alive.
pub(super) struct Instance {
    pub(super) live: Shared,
    pub(super) clock: VirtualClock,
}

pub(super) type Shared = Rc<RefCell<Live>>;

pub(super) struct Live {
    pub(super) store: Store<Sandbox>,
    pub(super) functions: Functions,
    pub(super) condition: Condition,
    /// It broke because it computed for too long.
    interrupted: bool,
}

impl Instance {
    /// Instantiates and checks the types of the functions.
    pub(super) fn start(
        pre: &InstancePre<Sandbox>,
        indices: &Indices,
        sandbox: Sandbox,
        hangs: &Arc<Hangs>,
    ) -> Result<Self> {
        Self::start_with(pre, indices, sandbox, hangs, |_, _| Ok(())).map(|(instance, ())| instance)
    }

    /// As [`Instance::start`]; `attach` sees the instance before anything is called.
    pub(super) fn start_with<A>(
        pre: &InstancePre<Sandbox>,
        indices: &Indices,
        sandbox: Sandbox,
        hangs: &Arc<Hangs>,
        attach: impl FnOnce(&wasmtime::component::Instance, &mut Store<Sandbox>) -> Result<A>,
    ) -> Result<(Self, A)> {
        let clock = sandbox.clock.clone();
        let mut store = Store::new(pre.engine(), sandbox);
        store.limiter(Sandbox::limiter);
        store.set_hostcall_fuel(COPIED_BYTES_MAX);
        let watch = CallWatch::over(&mut store, hangs.clone());
        let instance = pre.instantiate(&mut store).map_err(|e| trap(START, &e, store.data(), &watch))?;
        let functions = Functions::of(&instance, indices, &mut store)
            .map_err(|e| Failure::Setup(format!("a function of another type than the interface's: {e:#}")))?;
        let attached = attach(&instance, &mut store)?;
        let live = Live { store, functions, condition: Condition::new(watch), interrupted: false };
        Ok((Self { live: Rc::new(RefCell::new(live)), clock }, attached))
    }

    /// Lets the store be looked at between calls.
    pub(super) fn with_store<R>(&self, look: impl FnOnce(&Store<Sandbox>) -> R) -> R {
        look(&self.live.borrow().store)
    }

    /// Lets the store be changed between calls.
    pub(super) fn with_store_mut<R>(&self, change: impl FnOnce(&mut Store<Sandbox>) -> R) -> R {
        change(&mut self.live.borrow_mut().store)
    }

    /// Whether something broke the instance, so that it cannot be called again.
    pub(super) fn is_broken(&self) -> bool {
        self.live.borrow().condition.is_broken()
    }

    /// Whether a call was ended because it computed for too long.
    pub(super) fn was_interrupted(&self) -> bool {
        self.live.borrow().interrupted
    }
}

impl Live {
    /// To be asked before each call.
    fn enter(&mut self, name: &'static str) -> Result<()> {
        self.condition.enter(name)?;
        self.store.data_mut().begin_call();
        Ok(())
    }

    pub(super) fn call<P, R>(&mut self, name: &'static str, function: TypedFunc<P, R>, arguments: P) -> Result<R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        self.enter(name)?;
        let result = function.call(&mut self.store, arguments);
        let result = self.told(name, result);
        self.condition.after(result)
    }

    /// A call that may answer with the interface's error: its trace is read and it is dropped.
    pub(super) fn ask<P, R>(
        &mut self,
        name: &'static str,
        function: TypedFunc<P, (std::result::Result<R, ResourceAny>,)>,
        arguments: P,
    ) -> Result<R>
    where
        P: ComponentNamedList + Lower,
        R: Lift + 'static,
    {
        match self.call(name, function, arguments)?.0 {
            Ok(value) => Ok(value),
            Err(error) => {
                let (mut trace,) = self.call("trace", self.functions.trace, (error,))?;
                self.drop_resource(error);
                let end = (0..=TRACE_BYTES_MAX.min(trace.len())).rev().find(|i| trace.is_char_boundary(*i));
                trace.truncate(end.unwrap_or(0));
                Err(Failure::error(trace))
            }
        }
    }

    /// Drops a resource as a good client does; a trap in its destructor is told at the next call.
    pub(super) fn drop_resource(&mut self, resource: ResourceAny) {
        if self.enter(DROP).is_err() {
            return;
        }
        let dropped = resource.resource_drop(&mut self.store);
        let dropped = self.told(DROP, dropped);
        self.condition.after_drop(dropped);
    }

    /// The result with its error as one of ours.
    fn told<R>(&mut self, name: &'static str, result: wasmtime::Result<R>) -> Result<R> {
        result.map_err(|error| {
            self.interrupted |= matches!(error.downcast_ref(), Some(wasmtime::Trap::Interrupt));
            trap(name, &error, self.store.data(), self.condition.watch())
        })
    }
}
