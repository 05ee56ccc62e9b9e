//! Virtual time. It moves when the driver lets it pass, when the component waits, and by one
//! nanosecond each time the component looks, so that a busy wait ends too.

use std::cell::Cell;
use std::rc::Rc;

use wasmtime::Result;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource};

use super::Sandbox;
use super::io::Pollable;

/// Where virtual time begins, in nanoseconds: not 0, which components take for «never».
const START_NS: u64 = 1_000_000_000;
/// The wall clock at nanosecond 0 of virtual time, in seconds since 1970: a round date of 2023.
const WALL_EPOCH_S: u64 = 1_700_000_000;

/// The clock of one sandbox; clones show the same time.
#[derive(Clone)]
pub(crate) struct VirtualClock(Rc<Cell<u64>>);

impl Default for VirtualClock {
    fn default() -> Self {
        Self(Rc::new(Cell::new(START_NS)))
    }
}

impl VirtualClock {
    pub(crate) fn now(&self) -> u64 {
        self.0.get()
    }

    pub(crate) fn pass(&self, ns: u64) {
        self.0.set(self.now().saturating_add(ns));
    }

    pub(crate) fn pass_until(&self, instant_ns: u64) {
        self.0.set(self.now().max(instant_ns));
    }

    fn look(&self) -> u64 {
        self.pass(1);
        self.now()
    }
}

#[derive(ComponentType, Lower, Lift)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

pub(super) fn define_monotonic(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("now", |store, ()| Ok((store.data().clock.look(),)))?;
    instance.func_wrap("resolution", |_, ()| Ok((1u64,)))?;
    instance.func_wrap("subscribe-instant", |mut store, (instant_ns,): (u64,)| {
        Ok((push(store.data_mut(), instant_ns)?,))
    })?;
    instance.func_wrap("subscribe-duration", |mut store, (duration_ns,): (u64,)| {
        let instant_ns = store.data().clock.now().saturating_add(duration_ns);
        Ok((push(store.data_mut(), instant_ns)?,))
    })
}

fn push(sandbox: &mut Sandbox, instant_ns: u64) -> Result<Resource<Pollable>> {
    Ok(sandbox.table.push(Pollable::At(instant_ns))?)
}

pub(super) fn define_wall(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("now", |store, ()| {
        let now_ns = store.data().clock.look();
        let seconds = WALL_EPOCH_S + now_ns / 1_000_000_000;
        Ok((Datetime { seconds, nanoseconds: (now_ns % 1_000_000_000) as u32 },))
    })?;
    instance.func_wrap("resolution", |_, ()| Ok((Datetime { seconds: 0, nanoseconds: 1 },)))
}
