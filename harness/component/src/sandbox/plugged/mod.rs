//! `wasi:keyvalue` as an import: a store of kvspec's own, for components that stand in the middle of a
//! stack. It lives on the component's virtual clock and seed.

mod batch;
mod calls;
mod increment;
pub(super) mod provider;
mod store;

use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{LinkerInstance, ResourceType};
use wasmtime::{Engine, Result};

use super::state::Sandbox;
use calls::{PluggedBucket, Store};

/// The interfaces of it that are offered, without versions.
pub(super) const INTERFACES: [&str; 3] = ["wasi:keyvalue/store", "wasi:keyvalue/atomics", "wasi:keyvalue/batch"];

/// Whether all that a component imports of an interface is there: compare-and-swap is not.
pub(super) fn offers(interface: &str, item: &ComponentItem, engine: &Engine) -> bool {
    let ComponentItem::ComponentInstance(instance) = item else { return false };
    INTERFACES.contains(&interface) && instance.get_export(engine, "cas").is_none()
}

/// Defines the resource of `store`, whichever interface names it.
pub(super) fn define_resource(name: &str, instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    if name != "bucket" {
        return Ok(());
    }
    instance.resource(name, ResourceType::host::<PluggedBucket>(), |mut store: Store<'_>, rep| {
        if let Some(plugged) = &mut store.data_mut().plugged {
            plugged.buckets.remove(&rep);
        }
        Ok(())
    })
}

/// Defines the functions of one of the [`INTERFACES`], with the types that the component wants.
pub(super) fn define(
    name: &str,
    interface: &ComponentInstance,
    engine: &Engine,
    instance: &mut LinkerInstance<'_, Sandbox>,
) -> Result<()> {
    match name {
        "wasi:keyvalue/store" => store::define(interface, engine, instance),
        "wasi:keyvalue/atomics" => increment::define(interface, engine, instance),
        "wasi:keyvalue/batch" => batch::define(interface, engine, instance),
        _ => Ok(()),
    }
}
