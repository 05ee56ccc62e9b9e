//! `increment` of `wasi:keyvalue/atomics`.

use kvspec_reference::interface::{Atomics, Failure};
use wasmtime::component::LinkerInstance;
use wasmtime::component::types::{ComponentInstance, Type};
use wasmtime::{Engine, Result};

use super::calls::{Of, OrError, Store, StoreError};
use crate::dialect::function;
use crate::sandbox::state::Sandbox;

/// What an absent key takes once it counts, in bytes.
const COUNTER_BYTES: usize = 16;

impl Sandbox {
    fn increment<N: TryFrom<i128>>(&mut self, of: &Of, key: &str, delta: i64) -> Result<OrError<N>> {
        self.keep(key.len() + COUNTER_BYTES)?;
        let sum = self.in_bucket(of, |bucket| {
            let atomics: &dyn Atomics = bucket.atomics().ok_or_else(|| Failure::Harness("it counts nothing".into()))?;
            atomics.increment(key, delta)
        })?;
        let in_range = |sum: i128| N::try_from(sum).map_err(|_| StoreError::Other(format!("{sum} is out of range")));
        Ok(sum.and_then(in_range))
    }
}

pub(super) fn define(
    interface: &ComponentInstance,
    engine: &Engine,
    instance: &mut LinkerInstance<'_, Sandbox>,
) -> Result<()> {
    let delta = function(interface, engine, "increment").and_then(|f| f.params().last().map(|(_, ty)| ty));
    if delta == Some(Type::U64) {
        return instance.func_wrap("increment", |mut store: Store<'_>, (of, key, delta): (Of, String, u64)| {
            let Ok(delta) = i64::try_from(delta) else {
                return Ok((OrError::Err(StoreError::Other(format!("{delta} is more than this store adds"))),));
            };
            Ok((store.data_mut().increment::<u64>(&of, &key, delta)?,))
        });
    }
    instance.func_wrap("increment", |mut store: Store<'_>, (of, key, delta): (Of, String, i64)| {
        Ok((store.data_mut().increment::<i64>(&of, &key, delta)?,))
    })
}
