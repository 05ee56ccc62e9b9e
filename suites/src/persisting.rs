//! Calls that are in no history: those that answer an error are made again where the declaration says that
//! this helps.

use kvspec_reference::interface::{Bucket, Clock, Implementation, IncomingValue, OutgoingValue, Result};
use kvspec_reference::workload::Persistence;
use kvspec_reference::workload::recorder::Recorder;

/// An implementation that is called with persistence, and no history is kept. Its buckets offer the four
/// operations alone.
pub(crate) struct Persisting<'a> {
    implementation: &'a dyn Implementation,
    recorder: Recorder<'a>,
}

impl<'a> Persisting<'a> {
    pub(crate) fn new(implementation: &'a dyn Implementation, clock: &'a dyn Clock, persistence: Persistence) -> Self {
        let recorder = Recorder::new(implementation, clock, "", std::time::Duration::ZERO).persisting(persistence);
        Self { implementation, recorder }
    }

    /// As [`Implementation::open`].
    ///
    /// # Errors
    /// As there, of the last try.
    pub(crate) fn open(&self, bucket: &str) -> Result<Box<dyn Bucket + 'a>> {
        let opened = self.persist(|| self.implementation.open(bucket))?;
        Ok(PersistingHandle::of(opened, bucket, &self.recorder))
    }

    /// As [`Implementation::outgoing_value`].
    ///
    /// # Errors
    /// As there, of the last try.
    pub(crate) fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        self.persist(|| self.implementation.outgoing_value())
    }

    /// As [`Implementation::restart`].
    pub(crate) fn restart(&self) -> Option<Result<()>> {
        self.implementation.restart()
    }

    fn persist<T>(&self, call: impl FnMut() -> Result<T>) -> Result<T> {
        self.recorder.persistence().persist(self.recorder.clock(), call)
    }
}

/// A handle that calls as the sessions of a recorder do.
pub(crate) struct PersistingHandle<'a> {
    handle: Box<dyn Bucket>,
    bucket: String,
    recorder: Recorder<'a>,
}

impl<'a> PersistingHandle<'a> {
    /// Makes one of a plain handle.
    pub(crate) fn of(handle: Box<dyn Bucket>, bucket: &str, recorder: &Recorder<'a>) -> Box<dyn Bucket + 'a> {
        Box::new(Self { handle, bucket: bucket.to_owned(), recorder: recorder.clone() })
    }

    fn persist<T>(&self, call: impl FnMut() -> Result<T>) -> Result<T> {
        self.recorder.persistence().persist(self.recorder.clock(), call)
    }

    fn write(&self, key: &str, mut write: impl FnMut() -> Result<()>) -> Result<()> {
        self.persist(|| {
            self.recorder.wait_to_write(&self.bucket, key);
            let result = write();
            self.recorder.was_written(&self.bucket, key);
            result
        })
    }
}

impl Bucket for PersistingHandle<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.persist(|| self.handle.get(key))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.write(key, || self.handle.set(key, value))
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.write(key, || self.handle.delete(key))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.persist(|| self.handle.exists(key))
    }

    fn get_value(&self, key: &str) -> Result<Option<Box<dyn IncomingValue>>> {
        self.persist(|| self.handle.get_value(key))
    }

    fn set_value(&self, key: &str, value: &dyn OutgoingValue) -> Result<()> {
        self.write(key, || self.handle.set_value(key, value))
    }
}
