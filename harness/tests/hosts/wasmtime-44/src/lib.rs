//! What a program needs to run the probe of kvspec in wasmtime 44: a linker, WASI with the standard
//! streams of this process, and the host's own interface, which the program adds.

use std::path::Path;

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Result, Store};
use wasmtime_wasi::p2::bindings::sync::Command;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The data of the store: `host` is what the host's functions reach.
pub struct State<H> {
    /// The host's own.
    pub host: H,
    /// Where the resources of the host are.
    pub table: ResourceTable,
    wasi: WasiCtx,
}

impl<H: Send> WasiView for State<H> {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// The part of a file's name that says it was compiled by [`compile`].
const COMPILED: &str = "cwasm";

/// Runs the probe until its standard input ends.
///
/// # Errors
/// When the probe cannot be loaded or linked, or ends with a failure.
pub fn run<H: Send + 'static>(
    probe: &Path,
    host: H,
    link: impl FnOnce(&mut Linker<State<H>>) -> Result<()>,
) -> Result<()> {
    let engine = Engine::new(&Config::new())?;
    let component = if probe.extension().is_some_and(|extension| extension == COMPILED) {
        // SAFETY: who names a compiled file vouches that it was made by `compile` of this program.
        unsafe { Component::deserialize_file(&engine, probe)? }
    } else {
        Component::from_file(&engine, probe)?
    };
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    link(&mut linker)?;
    let wasi = WasiCtx::builder().inherit_stdio().build();
    let mut store = Store::new(&engine, State { host, table: ResourceTable::new(), wasi });
    let command = Command::instantiate(&mut store, &component, &linker)?;
    match command.wasi_cli_run().call_run(&mut store)? {
        Ok(()) => Ok(()),
        Err(()) => wasmtime::bail!("the probe ended with a failure"),
    }
}

/// Compiles the probe once, so that a run need not: to a file whose name ends in `.cwasm`.
///
/// # Errors
/// When the probe is no component, or the file cannot be written.
pub fn compile(probe: &Path, compiled: &Path) -> Result<()> {
    let engine = Engine::new(&Config::new())?;
    let component = Component::from_file(&engine, probe)?;
    std::fs::write(compiled, component.serialize()?)?;
    Ok(())
}
