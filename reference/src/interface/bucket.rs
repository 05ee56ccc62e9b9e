//! A handle of a bucket: the four operations, and what else a store may offer.

use std::any::Any;

use super::buffered::{BufferedIncoming, BufferedOutgoing};
use super::capability::{Atomics, Batch, Listing};
use super::failure::{Failure, Result};
use super::value::{IncomingValue, OutgoingValue};

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
