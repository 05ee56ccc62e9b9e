//! The linker that offers a component what it may use.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Result};

use super::imports::PIPE_INTERFACE;
use super::state::Sandbox;
use super::{cli, config, files, io, logging, plugged, random, time};

/// A linker that offers `component` the sandbox, and traps for all else.
pub(crate) fn linker(engine: &Engine, component: &Component) -> Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    for (name, item) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(interface) = item.ty else { continue };
        let mut instance = linker.instance(name)?;
        // An interface names again the resources of others that it uses: they must be the same.
        for (resource, item) in interface.exports(engine) {
            if matches!(item.ty, ComponentItem::Resource(_)) {
                io::define_resource(resource, &mut instance)?;
                cli::define_resource(resource, &mut instance)?;
                files::define_resource(resource, &mut instance)?;
                if name.starts_with("wasi:keyvalue/") {
                    plugged::define_resource(resource, &mut instance)?;
                }
            }
        }
        match name.split('@').next().unwrap_or(name) {
            "wasi:io/error" => io::define_error(&mut instance)?,
            "wasi:io/poll" => io::define_poll(&mut instance)?,
            "wasi:io/streams" => io::define_streams(&mut instance)?,
            "wasi:clocks/monotonic-clock" => time::define_monotonic(&mut instance)?,
            "wasi:clocks/wall-clock" => time::define_wall(&mut instance)?,
            "wasi:random/random" => random::define(&mut instance, "")?,
            "wasi:random/insecure" => random::define(&mut instance, "insecure-")?,
            "wasi:random/insecure-seed" => random::define_seed(&mut instance)?,
            "wasi:filesystem/types" => files::define_types(&mut instance)?,
            "wasi:filesystem/preopens" => files::define_preopens(&mut instance)?,
            "wasi:config/store" | "wasi:config/runtime" => config::define(&mut instance)?,
            "wasi:logging/logging" => logging::define(&mut instance)?,
            of_plugged if plugged::INTERFACES.contains(&of_plugged) => {
                plugged::define(of_plugged, &interface, engine, &mut instance)?;
            }
            PIPE_INTERFACE => {
                instance.func_wrap("open", |mut store, ()| Ok((store.data_mut().open_pipe()?,)))?;
            }
            cli if cli.starts_with("wasi:cli/") => cli::define(cli, &mut instance)?,
            _ => {}
        }
    }
    linker.define_unknown_imports_as_traps(component)?;
    Ok(linker)
}
