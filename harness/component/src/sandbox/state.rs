//! What one instance has of the sandbox.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use kvspec::subject::Grants;
use kvspec_reference::random::Random;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime::{Result, bail};

use super::clock::VirtualClock;
use super::ends::{HostInput, HostOutput};
use super::files::tree::Tree;
use super::memory::{Limits, MemoryLimit};
use super::plugged::provider::Plugged;

/// How much of what a component prints is kept, in bytes.
const OUTPUT_BYTES_MAX: usize = 64 << 10;

/// Everything a component can reach of the host.
pub(crate) struct Sandbox {
    pub(crate) table: ResourceTable,
    pub(crate) clock: VirtualClock,
    pub(super) random: Random,
    pub(super) environment: Vec<(String, String)>,
    /// By key, sorted.
    pub(super) config: Vec<(String, String)>,
    pipes: BTreeMap<u32, Pipe>,
    pipes_made: u32,
    printed: VecDeque<u8>,
    pub(super) memory: MemoryLimit,
    pub(super) files: Tree,
    pub(super) plugged: Option<Plugged>,
    /// Where it leaves what outlives it.
    pub(crate) estate: Estate,
}

/// What an instance leaves to the next one, once it has ended.
pub(crate) type Estate = Rc<RefCell<Option<Left>>>;

/// What outlives an instance: all that is not in it.
pub(crate) struct Left {
    clock: VirtualClock,
    files: Tree,
    plugged: Option<Plugged>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let left =
            Left { clock: self.clock.clone(), files: std::mem::take(&mut self.files), plugged: self.plugged.take() };
        self.estate.replace(Some(left));
    }
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
    /// A fresh one; `environment` stands for that of the grants, too.
    ///
    /// # Errors
    /// When the store that is plugged in does not start.
    pub(crate) fn new(seed: u64, environment: Vec<(String, String)>, grants: &Grants, limits: &Limits) -> Result<Self> {
        let clock = VirtualClock::default();
        let mut memory = MemoryLimit::of(limits.memory_bytes);
        let folders: Vec<String> = grants.dir.iter().map(|directory| directory.guest.clone()).collect();
        let files = Tree::of(&folders, grants.crash, &mut memory);
        let plugged = grants.plug.map(|which| Plugged::start(which, seed, &clock)).transpose()?;
        let left = Left { clock, files, plugged };
        Ok(Self::with(left, memory, seed, environment, grants))
    }

    /// One that follows another, which left this.
    ///
    /// # Errors
    /// When its files take all the memory it may have.
    pub(crate) fn after(
        left: &Estate,
        seed: u64,
        environment: Vec<(String, String)>,
        grants: &Grants,
        limits: &Limits,
    ) -> Result<Self> {
        let Some(mut left) = left.take() else { bail!("the instance before it has not ended: a handle is open") };
        let mut memory = MemoryLimit::of(limits.memory_bytes);
        if let Err(code) = left.files.outlive(grants.crash, &mut memory) {
            bail!("its files leave it no memory: {code:?}");
        }
        Ok(Self::with(left, memory, seed, environment, grants))
    }

    fn with(
        Left { clock, files, plugged }: Left,
        memory: MemoryLimit,
        seed: u64,
        environment: Vec<(String, String)>,
        grants: &Grants,
    ) -> Self {
        Self {
            table: ResourceTable::new(),
            clock,
            random: Random::new(seed),
            environment,
            config: grants.config.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect(),
            pipes: BTreeMap::new(),
            pipes_made: 0,
            printed: VecDeque::new(),
            memory,
            files,
            plugged,
            estate: Estate::default(),
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

    pub(super) fn print(&mut self, bytes: &[u8]) {
        self.printed.extend(bytes);
        let excess = self.printed.len().saturating_sub(OUTPUT_BYTES_MAX);
        self.printed.drain(..excess);
    }

    pub(super) fn open_pipe(&mut self) -> Result<(Resource<HostOutput>, Resource<HostInput>)> {
        let number = self.pipes_made;
        self.pipes_made = number.checked_add(1).ok_or_else(|| wasmtime::format_err!("it opened 2^32 pipes"))?;
        let ends = (self.table.push(HostOutput::Pipe(number))?, self.table.push(HostInput::Pipe(number))?);
        self.pipes.insert(number, Pipe::default());
        Ok(ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT_BYTES: usize = 1 << 20;

    fn sandbox() -> Sandbox {
        Sandbox::new(1, Vec::new(), &Grants::default(), &Limits { memory_bytes: LIMIT_BYTES, ..Limits::default() })
            .unwrap()
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
}
