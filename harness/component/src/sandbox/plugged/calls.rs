//! How the store that is plugged in is called.

use kvspec_reference::interface::{Bucket, ErrorKind, Failure};
use wasmtime::component::{ComponentType, Lift, Lower, Resource};
use wasmtime::{Result, StoreContextMut, bail};

use super::provider::Plugged;
use crate::sandbox::state::Sandbox;

/// A handle, by its number.
pub(super) struct PluggedBucket;

pub(super) type Of = Resource<PluggedBucket>;
pub(super) type Store<'a> = StoreContextMut<'a, Sandbox>;

/// `error` of `store`.
#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
pub(super) enum StoreError {
    #[component(name = "no-such-store")]
    NoSuchStore,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "other")]
    Other(String),
}

pub(super) type OrError<T> = std::result::Result<T, StoreError>;

/// What a component in the middle is answered.
fn answered<T>(result: kvspec_reference::interface::Result<T>) -> Result<OrError<T>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Failure::Error(error)) => Ok(Err(match error.kind {
            ErrorKind::NoSuchStore => StoreError::NoSuchStore,
            ErrorKind::AccessDenied => StoreError::AccessDenied,
            _ => StoreError::Other(error.trace),
        })),
        Err(Failure::Unanswered(why)) => Ok(Err(StoreError::Other(format!("no answer: {why}")))),
        Err(broken) => bail!("the plugged store: {broken}"),
    }
}

impl Sandbox {
    pub(super) fn plugged<T>(
        &mut self,
        call: impl FnOnce(&mut Plugged) -> kvspec_reference::interface::Result<T>,
    ) -> Result<OrError<T>> {
        let Some(plugged) = &mut self.plugged else { bail!("no store is plugged in") };
        answered(plugged.timed(&self.clock, call))
    }

    pub(super) fn in_bucket<T>(
        &mut self,
        of: &Of,
        call: impl FnOnce(&dyn Bucket) -> kvspec_reference::interface::Result<T>,
    ) -> Result<OrError<T>> {
        let number = of.rep();
        self.plugged(|plugged| match plugged.buckets.get(&number) {
            Some(bucket) => call(&**bucket),
            None => Err(Failure::Harness("a bucket that is gone".into())),
        })
    }

    /// What it keeps is the component's.
    pub(super) fn set_in_bucket(&mut self, of: &Of, key: &str, value: &[u8]) -> Result<OrError<()>> {
        self.keep(key.len() + value.len())?;
        self.in_bucket(of, |bucket| bucket.set(key, value))
    }

    /// # Errors
    /// When that is more than it may have.
    pub(super) fn keep(&mut self, bytes: usize) -> Result<()> {
        if self.memory.take(bytes) {
            return Ok(());
        }
        bail!("what it wrote into the plugged store is more than it may have in memory")
    }
}
