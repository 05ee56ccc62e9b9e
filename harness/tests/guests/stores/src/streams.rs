//! The streams of a store, as streams of the component.

use std::cell::RefCell;

use kvspec_reference::interface::{InputStream, OutputStream};

use crate::Store;
use crate::chosen::with_store;
use crate::exports::wasi::io::{error, poll, streams};

pub(crate) fn writer(stream: Box<dyn OutputStream>) -> streams::OutputStream {
    streams::OutputStream::new(Writer(RefCell::new(stream)))
}

pub(crate) fn reader(stream: Box<dyn InputStream>) -> streams::InputStream {
    streams::InputStream::new(Reader(RefCell::new(stream)))
}

pub(crate) struct Writer(RefCell<Box<dyn OutputStream>>);

pub(crate) struct Reader(RefCell<Box<dyn InputStream>>);

/// Calls answer at once, so everything is always ready.
pub(crate) struct Ready;

/// What a store said when an operation on a stream failed.
pub(crate) struct StreamFault(String);

impl error::Guest for Store {
    type Error = StreamFault;
}

impl error::GuestError for StreamFault {
    fn to_debug_string(&self) -> String {
        self.0.clone()
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

fn or_fault<T>(result: kvspec_reference::interface::Result<T>) -> StreamResult<T> {
    match result {
        Ok(value) => Ok(value),
        Err(failure) if failure.is_interface_error() => {
            let fault = error::Error::new(StreamFault(failure.to_string()));
            Err(streams::StreamError::LastOperationFailed(fault))
        }
        Err(broken) => panic!("{broken}"),
    }
}

impl streams::GuestInputStream for Reader {
    fn read(&self, len: u64) -> StreamResult<Vec<u8>> {
        let part = or_fault(with_store(|_| self.0.borrow_mut().read(len)))?;
        part.ok_or(streams::StreamError::Closed)
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
        or_fault(with_store(|_| self.0.borrow_mut().write(&contents)))
    }

    fn blocking_write_and_flush(&self, contents: Vec<u8>) -> StreamResult<()> {
        self.write(contents)
    }

    fn flush(&self) -> StreamResult<()> {
        or_fault(with_store(|_| self.0.borrow_mut().flush()))
    }

    fn blocking_flush(&self) -> StreamResult<()> {
        self.flush()
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
