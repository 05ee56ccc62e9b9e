//! The hooks, and what a correct store does in each.

use kvspec_reference::interface::{Failure, Result};

use super::{Body, Core, Got, Handle, Sink, Slot, Source};

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

/// A correct store.
pub(crate) const CORRECT: Hooks = Hooks {
    open: |_, name| Ok(name.to_owned()),
    close: |_| {},
    before: |_| Ok(()),
    after_error: |_, _| {},
    key: |key| Ok(key.to_owned()),
    keep: |value| value,
    view: |slot| slot.newest(),
    read: |slot| Ok((slot.hooks().view)(slot)),
    get: |slot| (slot.hooks().read)(slot),
    exists: |slot| Ok((slot.hooks().read)(slot)?.is_some()),
    set: |slot, value| {
        slot.write(Some(value));
        Ok(())
    },
    delete: |slot| {
        slot.write(None);
        Ok(())
    },
    set_body: |slot, body| slot.set(body.bytes.borrow().clone()),
    write_body: |body, bytes| {
        *body.bytes.borrow_mut() = bytes.to_vec();
        Ok(())
    },
    stream_body: |body| {
        body.bytes.borrow_mut().clear();
        Ok(())
    },
    drop_body: |_| {},
    push: |sink, bytes| {
        sink.bytes.borrow_mut().extend_from_slice(bytes);
        Ok(())
    },
    flush: |_| Ok(()),
    end: |_| {},
    size: |got| Ok(got.bytes.len() as u64),
    consume: |got| Ok(got.bytes.clone()),
    stream: |got| Ok(got.bytes.clone()),
    pull: Source::take,
};
