//! `wasi:config`: what the user granted, by key.

use wasmtime::Result;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower};

use super::state::Sandbox;

/// `error` of `store`, `config-error` of the earlier `runtime`; ours never fails.
#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
enum ConfigError {
    #[component(name = "upstream")]
    Upstream(String),
    #[component(name = "io")]
    Io(String),
}

type OrError<T> = std::result::Result<T, ConfigError>;

/// Defines the functions of `store` or of `runtime`.
pub(super) fn define(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("get", |store, (key,): (String,)| {
        let value = store.data().config.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone());
        Ok((OrError::Ok(value),))
    })?;
    instance.func_wrap("get-all", |store, ()| Ok((OrError::Ok(store.data().config.clone()),)))
}
