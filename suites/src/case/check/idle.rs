//! A handle of no session: its calls are in no history, so those that answer an error are made again where
//! the declaration says that this helps.

use kvspec_reference::interface::{Bucket, IncomingValue, OutgoingValue, Result};
use kvspec_reference::workload::recorder::Recorder;

/// A handle that calls as the sessions of a recorder do.
pub(super) struct Idle<'a> {
    handle: Box<dyn Bucket>,
    bucket: String,
    recorder: Recorder<'a>,
}

impl<'a> Idle<'a> {
    /// Makes one of a plain handle.
    pub(super) fn handle(handle: Box<dyn Bucket>, bucket: &str, recorder: &Recorder<'a>) -> Box<dyn Bucket + 'a> {
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

impl Bucket for Idle<'_> {
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
