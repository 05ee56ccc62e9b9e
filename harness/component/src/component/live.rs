//! One running instance of a component, and its resources as the traits of the interface.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use kvspec_reference::interface::{
    Bucket, Clock, Failure, Implementation, IncomingValue, InputStream, OutgoingValue, OutputStream, Result,
};
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, InstancePre, Lift, Lower, ResourceAny, TypedFunc};

use super::call_watch::{CallWatch, DROP, START};
use super::condition::Condition;
use super::eventual::{Functions, Indices};
use super::streams;
use super::{COPIED_BYTES_MAX, trap};
use crate::sandbox::{Sandbox, VirtualClock};
use kvspec::subject::Hangs;

/// The longest trace that is kept of an error, in bytes.
const TRACE_BYTES_MAX: usize = 1024;

/// An instance. Handles share it and keep it alive.
pub(super) struct Instance {
    live: Shared,
    clock: VirtualClock,
}

pub(super) type Shared = Rc<RefCell<Live>>;

pub(super) struct Live {
    pub(super) store: Store<Sandbox>,
    pub(super) functions: Functions,
    condition: Condition,
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
        attach: impl FnOnce(&wasmtime::component::Instance, &mut Store<Sandbox>) -> wasmtime::Result<A>,
    ) -> Result<(Self, A)> {
        let clock = sandbox.clock.clone();
        let mut store = Store::new(pre.engine(), sandbox);
        store.limiter(Sandbox::limiter);
        store.set_hostcall_fuel(COPIED_BYTES_MAX);
        let watch = CallWatch::over(&mut store, hangs.clone());
        let instance = pre.instantiate(&mut store).map_err(|e| trap(START, &e, store.data(), &watch))?;
        let functions = Functions::of(&instance, indices, &mut store)
            .map_err(|e| Failure::Setup(format!("a function of another type than the interface's: {e:#}")))?;
        let attached = attach(&instance, &mut store).map_err(|e| counters_failed(&e))?;
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

/// A component that cannot be started with counters is a fault of ours, when it can be without.
pub(super) fn counters_failed(error: &wasmtime::Error) -> Failure {
    Failure::Harness(format!("the counters of the component cannot be reached: {error:#}"))
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
    fn ask<P, R>(
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

impl Implementation for Instance {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.open_bucket;
        let bucket = live.ask("open-bucket", function, (name,))?;
        Ok(Box::new(Handle::new(&self.live, bucket)))
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        Ok(Box::new(new_outgoing(&self.live)?))
    }

    fn clock(&self) -> Option<&dyn Clock> {
        Some(&self.clock)
    }

    fn take_fault(&self) -> Option<Failure> {
        self.live.borrow_mut().condition.take_fault()
    }
}

/// A resource of the component; dropping it drops the resource.
struct Handle {
    live: Shared,
    resource: ResourceAny,
    /// Ownership went into a call: there is nothing left to drop.
    given_away: bool,
}

impl Handle {
    fn new(live: &Shared, resource: ResourceAny) -> Self {
        Self { live: live.clone(), resource, given_away: false }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.given_away {
            self.live.borrow_mut().drop_resource(self.resource);
        }
    }
}

fn new_outgoing(live: &Shared) -> Result<Outgoing> {
    let mut borrowed = live.borrow_mut();
    let function = borrowed.functions.new_outgoing;
    let (resource,) = borrowed.call("new-outgoing-value", function, ())?;
    Ok(Outgoing(Handle::new(live, resource)))
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.get_value(key)?.map(IncomingValue::consume_sync).transpose()
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let outgoing = new_outgoing(&self.live)?;
        outgoing.write_sync(value)?;
        self.set_value(key, &outgoing)
    }

    fn delete(&self, key: &str) -> Result<()> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.delete;
        live.ask("delete", function, (self.resource, key))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.exists;
        live.ask("exists", function, (self.resource, key))
    }

    fn get_value(&self, key: &str) -> Result<Option<Box<dyn IncomingValue>>> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.get;
        let incoming = live.ask("get", function, (self.resource, key))?;
        Ok(incoming.map(|resource| Box::new(Incoming(Handle::new(&self.live, resource))) as Box<dyn IncomingValue>))
    }

    fn set_value(&self, key: &str, value: &dyn OutgoingValue) -> Result<()> {
        let any: &dyn Any = value;
        let outgoing = any.downcast_ref::<Outgoing>().filter(|outgoing| Rc::ptr_eq(&outgoing.0.live, &self.live));
        let Some(Outgoing(outgoing)) = outgoing else {
            return Err(Failure::Harness("outgoing-value of another implementation".into()));
        };
        let mut live = self.live.borrow_mut();
        let function = live.functions.set;
        live.ask("set", function, (self.resource, key, outgoing.resource))
    }
}

struct Outgoing(Handle);

impl OutgoingValue for Outgoing {
    fn write_sync(&self, body: &[u8]) -> Result<()> {
        let mut live = self.0.live.borrow_mut();
        let function = live.functions.write_sync;
        live.ask("write-body-sync", function, (self.0.resource, body))
    }

    fn write_stream(&self) -> Result<Box<dyn OutputStream>> {
        let mut live = self.0.live.borrow_mut();
        let function = live.functions.write_async;
        let stream = live.ask("write-body-async", function, (self.0.resource,))?;
        drop(live);
        Ok(Box::new(streams::Writer::new(&self.0.live, stream)?))
    }
}

struct Incoming(Handle);

impl Incoming {
    /// Consumes through the function; the static shape takes the resource with it.
    fn consume<R: Lift + 'static>(
        mut self: Box<Self>,
        function: impl Fn(&Functions) -> TypedFunc<(ResourceAny,), (std::result::Result<R, ResourceAny>,)>,
    ) -> Result<(R, Option<Handle>)> {
        let mut live = self.0.live.borrow_mut();
        let function = function(&live.functions);
        let keeps_incoming = live.functions.keeps_incoming;
        let result = live.ask("consume", function, (self.0.resource,));
        drop(live);
        self.0.given_away = !keeps_incoming;
        result.map(|value| (value, keeps_incoming.then_some(self.0)))
    }
}

impl IncomingValue for Incoming {
    fn size(&self) -> Result<u64> {
        let mut live = self.0.live.borrow_mut();
        let function = live.functions.size;
        live.ask("size", function, (self.0.resource,))
    }

    fn consume_sync(self: Box<Self>) -> Result<Vec<u8>> {
        self.consume(|functions| functions.consume_sync).map(|(bytes, _)| bytes)
    }

    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>> {
        let live = self.0.live.clone();
        let (stream, incoming) = self.consume(|functions| functions.consume_async)?;
        // The stream may be a child of the value: it is dropped first.
        Ok(Box::new(Reading { stream: streams::Reader::new(&live, stream)?, _incoming: incoming }))
    }
}

struct Reading {
    stream: streams::Reader,
    _incoming: Option<Handle>,
}

impl InputStream for Reading {
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>> {
        self.stream.read(limit)
    }
}
