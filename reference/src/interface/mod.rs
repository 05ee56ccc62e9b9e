//! The interface of `wasi:keyvalue` as traits.
//!
//! A store needs the four operations of [`Bucket`] and [`Implementation::open`]; all else has a
//! default. Value resources ([`OutgoingValue`], [`IncomingValue`]) default to plain buffers; an
//! implementation whose values have an own life (a component) brings its own.
//!
//! Three kinds of failure never mix ([`Failure`]): an error the interface allows, a trap of the
//! implementation, and a fault of kvspec itself. Where no answer came, none of them is known.

mod buffered;
mod capability;
mod failure;

use std::any::Any;
use std::time::Duration;

use crate::profile::Profile;

pub use buffered::{BufferedIncoming, BufferedOutgoing};
pub use capability::{Atomics, Batch, CompareAndSwap, Counter, KeyPage, Listing, Pair, Swap};
pub use failure::{ErrorKind, Failure, InterfaceError, Result};

/// A key-value store under test. Calls take `&self`: stores use interior mutability.
pub trait Implementation {
    /// `bucket.open-bucket` (0.1.0) or `open` (0.2.0). Each call gives a handle of its own.
    ///
    /// # Errors
    /// [`Failure::Error`] when there is no such bucket and opening does not create it.
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>>;

    /// As [`Implementation::open`], for this session: an implementation that runs in several
    /// instances or processes at once serves each session by one of them. Sessions are numbered
    /// from 0; `open` is the same as session 0.
    ///
    /// # Errors
    /// As [`Implementation::open`].
    fn open_as(&self, session: u16, name: &str) -> Result<Box<dyn Bucket>> {
        let _ = session;
        self.open(name)
    }

    /// `outgoing-value.new-outgoing-value`: an empty value to write a body into.
    ///
    /// # Errors
    /// Only traps and harness faults: the interface has no error here.
    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        Ok(Box::new(BufferedOutgoing::default()))
    }

    /// The clock the implementation lives by, where it is virtual. `None`: it lives in real time.
    fn clock(&self) -> Option<&dyn Clock> {
        None
    }

    /// Ends the instance that serves the calls and starts another on the same outside data, as a
    /// host does between requests; all handles were dropped before. `None`: there is no instance to
    /// end, or the adapter has no means to.
    fn restart(&self) -> Option<Result<()>> {
        None
    }

    /// A fault noticed outside any call, such as a trap while a handle was dropped. Taking it
    /// clears it; the recorder asks after each operation.
    fn take_fault(&self) -> Option<Failure> {
        None
    }
}

/// Where fresh implementations come from: each case and each workload gets one of its own.
pub trait Subject {
    /// A fresh implementation. What it does by chance, it takes from `seed`.
    ///
    /// # Errors
    /// When it cannot be started.
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>>;

    /// The profile it is to be tested for.
    fn profile(&self) -> Profile {
        Profile::default()
    }

    /// What it was found to offer, in words: the profile, and the types where one name stands for
    /// several. For reports and complaints only.
    fn offer(&self) -> String {
        self.profile().to_string()
    }
}

impl<I: Implementation + 'static, F: Fn() -> I> Subject for F {
    fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new(self()))
    }
}

/// A handle of a bucket. Dropping it closes the handle and loses no data.
pub trait Bucket {
    /// `get`: the value of `key`, or `None` when the key is absent.
    ///
    /// # Errors
    /// Whatever the store reports; an absent key is not an error (KVE-GET-02).
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>>;

    /// `set`: creates the pair or replaces its whole value.
    ///
    /// # Errors
    /// Whatever the store reports, such as a value above its limit.
    fn set(&self, key: &str, value: &[u8]) -> Result<()>;

    /// `delete`: makes the key absent; deleting an absent key is no error.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn delete(&self, key: &str) -> Result<()>;

    /// `exists`: whether the key is present.
    ///
    /// # Errors
    /// Whatever the store reports; an absent key is not an error (KVE-EXI-02).
    fn exists(&self, key: &str) -> Result<bool>;

    /// `get` as the interface has it: an `incoming-value` that is consumed later.
    ///
    /// # Errors
    /// As [`Bucket::get`].
    fn get_value(&self, key: &str) -> Result<Option<Box<dyn IncomingValue>>> {
        let value = self.get(key)?;
        Ok(value.map(|bytes| Box::new(BufferedIncoming(bytes)) as Box<dyn IncomingValue>))
    }

    /// `set` as the interface has it: borrows an `outgoing-value` of the same implementation.
    ///
    /// # Errors
    /// As [`Bucket::set`]; [`Failure::Harness`] when `value` belongs to another implementation.
    fn set_value(&self, key: &str, value: &dyn OutgoingValue) -> Result<()> {
        let any: &dyn Any = value;
        let Some(buffer) = any.downcast_ref::<BufferedOutgoing>() else {
            return Err(Failure::Harness("outgoing-value of another implementation".into()));
        };
        self.set(key, &buffer.body.borrow())
    }

    /// The listing capability of `store@0.2.0`, where it is offered.
    fn listing(&self) -> Option<&dyn Listing> {
        None
    }

    /// The atomic capability (`atomic` of 0.1.0, `atomics` of 0.2.0), where it is offered.
    fn atomics(&self) -> Option<&dyn Atomics> {
        None
    }

    /// The batch capability (`eventual-batch` of 0.1.0, `batch` of 0.2.0), where it is offered.
    fn batch(&self) -> Option<&dyn Batch> {
        None
    }
}

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
    /// [`Failure::Error`] where streaming bodies are not offered.
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
    /// [`Failure::Error`] where streaming bodies are not offered.
    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>>;
}

/// The writing end of a body. Dropping it ends the body.
pub trait OutputStream {
    /// Writes all of `bytes`, in as many calls as the stream's permits allow.
    ///
    /// # Errors
    /// A stream error, as [`Failure::Error`].
    fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Flushes, and waits until that is done.
    ///
    /// # Errors
    /// A stream error, as [`Failure::Error`].
    fn flush(&mut self) -> Result<()>;
}

/// The reading end of a body.
pub trait InputStream {
    /// Reads at most `limit` bytes, waiting for at least one; `None` when the stream has ended.
    ///
    /// # Errors
    /// A stream error other than the end, as [`Failure::Error`].
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>>;
}

/// A clock that an implementation lives by and that the driver may move.
pub trait Clock {
    /// Nanoseconds since some start.
    fn now_ns(&self) -> u64;

    /// Lets `by` pass: at once on a virtual clock, by waiting on a real one.
    fn advance(&self, by: Duration);
}
