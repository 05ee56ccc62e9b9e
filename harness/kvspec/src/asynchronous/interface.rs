//! The interface for stores whose calls are asynchronous.

use std::future::Future;

use kvspec_reference::interface::{Counter, KeyPage, Pair, Result};

/// A key-value store whose calls are asynchronous.
pub trait AsyncImplementation {
    /// Its handles.
    type Bucket: AsyncBucket + 'static;

    /// Opens a bucket. Each call gives a handle of its own.
    ///
    /// # Errors
    /// [`Failure::Error`](crate::Failure::Error) when there is no such bucket and opening does not create it.
    fn open(&self, name: &str) -> impl Future<Output = Result<Self::Bucket>>;
}

/// A handle of a bucket; each method as the one of [`Bucket`](crate::Bucket).
pub trait AsyncBucket {
    /// The value of `key`, or `None` when the key is absent.
    ///
    /// # Errors
    /// Whatever the store reports; an absent key is not an error.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Vec<u8>>>>;

    /// Creates the pair or replaces its whole value.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn set(&self, key: &str, value: &[u8]) -> impl Future<Output = Result<()>>;

    /// Makes the key absent; deleting an absent key is no error.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn delete(&self, key: &str) -> impl Future<Output = Result<()>>;

    /// Whether the key is present.
    ///
    /// # Errors
    /// Whatever the store reports; an absent key is not an error.
    fn exists(&self, key: &str) -> impl Future<Output = Result<bool>>;

    /// The listing of `store@0.2.0`, where it is offered: `Some(self)`.
    fn listing(&self) -> Option<&impl AsyncListing> {
        None::<&NotOffered>
    }

    /// The atomics of `store@0.2.0`, where they are offered: `Some(self)`.
    fn atomics(&self) -> Option<&impl AsyncAtomics> {
        None::<&NotOffered>
    }

    /// The batches of `store@0.2.0`, where they are offered: `Some(self)`.
    fn batch(&self) -> Option<&impl AsyncBatch> {
        None::<&NotOffered>
    }
}

/// As [`Listing`](crate::Listing).
pub trait AsyncListing {
    /// One page of keys, from the start or from a cursor of an earlier page.
    ///
    /// # Errors
    /// An odd cursor is an error, never a panic.
    fn list_keys(&self, cursor: Option<&str>) -> impl Future<Output = Result<KeyPage>>;

    /// Whether a cursor may be any text; else it is a u64 in decimal.
    fn has_text_cursor(&self) -> bool {
        true
    }
}

/// As [`Atomics`](crate::Atomics).
pub trait AsyncAtomics {
    /// The handle of a compare-and-swap; [`NotOffered`] where there is none.
    type Cas: AsyncCompareAndSwap + 'static;

    /// Adds `delta` and gives the new number; an absent key counts as 0.
    ///
    /// # Errors
    /// A value that is no number, or an overflow.
    fn increment(&self, key: &str, delta: i64) -> impl Future<Output = Result<i128>>;

    /// The type of the number.
    fn counter(&self) -> Counter {
        Counter::Signed
    }

    /// A handle that remembers the value as it is now; `None` where there is no compare-and-swap.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn cas(&self, key: &str) -> impl Future<Output = Option<Result<Self::Cas>>> {
        let _ = key;
        std::future::ready(None)
    }
}

/// As [`CompareAndSwap`](crate::CompareAndSwap).
pub trait AsyncCompareAndSwap: Sized {
    /// The value the handle remembers.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn current(&self) -> impl Future<Output = Result<Option<Vec<u8>>>>;

    /// Swaps the value in if nothing was written since the handle was made: `None`. A failed swap gives
    /// a fresh handle.
    ///
    /// # Errors
    /// A store error; a lost race is not one.
    fn swap(self, value: &[u8]) -> impl Future<Output = Result<Option<Self>>>;
}

/// As [`Batch`](crate::Batch).
pub trait AsyncBatch {
    /// One answer per key, in the order asked: the key with its value, or `None` when it is absent.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn get_many(&self, keys: &[&str]) -> impl Future<Output = Result<Vec<Option<Pair>>>>;

    /// Sets all pairs; after an error some may be set.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn set_many(&self, pairs: &[(&str, &[u8])]) -> impl Future<Output = Result<()>>;

    /// Deletes all keys; after an error some may be deleted.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn delete_many(&self, keys: &[&str]) -> impl Future<Output = Result<()>>;
}

/// A capability that a store does not have. There is no value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotOffered {}

impl AsyncListing for NotOffered {
    async fn list_keys(&self, _cursor: Option<&str>) -> Result<KeyPage> {
        match *self {}
    }
}

impl AsyncAtomics for NotOffered {
    type Cas = NotOffered;

    async fn increment(&self, _key: &str, _delta: i64) -> Result<i128> {
        match *self {}
    }
}

impl AsyncCompareAndSwap for NotOffered {
    async fn current(&self) -> Result<Option<Vec<u8>>> {
        match *self {}
    }

    async fn swap(self, _value: &[u8]) -> Result<Option<Self>> {
        match self {}
    }
}

impl AsyncBatch for NotOffered {
    async fn get_many(&self, _keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        match *self {}
    }

    async fn set_many(&self, _pairs: &[(&str, &[u8])]) -> Result<()> {
        match *self {}
    }

    async fn delete_many(&self, _keys: &[&str]) -> Result<()> {
        match *self {}
    }
}
