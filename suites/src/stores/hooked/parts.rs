//! What the store consists of. Its hooks are given its parts, and its parts hold its hooks, so all types
//! stand here; what they do is in files of their own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use kvspec_reference::interface::{Failure, ManualClock, Result};

/// Bucket and key of a register, as the store keeps them.
pub(crate) type Place = (String, String);

/// What all handles and values of one store share.
pub(crate) struct Core {
    pub(crate) hooks: Hooks,
    pub(crate) seed: u64,
    pub(crate) clock: ManualClock,
    /// The versions of each register, oldest first.
    pub(super) buckets: RefCell<BTreeMap<String, BTreeMap<String, Vec<Version>>>>,
    /// What a hook keeps beside the data: a cache, an index, an earlier state.
    pub(crate) aside: RefCell<BTreeMap<Place, Vec<u8>>>,
    /// A register that a hook remembers.
    pub(crate) last: RefCell<Option<Place>>,
    /// A fault to be noticed after the call.
    pub(crate) fault: RefCell<Option<Failure>>,
    /// How many versions were ever written.
    pub(crate) writes: Cell<u64>,
    /// Counts whatever a hook counts.
    pub(crate) count: Cell<u64>,
    pub(super) handles_opened: Cell<u32>,
    pub(crate) handles_open: Cell<u32>,
}

/// An open handle.
pub(crate) struct Handle {
    pub(crate) core: Rc<Core>,
    /// The bucket as the store keeps it.
    pub(crate) bucket: String,
    /// Counts the handles of the store, from 0.
    pub(crate) number: u32,
    /// How many versions had been written when it was opened.
    pub(crate) opened: u64,
}

/// One write that the store keeps.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// Counts all versions of the store, from 0.
    pub(crate) sequence: u64,
    /// The virtual time of the write.
    pub(crate) at_ns: u64,
    /// The number of the handle that wrote it.
    pub(crate) handle: u32,
    /// The value; `None` is absence.
    pub(crate) state: Option<Rc<[u8]>>,
}

/// One register, as one operation on one handle sees it.
pub(crate) struct Slot<'a> {
    pub(crate) handle: &'a Handle,
    pub(crate) core: &'a Rc<Core>,
    pub(crate) place: Place,
}

/// How the body of an outgoing-value was last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Not yet.
    None,
    /// At once.
    Whole,
    /// As a stream.
    Streamed,
}

/// An outgoing-value.
pub(crate) struct Body {
    pub(crate) core: Rc<Core>,
    pub(crate) bytes: Rc<RefCell<Vec<u8>>>,
    /// How often it was set.
    pub(crate) uses: Cell<u32>,
    /// How it was last written.
    pub(crate) form: Cell<Form>,
    /// The register it was last set in.
    pub(crate) target: RefCell<Option<Place>>,
}

/// The stream of an outgoing-value.
pub(crate) struct Sink {
    pub(super) core: Rc<Core>,
    /// The body.
    pub(crate) bytes: Rc<RefCell<Vec<u8>>>,
    /// What a hook has not yet put into the body.
    pub(crate) pending: Vec<u8>,
    /// How many writes there were.
    pub(crate) writes: usize,
}

/// An incoming-value.
pub(crate) struct Got {
    pub(crate) core: Rc<Core>,
    /// Where it came from.
    pub(crate) place: Place,
    /// The value at the time of the get.
    pub(crate) bytes: Vec<u8>,
}

/// The stream of an incoming-value.
pub(crate) struct Source {
    pub(crate) core: Rc<Core>,
    /// Where it came from.
    pub(crate) place: Place,
    /// What it yields.
    pub(crate) bytes: Vec<u8>,
    /// How much of that was read.
    pub(crate) at: usize,
    /// How many reads there were, this one included.
    pub(crate) reads: usize,
}

/// One function per place where real stores break. [`CORRECT`] has the right one in each.
#[derive(Clone, Copy)]
pub(crate) struct Hooks {
    /// The name under which the bucket of this name is kept, or why it cannot be opened.
    pub(crate) open: fn(&Core, &str) -> Result<String>,
    /// A handle was dropped.
    pub(crate) close: fn(&Handle),
    /// Before each operation.
    pub(crate) before: fn(&Core) -> Result<()>,
    /// After each failure of an operation or an opening.
    pub(crate) after_error: fn(&Core, &Failure),
    /// The name under which a key is kept, or why it cannot be.
    pub(crate) key: fn(&str) -> Result<String>,
    /// The bytes that are kept of a value.
    pub(crate) keep: fn(Vec<u8>) -> Vec<u8>,
    /// The state of a register that is shown to a handle.
    pub(crate) view: fn(&Slot<'_>) -> Option<Vec<u8>>,
    /// The state of a register as `get` and `exists` see it, or why they fail.
    pub(crate) read: fn(&Slot<'_>) -> Result<Option<Vec<u8>>>,
    /// `get`.
    pub(crate) get: fn(&Slot<'_>) -> Result<Option<Vec<u8>>>,
    /// `exists`.
    pub(crate) exists: fn(&Slot<'_>) -> Result<bool>,
    /// `set` of bytes that have passed `keep`.
    pub(crate) set: fn(&Slot<'_>, Vec<u8>) -> Result<()>,
    /// `delete`.
    pub(crate) delete: fn(&Slot<'_>) -> Result<()>,
    /// `set` of an outgoing-value.
    pub(crate) set_body: fn(&Slot<'_>, &Body) -> Result<()>,
    /// `write-body-sync`.
    pub(crate) write_body: fn(&Body, &[u8]) -> Result<()>,
    /// `write-body-async`.
    pub(crate) stream_body: fn(&Body) -> Result<()>,
    /// An outgoing-value was dropped.
    pub(crate) drop_body: fn(&Body),
    /// A write to the stream of an outgoing-value.
    pub(crate) push: fn(&mut Sink, &[u8]) -> Result<()>,
    /// A flush of that stream.
    pub(crate) flush: fn(&mut Sink) -> Result<()>,
    /// That stream was dropped.
    pub(crate) end: fn(&mut Sink),
    /// `incoming-value-size`.
    pub(crate) size: fn(&Got) -> Result<u64>,
    /// `consume-sync`.
    pub(crate) consume: fn(&Got) -> Result<Vec<u8>>,
    /// `consume-async`: the bytes that the stream will yield.
    pub(crate) stream: fn(&Got) -> Result<Vec<u8>>,
    /// A read of at most so many bytes from that stream.
    pub(crate) pull: fn(&mut Source, usize) -> Result<Option<Vec<u8>>>,
}
