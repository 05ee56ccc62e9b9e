//! `wasi:logging`: what is logged is kept for reports, like what is printed.

use wasmtime::Result;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower};

use super::state::Sandbox;

#[derive(ComponentType, Lower, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code, reason = "components make them")]
enum Level {
    #[component(name = "trace")]
    Trace,
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
    #[component(name = "critical")]
    Critical,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
            Level::Critical => "critical",
        }
    }
}

pub(super) fn define(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("log", |mut store, (level, context, message): (Level, String, String)| {
        let before = if context.is_empty() { level.name().to_owned() } else { format!("{} {context}", level.name()) };
        store.data_mut().print(format!("[{before}] {message}\n").as_bytes());
        Ok(())
    })
}
