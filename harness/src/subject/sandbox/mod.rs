//! The sandbox a component runs in: WASI with no files, no network, a clock of ours and random
//! numbers from a seed.
//!
//! Functions are defined under the exact names a component imports, whatever the 0.2 release, so
//! no WIT of WASI is kept here. An import we do not offer traps when it is called, and the trap
//! names it.

mod cli;
mod io;
mod random;
mod time;

use std::collections::VecDeque;

use kvspec_reference::interface::Clock;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Resource, ResourceTable};
use wasmtime::{Engine, Result};

pub(crate) use io::{HostInput, HostOutput};
pub(crate) use time::VirtualClock;

/// The import by which a component that has no streams of its own gets a pair of ours.
const PIPE_INTERFACE: &str = "kvspec:pipe/pipe";

/// How much of what a component prints is kept, in bytes.
const OUTPUT_BYTES_MAX: usize = 64 << 10;

/// What a component may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// All linear memories together, in bytes.
    pub memory_bytes: usize,
    /// How long one call may compute, in ticks of [`super::component::TICK_MS`].
    pub call_ticks: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, call_ticks: 300 }
    }
}

/// Everything a component can reach of the host.
pub(crate) struct Sandbox {
    pub(crate) table: ResourceTable,
    pub(crate) clock: VirtualClock,
    random: random::SplitMix64,
    environment: Vec<(String, String)>,
    pipes: Vec<Pipe>,
    printed: VecDeque<u8>,
    memory: MemoryLimit,
}

/// The bytes between a writing end and a reading end.
#[derive(Default)]
pub(crate) struct Pipe {
    pub(crate) bytes: VecDeque<u8>,
    pub(crate) writer_closed: bool,
}

impl Sandbox {
    pub(crate) fn new(seed: u64, environment: Vec<(String, String)>, limits: &Limits) -> Self {
        Self {
            table: ResourceTable::new(),
            clock: VirtualClock::default(),
            random: random::SplitMix64::new(seed),
            environment,
            pipes: Vec::new(),
            printed: VecDeque::new(),
            memory: MemoryLimit { used_bytes: 0, left_bytes: limits.memory_bytes, refused: false },
        }
    }

    pub(crate) fn limiter(&mut self) -> &mut dyn wasmtime::ResourceLimiter {
        &mut self.memory
    }

    /// Whether the component asked for more memory than it may have.
    pub(crate) fn memory_was_refused(&self) -> bool {
        self.memory.refused
    }

    /// The bytes of all linear memories together.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory.used_bytes
    }

    /// How many resources of the host are there: pollables, streams. Once the harness gave back
    /// those it holds, the component holds them.
    pub(crate) fn handle_count(&mut self) -> usize {
        self.table.iter_mut().count()
    }

    pub(crate) fn pipe(&mut self, index: usize) -> &mut Pipe {
        &mut self.pipes[index]
    }

    /// What the component printed last, on standard output and standard error together.
    pub(crate) fn printed(&self) -> Vec<u8> {
        self.printed.iter().copied().collect()
    }

    fn print(&mut self, bytes: &[u8]) {
        self.printed.extend(bytes);
        let excess = self.printed.len().saturating_sub(OUTPUT_BYTES_MAX);
        self.printed.drain(..excess);
    }

    fn open_pipe(&mut self) -> Result<(Resource<HostOutput>, Resource<HostInput>)> {
        let index = self.pipes.len();
        self.pipes.push(Pipe::default());
        Ok((self.table.push(HostOutput::Pipe(index))?, self.table.push(HostInput::Pipe(index))?))
    }
}

/// Counts linear memory; a growth beyond the limit is refused, as a real machine would.
struct MemoryLimit {
    used_bytes: usize,
    left_bytes: usize,
    refused: bool,
}

/// The most elements any one table of a component may have.
const TABLE_ELEMENTS_MAX: usize = 1 << 22;

impl wasmtime::ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let more_bytes = desired.saturating_sub(current);
        if more_bytes > self.left_bytes {
            self.refused = true;
            return Ok(false);
        }
        self.left_bytes -= more_bytes;
        self.used_bytes += more_bytes;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }
}

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
            "wasi:filesystem/preopens" => {
                instance.func_wrap("get-directories", |_, ()| Ok((Vec::<(Resource<()>, String)>::new(),)))?;
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

impl Clock for VirtualClock {
    fn now_ns(&self) -> u64 {
        self.now()
    }

    fn advance(&self, by: std::time::Duration) {
        self.pass(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX));
    }
}
