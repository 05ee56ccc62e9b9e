//! `store@0.2.0` with `atomics` and `batch`, as a component exports it.

mod functions;
mod live;
pub mod shape;

use kvspec_reference::interface::{Failure, Result};
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, InstancePre, Lift, Lower, ResourceAny, TypedFunc};

use super::trap;
use crate::sandbox::Sandbox;
pub(crate) use functions::Functions;
pub(crate) use live::{Mode, StoreInstance};
use shape::Shape;

/// Instantiates a component of this shape in the sandbox.
pub(super) fn start(
    pre: &InstancePre<Sandbox>,
    shape: &Shape,
    sandbox: Sandbox,
    call_ticks: u64,
) -> Result<StoreInstance<Sandbox, InSandbox>> {
    let clock = sandbox.clock.clone();
    let mut store = Store::new(pre.engine(), sandbox);
    store.limiter(Sandbox::limiter);
    store.set_epoch_deadline(call_ticks);
    let instance = pre.instantiate(&mut store).map_err(|e| trap(&e, store.data()))?;
    let functions = Functions::of(pre.component(), &instance, shape, &mut store)
        .map_err(|e| Failure::Setup(format!("a function of another type than the interface's: {e:#}")))?;
    Ok(StoreInstance::new(store, functions, call_ticks, Some(Box::new(clock))))
}

/// Calls into a component that is a store itself.
pub(super) struct InSandbox;

impl Mode<Sandbox> for InSandbox {
    fn call<P, R>(store: &mut Store<Sandbox>, function: TypedFunc<P, R>, arguments: P) -> wasmtime::Result<R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        store.data_mut().begin_call();
        function.call(store, arguments)
    }

    fn drop_resource(store: &mut Store<Sandbox>, resource: ResourceAny) -> wasmtime::Result<()> {
        store.data_mut().begin_call();
        resource.resource_drop(store)
    }

    fn failure(error: &wasmtime::Error, sandbox: &Sandbox) -> Failure {
        trap(error, sandbox)
    }
}
