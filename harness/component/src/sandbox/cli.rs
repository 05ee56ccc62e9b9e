//! The command-line world: an environment that the user gives, no arguments, no terminal, no
//! input; output is kept for reports.

use wasmtime::Result;
use wasmtime::component::{LinkerInstance, Resource, ResourceType};

use super::ends::{HostInput, HostOutput};
use super::state::Sandbox;

/// Defines one interface of `wasi:cli`, named without its version.
pub(super) fn define(name: &str, instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    match name.trim_start_matches("wasi:cli/") {
        "environment" => {
            instance.func_wrap("get-environment", |store, ()| Ok((store.data().environment.clone(),)))?;
            instance.func_wrap("get-arguments", |_, ()| Ok((Vec::<String>::new(),)))?;
            instance.func_wrap("initial-cwd", |_, ()| Ok((None::<String>,)))
        }
        "exit" => {
            instance.func_wrap("exit", |_, (status,): (Result<(), ()>,)| -> Result<()> {
                wasmtime::bail!("the component called exit({})", if status.is_ok() { "ok" } else { "error" })
            })?;
            instance.func_wrap("exit-with-code", |_, (code,): (u8,)| -> Result<()> {
                wasmtime::bail!("the component called exit with code {code}")
            })
        }
        "stdin" => {
            instance.func_wrap("get-stdin", |mut store, ()| Ok((store.data_mut().table.push(HostInput::Empty)?,)))
        }
        "stdout" => instance.func_wrap("get-stdout", |mut store, ()| Ok((printer(store.data_mut())?,))),
        "stderr" => instance.func_wrap("get-stderr", |mut store, ()| Ok((printer(store.data_mut())?,))),
        terminal @ ("terminal-stdin" | "terminal-stdout" | "terminal-stderr") => {
            instance.func_wrap(&format!("get-{terminal}"), |_, ()| Ok((None::<Resource<NoTerminal>>,)))
        }
        _ => Ok(()),
    }
}

/// Defines a resource of `wasi:cli`, whichever interface names it; does nothing for other names.
pub(super) fn define_resource(name: &str, instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    if !matches!(name, "terminal-input" | "terminal-output") {
        return Ok(());
    }
    instance.resource(name, ResourceType::host::<NoTerminal>(), |_, _| Ok(()))
}

/// There never is a terminal.
struct NoTerminal;

fn printer(sandbox: &mut Sandbox) -> Result<Resource<HostOutput>> {
    Ok(sandbox.table.push(HostOutput::Print)?)
}
