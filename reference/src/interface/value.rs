//! Values with a life of their own, and the streams of their bodies.

use std::any::Any;

use super::failure::Result;

/// `outgoing-value`: a body to be set. Dropping it after `set` changes nothing stored.
pub trait OutgoingValue: Any {
    /// `outgoing-value-write-body-sync`: puts the whole body in.
    ///
    /// # Errors
    /// Whatever the implementation reports.
    fn write_sync(&self, body: &[u8]) -> Result<()>;

    /// `outgoing-value-write-body-async`: a stream whose writes, concatenated, are the body.
    ///
    /// # Errors
    /// [`Failure::Error`](super::Failure::Error) where streaming bodies are not offered.
    fn write_stream(&self) -> Result<Box<dyn OutputStream>>;
}

/// `incoming-value`: one value, whole, as it was when it was got.
pub trait IncomingValue {
    /// `incoming-value-size`: the number of bytes.
    ///
    /// # Errors
    /// An implementation that does not know the size says so with an error, never another number.
    fn size(&self) -> Result<u64>;

    /// `incoming-value-consume-sync`: all bytes.
    ///
    /// # Errors
    /// Whatever the implementation reports.
    fn consume_sync(self: Box<Self>) -> Result<Vec<u8>>;

    /// `incoming-value-consume-async`: a stream that yields the bytes and then ends.
    ///
    /// # Errors
    /// [`Failure::Error`](super::Failure::Error) where streaming bodies are not offered.
    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>>;
}

/// The writing end of a body. Dropping it ends the body.
pub trait OutputStream {
    /// Writes all of `bytes`, in as many calls as the stream's permits allow.
    ///
    /// # Errors
    /// A stream error, as [`Failure::Error`](super::Failure::Error).
    fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Flushes, and waits until that is done.
    ///
    /// # Errors
    /// A stream error, as [`Failure::Error`](super::Failure::Error).
    fn flush(&mut self) -> Result<()>;
}

/// The reading end of a body.
pub trait InputStream {
    /// Reads at most `limit` bytes, waiting for at least one; `None` when the stream has ended.
    ///
    /// # Errors
    /// A stream error other than the end, as [`Failure::Error`](super::Failure::Error).
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>>;
}
