//! The random numbers of a component: they depend on the seed of the run alone.

use wasmtime::Result;
use wasmtime::component::LinkerInstance;

use super::state::Sandbox;

/// The most random bytes one call gives: more is asked only by a component gone astray.
const BYTES_MAX: u64 = 16 << 20;

/// Defines the two functions of `random` (no prefix) or of `insecure` (prefix `insecure-`).
pub(super) fn define(instance: &mut LinkerInstance<'_, Sandbox>, prefix: &str) -> Result<()> {
    instance.func_wrap(&format!("get-{prefix}random-bytes"), |mut store, (count,): (u64,)| {
        if count > BYTES_MAX {
            wasmtime::bail!("asked for {count} random bytes; the sandbox gives at most {BYTES_MAX} at once");
        }
        let random = &mut store.data_mut().random;
        Ok(((0..count).map(|_| random.bits() as u8).collect::<Vec<u8>>(),))
    })?;
    instance.func_wrap(&format!("get-{prefix}random-u64"), |mut store, ()| Ok((store.data_mut().random.bits(),)))
}

pub(super) fn define_seed(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("insecure-seed", |mut store, ()| {
        let random = &mut store.data_mut().random;
        Ok(((random.bits(), random.bits()),))
    })
}
