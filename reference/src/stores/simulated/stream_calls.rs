//! Bodies that are streamed.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use crate::interface::{Failure, OutgoingValue, OutputStream, Result};

/// An `outgoing-value` that remembers in which pieces its body came.
#[derive(Default)]
pub(super) struct PiecewiseOutgoing {
    body: Rc<RefCell<Body>>,
}

#[derive(Default)]
struct Body {
    bytes: Vec<u8>,
    /// Where each piece of a streamed body ends.
    ends: Vec<usize>,
}

impl PiecewiseOutgoing {
    pub(super) fn of(value: &dyn OutgoingValue) -> Result<&Self> {
        let any: &dyn Any = value;
        any.downcast_ref().ok_or_else(|| Failure::Harness("outgoing-value of another implementation".into()))
    }

    pub(super) fn whole(&self) -> Vec<u8> {
        self.body.borrow().bytes.clone()
    }

    /// How far a streamed body had come after each piece but the last.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Vec<u8>> {
        let body = self.body.borrow();
        let length = body.bytes.len();
        let parts: Vec<Vec<u8>> =
            body.ends.iter().filter(|end| **end < length).map(|end| body.bytes[..*end].to_vec()).collect();
        parts.into_iter()
    }
}

impl OutgoingValue for PiecewiseOutgoing {
    fn write_sync(&self, body: &[u8]) -> Result<()> {
        *self.body.borrow_mut() = Body { bytes: body.to_vec(), ends: Vec::new() };
        Ok(())
    }

    fn write_stream(&self) -> Result<Box<dyn OutputStream>> {
        *self.body.borrow_mut() = Body::default();
        Ok(Box::new(Sink(self.body.clone())))
    }
}

struct Sink(Rc<RefCell<Body>>);

impl OutputStream for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut body = self.0.borrow_mut();
        body.bytes.extend_from_slice(bytes);
        let end = body.bytes.len();
        body.ends.push(end);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
