//! `wasi:filesystem`: a file system in memory for each instance, empty as it starts.
//!
//! Read in this order: `names`, `nodes`, `walk` (from a path to a place), `tree` and `bytes` (what can be
//! done), `settled` (what outlives an instance), `descriptors` and `contents` (the functions of the interface). Nothing here knows the time or the
//! disk of the machine, so that a component over files is judged in virtual time, and each run repeats.

mod bytes;
mod contents;
mod descriptors;
pub(super) mod error;
mod names;
pub(super) mod nodes;
mod settled;
#[cfg(test)]
mod tests;
pub(super) mod tree;
mod types;
mod walk;

use wasmtime::Result;
use wasmtime::component::{LinkerInstance, Resource, ResourceType};

use super::state::Sandbox;
use contents::Entries;
use descriptors::{Descriptor, Store};
use types::DescriptorFlags;

/// Defines a resource of `wasi:filesystem`, whichever interface names it; does nothing for other names.
pub(super) fn define_resource(name: &str, instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    match name {
        "descriptor" => instance.resource(name, ResourceType::host::<Descriptor>(), descriptors::drop_descriptor),
        "directory-entry-stream" => instance.resource(name, ResourceType::host::<Entries>(), contents::drop_entries),
        _ => Ok(()),
    }
}

pub(super) fn define_types(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    descriptors::define_attributes(instance)?;
    descriptors::define_names(instance)?;
    contents::define_bytes(instance)?;
    contents::define_entries(instance)
}

pub(super) fn define_preopens(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("get-directories", |mut store: Store<'_>, ()| {
        let sandbox = store.data_mut();
        let mut directories: Vec<(Resource<Descriptor>, String)> = Vec::new();
        for (node, name) in sandbox.files.roots.clone() {
            let flags = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
            let descriptor = sandbox.describe(node, flags)?;
            let descriptor =
                descriptor.map_err(|_| wasmtime::format_err!("there is no memory left for its folders"))?;
            directories.push((descriptor, name));
        }
        Ok((directories,))
    })
}
