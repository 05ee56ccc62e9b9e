//! `store@0.2.0` with `atomics` and `batch`, as a component exports it.

mod functions;
mod live;

use kvspec_reference::interface::{Failure, Result};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use std::sync::Arc;

use super::call_watch::{CallWatch, START};
use super::failed_call::{COPIED_BYTES_MAX, trap};
use crate::sandbox::Sandbox;
use functions::Functions;
use kvspec::probe::StoreDialect;
use kvspec::subject::Hangs;
pub(super) use live::StoreInstance;

/// Instantiates a component of this dialect in the sandbox; `attach` sees the instance before anything is
/// called.
pub(super) fn start_with<A>(
    pre: &InstancePre<Sandbox>,
    dialect: &StoreDialect,
    sandbox: Sandbox,
    hangs: &Arc<Hangs>,
    attach: impl FnOnce(&Instance, &mut Store<Sandbox>) -> Result<A>,
) -> Result<(StoreInstance, A)> {
    let clock = sandbox.clock.clone();
    let mut store = Store::new(pre.engine(), sandbox);
    store.limiter(Sandbox::limiter);
    store.set_hostcall_fuel(COPIED_BYTES_MAX);
    let watch = CallWatch::over(&mut store, hangs.clone());
    let instance = pre.instantiate(&mut store).map_err(|e| trap(START, &e, store.data(), &watch))?;
    let functions = Functions::of(pre.component(), &instance, dialect, &mut store)
        .map_err(|e| Failure::Setup(format!("a function of another type than the interface's: {e:#}")))?;
    let attached = attach(&instance, &mut store)?;
    Ok((StoreInstance::new(store, functions, watch, Some(Box::new(clock))), attached))
}
