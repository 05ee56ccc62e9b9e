//! A store under test, and where fresh ones come from.

use super::bucket::Bucket;
use super::buffered::BufferedOutgoing;
use super::clock::Clock;
use super::failure::{Failure, Result};
use super::value::OutgoingValue;
use crate::profile::Profile;

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

    /// As [`Implementation::outgoing_value`], of the instance or process that serves this session, as
    /// [`Implementation::open_as`] has it.
    ///
    /// # Errors
    /// As [`Implementation::outgoing_value`].
    fn outgoing_value_as(&self, session: u16) -> Result<Box<dyn OutgoingValue>> {
        let _ = session;
        self.outgoing_value()
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
/// [`fresh`](super::fresh()) makes one of a function.
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
