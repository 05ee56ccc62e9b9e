//! `wasi:clocks`, on virtual time.

use wasmtime::Result;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource};

use super::ends::Pollable;
use super::state::Sandbox;

/// The wall clock at nanosecond 0 of virtual time, in seconds since 1970: a round date of 2023.
const WALL_EPOCH_S: u64 = 1_700_000_000;

#[derive(ComponentType, Lower, Lift)]
#[component(record)]
pub(super) struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

impl Datetime {
    /// The wall clock at this instant of virtual time.
    pub(super) fn at(now_ns: u64) -> Self {
        let seconds = WALL_EPOCH_S + now_ns / 1_000_000_000;
        Self { seconds, nanoseconds: (now_ns % 1_000_000_000) as u32 }
    }

    /// The instant of virtual time, in nanoseconds; 0 for what lies before it began.
    pub(super) fn instant_ns(self) -> u64 {
        let seconds = self.seconds.saturating_sub(WALL_EPOCH_S);
        seconds.saturating_mul(1_000_000_000).saturating_add(self.nanoseconds.into())
    }
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
    instance.func_wrap("now", |store, ()| Ok((Datetime::at(store.data().clock.look()),)))?;
    instance.func_wrap("resolution", |_, ()| Ok((Datetime { seconds: 0, nanoseconds: 1 },)))
}
