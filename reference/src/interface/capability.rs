//! What a bucket may offer beyond the four operations: listing, numbers and swaps, batches.

use super::failure::Result;

/// The page of keys that `list-keys` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPage {
    /// Keys in no particular order.
    pub keys: Vec<String>,
    /// Where the next page begins; `None` after the last. A u64 cursor is written in decimal.
    pub cursor: Option<String>,
}

/// `list-keys` of `store@0.2.0`.
pub trait Listing {
    /// One page of keys, from the start or from a cursor of an earlier page.
    ///
    /// # Errors
    /// An odd cursor is an error, never a trap.
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage>;

    /// Whether a cursor may be any text; else it is a u64 in decimal.
    fn has_text_cursor(&self) -> bool {
        true
    }
}

/// The type of number that `increment` adds and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// u64, as in `store@0.2.0-draft`: no delta is below 0.
    Unsigned,
    /// s64, as in `store@0.2.0-draft2`.
    Signed,
}

/// `increment` and, where the profile has it, compare-and-swap.
pub trait Atomics {
    /// Adds `delta` and gives the new number, within the range of [`Atomics::counter`]; an absent
    /// key counts as 0.
    ///
    /// # Errors
    /// A value that is no number, or an overflow. [`Failure::Harness`](super::Failure::Harness) for
    /// a delta that the type has no room for.
    fn increment(&self, key: &str, delta: i64) -> Result<i128>;

    /// The type of the number.
    fn counter(&self) -> Counter {
        Counter::Signed
    }

    /// `cas.new` of draft2: a handle that remembers the value as it is now. `None` where the
    /// profile has no such resource.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        let _ = key;
        None
    }
}

/// The `cas` resource of `store@0.2.0-draft2`.
pub trait CompareAndSwap {
    /// The value the handle remembers.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn current(&self) -> Result<Option<Vec<u8>>>;

    /// Swaps the value in if nothing was written since the handle was made. A failed swap gives a
    /// fresh handle.
    ///
    /// # Errors
    /// A store error; a lost race is not one.
    fn swap(self: Box<Self>, value: &[u8]) -> Result<Swap>;
}

/// How a swap ended.
pub enum Swap {
    /// The value was swapped in.
    Done,
    /// Something was written since; the handle to try again with.
    Failed(Box<dyn CompareAndSwap>),
}

/// A key with its value.
pub type Pair = (String, Vec<u8>);

/// Operations on many keys; not atomic.
pub trait Batch {
    /// One answer per key, in the order asked: the key with its value, or `None` when it is absent.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>>;

    /// Sets all pairs; after an error some may be set.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()>;

    /// Deletes all keys; after an error some may be deleted.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn delete_many(&self, keys: &[&str]) -> Result<()>;
}
