//! The host's side of the counters that [`kvspec_coverage`] adds.

use kvspec_coverage::{Layout, Region};
use wasmtime::component::{Instance, TypedFunc, WasmList};
use wasmtime::{AsContextMut, Store};

/// The regions of one instance of an instrumented component.
///
/// They are read in place, in the memory of the instance; nothing is copied. Reading works after a
/// trap too, zeroing does not: an instance that trapped cannot be called again.
pub struct CounterRegions {
    regions: Vec<AttachedRegion>,
}

struct AttachedRegion {
    layout: Layout,
    bytes: WasmList<u8>,
    reset: TypedFunc<(), ()>,
}

impl CounterRegions {
    /// Finds the regions of an instance. `regions` are those that [`kvspec_coverage::instrument`] gave for
    /// its component.
    ///
    /// # Errors
    /// When the instance is not one of that component, or cannot be called.
    pub fn attach(instance: &Instance, mut store: impl AsContextMut, regions: &[Region]) -> wasmtime::Result<Self> {
        let mut attached = Vec::with_capacity(regions.len());
        for region in regions {
            let read = instance.get_typed_func::<(), (WasmList<u8>,)>(&mut store, &region.read_export)?;
            let reset = instance.get_typed_func::<(), ()>(&mut store, &region.reset_export)?;
            // The memory can neither grow nor move, so the list stays valid while the store lives.
            let (bytes,) = read.call(&mut store, ())?;
            attached.push(AttachedRegion { layout: region.layout, bytes, reset });
        }
        Ok(Self { regions: attached })
    }

    /// Zeroes all regions: from now on they tell of what is called from now on.
    ///
    /// # Errors
    /// When the instance cannot be called, because it trapped.
    pub fn reset(&self, mut store: impl AsContextMut) -> wasmtime::Result<()> {
        for region in &self.regions {
            region.reset.call(&mut store, ())?;
        }
        Ok(())
    }

    /// The bytes of each region, in the order given to [`CounterRegions::attach`], with their
    /// layout.
    pub fn read<'a, T: 'static>(&'a self, store: &'a Store<T>) -> impl Iterator<Item = (Layout, &'a [u8])> {
        self.regions.iter().map(move |region| (region.layout, region.bytes.as_le_slice(store)))
    }
}
