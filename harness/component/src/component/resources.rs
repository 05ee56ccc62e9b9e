//! The resources of a running instance, as the traits of the interface.

use std::any::Any;
use std::rc::Rc;

use kvspec_reference::interface::{
    Bucket, Clock, Failure, Implementation, IncomingValue, InputStream, OutgoingValue, OutputStream, Result,
};
use wasmtime::component::{Lift, ResourceAny, TypedFunc};

use super::eventual::Functions;
use super::live::{Instance, Shared};
use super::streams;

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
