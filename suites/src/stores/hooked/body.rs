//! Outgoing-values, incoming-values and their streams.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use kvspec_reference::interface::{IncomingValue, InputStream, OutgoingValue, OutputStream, Result};

use super::parts::{Body, Core, Form, Got, Sink, Slot, Source, Version};

impl Body {
    pub(super) fn new(core: &Rc<Core>) -> Self {
        Self {
            core: core.clone(),
            bytes: Rc::default(),
            uses: Cell::new(0),
            form: Cell::new(Form::None),
            target: RefCell::default(),
        }
    }

    /// Sets it in this register through the hooks, and remembers that.
    pub(crate) fn set_in(&self, slot: &Slot<'_>) -> Result<()> {
        self.uses.set(self.uses.get() + 1);
        *self.target.borrow_mut() = Some(slot.place.clone());
        slot.set(self.bytes.borrow().clone())
    }
}

impl OutgoingValue for Body {
    fn write_sync(&self, body: &[u8]) -> Result<()> {
        self.core.noted((self.core.hooks.write_body)(self, body))?;
        self.form.set(Form::Whole);
        Ok(())
    }

    fn write_stream(&self) -> Result<Box<dyn OutputStream>> {
        self.core.noted((self.core.hooks.stream_body)(self))?;
        self.form.set(Form::Streamed);
        Ok(Box::new(Sink { core: self.core.clone(), bytes: self.bytes.clone(), pending: vec![], writes: 0 }))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        (self.core.hooks.drop_body)(self);
    }
}

impl OutputStream for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writes += 1;
        (self.core.clone().hooks.push)(self, bytes)
    }

    fn flush(&mut self) -> Result<()> {
        (self.core.clone().hooks.flush)(self)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        (self.core.clone().hooks.end)(self);
    }
}

impl Got {
    pub(super) fn new(slot: &Slot<'_>, bytes: Vec<u8>) -> Self {
        Self { core: slot.core.clone(), place: slot.place.clone(), bytes }
    }

    /// The state of its register now.
    pub(crate) fn newest(&self) -> Option<Vec<u8>> {
        self.core.versions(&self.place).last().and_then(Version::value)
    }
}

impl IncomingValue for Got {
    fn size(&self) -> Result<u64> {
        (self.core.hooks.size)(self)
    }

    fn consume_sync(self: Box<Self>) -> Result<Vec<u8>> {
        (self.core.hooks.consume)(&self)
    }

    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>> {
        let bytes = (self.core.hooks.stream)(&self)?;
        let place = self.place.clone();
        Ok(Box::new(Source { core: self.core.clone(), place, bytes, at: 0, reads: 0 }))
    }
}

impl Source {
    /// The next bytes, at most `limit`; `None` at the end.
    pub(crate) fn take(&mut self, limit: usize) -> Result<Option<Vec<u8>>> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let end = self.at.saturating_add(limit).min(self.bytes.len());
        let part = self.bytes[self.at..end].to_vec();
        self.at = end;
        Ok(Some(part))
    }
}

impl InputStream for Source {
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>> {
        self.reads += 1;
        (self.core.clone().hooks.pull)(self, usize::try_from(limit).unwrap_or(usize::MAX))
    }
}
