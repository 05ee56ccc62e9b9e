//! The sandbox a component runs in: WASI with no files, no network, a clock of ours and random
//! numbers from a seed.
//!
//! Functions are defined under the exact names a component imports, whatever the 0.2 release, so
//! no WIT of WASI is kept here. Imports that are not offered are named before anything starts; those
//! that the runtimes of some languages carry along trap when they are called, and the trap names them.

mod cli;
mod imports;
mod io;
mod random;
mod time;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use kvspec_reference::interface::Clock;
use kvspec_reference::random::Random;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Resource, ResourceTable};
use wasmtime::{Engine, Result, bail};

use imports::PIPE_INTERFACE;
pub(crate) use imports::missing as missing_imports;
pub(crate) use io::{HostInput, HostOutput};
pub(crate) use time::VirtualClock;

/// How much of what a component prints is kept, in bytes.
const OUTPUT_BYTES_MAX: usize = 64 << 10;

/// What a component may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// All linear memories, tables and pipes together, in bytes.
    pub memory_bytes: usize,
    /// How much processor time one call may take. It is looked at every tenth of a second.
    pub call_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 512 << 20, call_timeout: Duration::from_secs(30) }
    }
}

/// Everything a component can reach of the host.
pub(crate) struct Sandbox {
    pub(crate) table: ResourceTable,
    pub(crate) clock: VirtualClock,
    random: Random,
    environment: Vec<(String, String)>,
    pipes: BTreeMap<u32, Pipe>,
    pipes_made: u32,
    printed: VecDeque<u8>,
    memory: MemoryLimit,
}

/// The bytes between a writing end and a reading end. They are part of the memory that a component
/// may have, and are gone with the reading end; the pipe is gone with both ends.
#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    writer_closed: bool,
    reader_closed: bool,
}

impl Sandbox {
    pub(crate) fn new(seed: u64, environment: Vec<(String, String)>, limits: &Limits) -> Self {
        Self {
            table: ResourceTable::new(),
            clock: VirtualClock::default(),
            random: Random::new(seed),
            environment,
            pipes: BTreeMap::new(),
            pipes_made: 0,
            printed: VecDeque::new(),
            memory: MemoryLimit { used_bytes: 0, left_bytes: limits.memory_bytes, granted_bytes: 0, refused: false },
        }
    }

    pub(crate) fn limiter(&mut self) -> &mut dyn wasmtime::ResourceLimiter {
        &mut self.memory
    }

    /// To be told before each call: what was refused in an earlier one was survived.
    pub(crate) fn begin_call(&mut self) {
        self.memory.refused = false;
    }

    /// Whether the component asked for more memory than it may have, in the last call.
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

    /// Whether a read of a pipe would give bytes or the end.
    pub(crate) fn pipe_is_ready(&self, number: u32) -> bool {
        self.pipes.get(&number).is_none_or(|pipe| !pipe.bytes.is_empty() || pipe.writer_closed)
    }

    /// Whether everything was written into a pipe and read.
    pub(crate) fn pipe_is_ended(&self, number: u32) -> bool {
        self.pipes.get(&number).is_none_or(|pipe| pipe.bytes.is_empty() && pipe.writer_closed)
    }

    /// Puts bytes into a pipe. What nobody can read any more is let go.
    ///
    /// # Errors
    /// When they are more than the component may have in memory.
    pub(crate) fn fill_pipe(&mut self, number: u32, bytes: &[u8]) -> Result<()> {
        let Some(pipe) = self.pipes.get_mut(&number).filter(|pipe| !pipe.reader_closed) else { return Ok(()) };
        if !self.memory.take(bytes.len()) {
            bail!("its pipes hold more than it may have in memory, and nobody reads them");
        }
        pipe.bytes.extend(bytes);
        Ok(())
    }

    /// Takes at most `count` bytes out of a pipe.
    pub(crate) fn drain_pipe(&mut self, number: u32, count: usize) -> Vec<u8> {
        let Some(pipe) = self.pipes.get_mut(&number) else { return Vec::new() };
        let count = count.min(pipe.bytes.len());
        let taken = pipe.bytes.drain(..count).collect();
        if pipe.bytes.is_empty() {
            // A drained queue keeps its room.
            pipe.bytes = VecDeque::new();
        }
        self.memory.give_back(count);
        taken
    }

    /// Its writing end is gone.
    pub(crate) fn close_writer(&mut self, number: u32) {
        self.close(number, |pipe| pipe.writer_closed = true);
    }

    /// Its reading end is gone, and with it what nobody read.
    pub(crate) fn close_reader(&mut self, number: u32) {
        self.drain_pipe(number, usize::MAX);
        self.close(number, |pipe| pipe.reader_closed = true);
    }

    fn close(&mut self, number: u32, end: impl FnOnce(&mut Pipe)) {
        let Some(pipe) = self.pipes.get_mut(&number) else { return };
        end(pipe);
        if pipe.writer_closed && pipe.reader_closed {
            self.pipes.remove(&number);
        }
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
        let number = self.pipes_made;
        self.pipes_made = number.checked_add(1).ok_or_else(|| wasmtime::format_err!("it opened 2^32 pipes"))?;
        let ends = (self.table.push(HostOutput::Pipe(number))?, self.table.push(HostInput::Pipe(number))?);
        self.pipes.insert(number, Pipe::default());
        Ok(ends)
    }
}

/// Counts linear memory, tables and pipes; a growth beyond the limit is refused, as a real machine would.
struct MemoryLimit {
    /// Of all linear memories together.
    used_bytes: usize,
    /// For memories, tables and pipes.
    left_bytes: usize,
    /// What the last growth was granted, should it fail all the same.
    granted_bytes: usize,
    /// A growth was, since the last call began.
    refused: bool,
}

impl MemoryLimit {
    fn take(&mut self, bytes: usize) -> bool {
        self.refused |= bytes > self.left_bytes;
        if bytes > self.left_bytes {
            return false;
        }
        self.left_bytes -= bytes;
        true
    }

    fn give_back(&mut self, bytes: usize) {
        self.left_bytes += bytes;
    }
}

/// What one element of a table takes of the host's memory.
const TABLE_ELEMENT_BYTES: usize = size_of::<*const ()>();

impl wasmtime::ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.granted_bytes = 0;
        // Beyond its own maximum the memory does not grow, whatever is said here.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(true);
        }
        let more_bytes = desired.saturating_sub(current);
        let is_granted = self.take(more_bytes);
        if is_granted {
            self.granted_bytes = more_bytes;
            self.used_bytes += more_bytes;
        }
        Ok(is_granted)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        let unused_bytes = std::mem::take(&mut self.granted_bytes);
        self.give_back(unused_bytes);
        self.used_bytes -= unused_bytes;
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(true);
        }
        let more = desired.saturating_sub(current);
        // A growth that fails all the same is counted: a component that has so little room is at its end.
        Ok(self.take(more.saturating_mul(TABLE_ELEMENT_BYTES)))
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

#[cfg(test)]
mod tests {
    use wasmtime::ResourceLimiter as _;

    use super::*;

    const LIMIT_BYTES: usize = 1 << 20;

    fn sandbox() -> Sandbox {
        Sandbox::new(1, Vec::new(), &Limits { memory_bytes: LIMIT_BYTES, ..Limits::default() })
    }

    #[test]
    fn pipes_whose_ends_are_gone_take_no_memory() {
        let mut sandbox = sandbox();
        for index in 0..100 {
            sandbox.open_pipe().unwrap();
            sandbox.fill_pipe(index, &vec![7; LIMIT_BYTES]).unwrap();
            sandbox.close_writer(index);
            sandbox.close_reader(index);
            assert_eq!((sandbox.memory.left_bytes, sandbox.pipes.len()), (LIMIT_BYTES, 0));
        }
    }

    #[test]
    fn what_is_in_pipes_counts_until_it_is_read() {
        let mut sandbox = sandbox();
        sandbox.open_pipe().unwrap();
        sandbox.open_pipe().unwrap();
        sandbox.fill_pipe(0, &vec![7; LIMIT_BYTES]).unwrap();
        assert!(sandbox.fill_pipe(1, b"x").is_err() && sandbox.memory_was_refused());
        assert_eq!(sandbox.drain_pipe(0, 10), [7; 10]);
        sandbox.fill_pipe(1, &[7; 10]).unwrap();
        sandbox.close_reader(1);
        sandbox.fill_pipe(1, &vec![7; LIMIT_BYTES]).unwrap();
        assert!(sandbox.pipes[&1].bytes.is_empty(), "nobody can read it");
    }

    #[test]
    fn tables_count_together() {
        let mut sandbox = sandbox();
        let elements = LIMIT_BYTES / TABLE_ELEMENT_BYTES;
        let memory = &mut sandbox.memory;
        assert!(memory.table_growing(0, elements / 2, None).unwrap());
        assert!(memory.table_growing(0, elements / 2, None).unwrap());
        assert!(!memory.table_growing(0, 1, None).unwrap() && memory.refused);
        assert!(memory.table_growing(0, 2, Some(1)).unwrap(), "it does not grow beyond its own maximum");
    }

    #[test]
    fn growth_that_fails_costs_nothing() {
        let mut sandbox = sandbox();
        let memory = &mut sandbox.memory;
        // Beyond its own maximum: wasmtime refuses it after asking, and says so.
        assert!(memory.memory_growing(0, 2 * LIMIT_BYTES, Some(LIMIT_BYTES / 2)).unwrap());
        memory.memory_grow_failed(wasmtime::format_err!("too large")).unwrap();
        assert_eq!((memory.left_bytes, memory.refused), (LIMIT_BYTES, false));
        // Granted, and failed for another reason.
        assert!(memory.memory_growing(0, LIMIT_BYTES, None).unwrap());
        memory.memory_grow_failed(wasmtime::format_err!("no room")).unwrap();
        assert_eq!(memory.left_bytes, LIMIT_BYTES);
        assert!(!memory.memory_growing(0, LIMIT_BYTES + 1, None).unwrap() && memory.refused);
    }
}
