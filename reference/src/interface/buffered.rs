//! Value resources that are plain buffers, for stores whose values have no life of their own.

use std::cell::RefCell;
use std::rc::Rc;

use super::failure::Result;
use super::value::{IncomingValue, InputStream, OutgoingValue, OutputStream};

/// An `outgoing-value` that is a plain buffer: each body that is written replaces the last.
#[derive(Default)]
pub struct BufferedOutgoing {
    pub(super) body: Rc<RefCell<Vec<u8>>>,
}

impl BufferedOutgoing {
    /// The body as it is now.
    pub fn body(&self) -> Vec<u8> {
        self.body.borrow().clone()
    }
}

impl OutgoingValue for BufferedOutgoing {
    fn write_sync(&self, body: &[u8]) -> Result<()> {
        *self.body.borrow_mut() = body.to_vec();
        Ok(())
    }

    fn write_stream(&self) -> Result<Box<dyn OutputStream>> {
        self.body.borrow_mut().clear();
        Ok(Box::new(BufferedSink(self.body.clone())))
    }
}

struct BufferedSink(Rc<RefCell<Vec<u8>>>);

impl OutputStream for BufferedSink {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// An `incoming-value` that is a plain buffer.
pub struct BufferedIncoming(pub Vec<u8>);

impl IncomingValue for BufferedIncoming {
    fn size(&self) -> Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn consume_sync(self: Box<Self>) -> Result<Vec<u8>> {
        Ok(self.0)
    }

    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>> {
        Ok(Box::new(BufferedSource { body: self.0, at: 0 }))
    }
}

struct BufferedSource {
    body: Vec<u8>,
    at: usize,
}

impl InputStream for BufferedSource {
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>> {
        if self.at == self.body.len() {
            return Ok(None);
        }
        let end = self.at.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(self.body.len());
        let part = self.body[self.at..end].to_vec();
        self.at = end;
        Ok(Some(part))
    }
}
