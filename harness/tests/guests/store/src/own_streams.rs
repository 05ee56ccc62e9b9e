//! Streams that are the component's own: a writer into a body, a reader of one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::Store;
use crate::exports::wasi::io::{error, poll, streams};

pub(crate) fn writer(body: Rc<RefCell<Vec<u8>>>) -> streams::OutputStream {
    streams::OutputStream::new(Writer(body))
}

pub(crate) fn reader(body: Vec<u8>) -> streams::InputStream {
    streams::InputStream::new(Reader { body, at: Cell::new(0) })
}

pub(crate) struct Writer(Rc<RefCell<Vec<u8>>>);

pub(crate) struct Reader {
    body: Vec<u8>,
    at: Cell<usize>,
}

/// Everything is in memory, so everything is always ready.
pub(crate) struct Ready;

/// Streams in memory do not fail.
pub(crate) enum NoError {}

impl error::Guest for Store {
    type Error = NoError;
}

impl error::GuestError for NoError {
    fn to_debug_string(&self) -> String {
        match *self {}
    }
}

impl poll::Guest for Store {
    type Pollable = Ready;

    fn poll(pollables: Vec<poll::PollableBorrow<'_>>) -> Vec<u32> {
        (0..pollables.len() as u32).collect()
    }
}

impl poll::GuestPollable for Ready {
    fn ready(&self) -> bool {
        true
    }

    fn block(&self) {}
}

impl streams::Guest for Store {
    type InputStream = Reader;
    type OutputStream = Writer;
}

type StreamResult<T> = Result<T, streams::StreamError>;

impl streams::GuestInputStream for Reader {
    fn read(&self, len: u64) -> StreamResult<Vec<u8>> {
        let start = self.at.get();
        if start == self.body.len() {
            return Err(streams::StreamError::Closed);
        }
        let end = start.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)).min(self.body.len());
        self.at.set(end);
        Ok(self.body[start..end].to_vec())
    }

    fn blocking_read(&self, len: u64) -> StreamResult<Vec<u8>> {
        self.read(len)
    }

    fn skip(&self, len: u64) -> StreamResult<u64> {
        self.read(len).map(|part| part.len() as u64)
    }

    fn blocking_skip(&self, len: u64) -> StreamResult<u64> {
        self.skip(len)
    }

    fn subscribe(&self) -> streams::Pollable {
        streams::Pollable::new(Ready)
    }
}

impl streams::GuestOutputStream for Writer {
    fn check_write(&self) -> StreamResult<u64> {
        Ok(4096)
    }

    fn write(&self, contents: Vec<u8>) -> StreamResult<()> {
        self.0.borrow_mut().extend(contents);
        Ok(())
    }

    fn blocking_write_and_flush(&self, contents: Vec<u8>) -> StreamResult<()> {
        self.write(contents)
    }

    fn flush(&self) -> StreamResult<()> {
        Ok(())
    }

    fn blocking_flush(&self) -> StreamResult<()> {
        Ok(())
    }

    fn subscribe(&self) -> streams::Pollable {
        streams::Pollable::new(Ready)
    }

    fn write_zeroes(&self, len: u64) -> StreamResult<()> {
        self.write(vec![0; len.min(4096) as usize])
    }

    fn blocking_write_zeroes_and_flush(&self, len: u64) -> StreamResult<()> {
        self.write_zeroes(len)
    }

    fn splice(&self, src: streams::InputStreamBorrow<'_>, len: u64) -> StreamResult<u64> {
        let part = src.get::<Reader>().read_part(len)?;
        let count = part.len() as u64;
        self.write(part)?;
        Ok(count)
    }

    fn blocking_splice(&self, src: streams::InputStreamBorrow<'_>, len: u64) -> StreamResult<u64> {
        self.splice(src, len)
    }
}

impl Reader {
    fn read_part(&self, len: u64) -> StreamResult<Vec<u8>> {
        streams::GuestInputStream::read(self, len)
    }
}
