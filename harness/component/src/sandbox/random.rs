//! Random numbers from a seed (SplitMix64; Steele, Lea, Flood 2014).

use wasmtime::Result;
use wasmtime::component::LinkerInstance;

use super::Sandbox;

/// The most random bytes one call gives: more is asked only by a component gone astray.
const BYTES_MAX: u64 = 16 << 20;

pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Defines the two functions of `random` (no prefix) or of `insecure` (prefix `insecure-`).
pub(super) fn define(instance: &mut LinkerInstance<'_, Sandbox>, prefix: &str) -> Result<()> {
    instance.func_wrap(&format!("get-{prefix}random-bytes"), |mut store, (count,): (u64,)| {
        if count > BYTES_MAX {
            wasmtime::bail!("asked for {count} random bytes; the sandbox gives at most {BYTES_MAX} at once");
        }
        let random = &mut store.data_mut().random;
        Ok(((0..count).map(|_| random.next() as u8).collect::<Vec<u8>>(),))
    })?;
    instance.func_wrap(&format!("get-{prefix}random-u64"), |mut store, ()| Ok((store.data_mut().random.next(),)))
}

pub(super) fn define_seed(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("insecure-seed", |mut store, ()| {
        let random = &mut store.data_mut().random;
        Ok(((random.next(), random.next()),))
    })
}
