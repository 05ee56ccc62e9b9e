//! `store@0.2.0` with `atomics` and `batch`, as a component exports it.

mod functions;
mod live;

use kvspec_reference::interface::{Failure, Result};
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Instance, InstancePre, Lift, Lower, ResourceAny, TypedFunc};

use std::sync::Arc;

use super::call_watch::{CallWatch, START};
use super::{COPIED_BYTES_MAX, trap};
use crate::sandbox::Sandbox;
use functions::Functions;
use kvspec::probe::StoreDialect;
use kvspec::subject::Hangs;
use live::{Mode, StoreInstance};

/// An instance of a component in the sandbox.
pub(super) type InstanceInSandbox = StoreInstance<Sandbox, InSandbox>;

/// Instantiates a component of this dialect in the sandbox; `attach` sees the instance before anything is
/// called.
pub(super) fn start_with<A>(
    pre: &InstancePre<Sandbox>,
    dialect: &StoreDialect,
    sandbox: Sandbox,
    hangs: &Arc<Hangs>,
    attach: impl FnOnce(&Instance, &mut Store<Sandbox>) -> Result<A>,
) -> Result<(InstanceInSandbox, A)> {
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

/// Calls into a component that is a store itself.
pub(super) struct InSandbox;

impl Mode<Sandbox> for InSandbox {
    fn call<P, R>(
        store: &mut Store<Sandbox>,
        _watch: &CallWatch,
        function: TypedFunc<P, R>,
        arguments: P,
    ) -> wasmtime::Result<R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        store.data_mut().begin_call();
        function.call(store, arguments)
    }

    fn drop_resource(store: &mut Store<Sandbox>, _watch: &CallWatch, resource: ResourceAny) -> wasmtime::Result<()> {
        store.data_mut().begin_call();
        resource.resource_drop(store)
    }

    fn failure(call: &'static str, error: &wasmtime::Error, sandbox: &Sandbox, watch: &CallWatch) -> Failure {
        trap(call, error, sandbox, watch)
    }
}
