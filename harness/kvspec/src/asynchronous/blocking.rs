//! An asynchronous store as one that is not.

use std::future::Future;
use std::sync::Arc;

use kvspec_reference::interface::{
    Atomics, Batch, Bucket, CompareAndSwap, Counter, Failure, Implementation, KeyPage, Listing, Pair, Result, Swap,
};

use super::interface::{AsyncAtomics, AsyncBatch, AsyncBucket, AsyncCompareAndSwap, AsyncImplementation, AsyncListing};

/// Waits for futures.
pub trait BlockOn {
    /// Runs a future to its end on this thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
}

/// An asynchronous store each of whose calls is waited for.
pub struct Blocking<S, R: BlockOn> {
    /// `None` only while it is dropped.
    store: Option<S>,
    runtime: Arc<R>,
}

impl<S, R: BlockOn> Blocking<S, R> {
    /// The store, and what waits for its futures.
    pub fn new(store: S, runtime: R) -> Self {
        Self { store: Some(store), runtime: Arc::new(runtime) }
    }
}

impl<S, R: BlockOn> Drop for Blocking<S, R> {
    fn drop(&mut self) {
        // Some clients need their runtime while they are dropped.
        let store = self.store.take();
        self.runtime.block_on(async move { drop(store) });
    }
}

impl<S: AsyncImplementation, R: BlockOn + 'static> Implementation for Blocking<S, R> {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let store = self.store.as_ref().expect("it is not dropped yet");
        let bucket = self.runtime.block_on(store.open(name))?;
        Ok(Box::new(Handle { inner: Some(bucket), runtime: self.runtime.clone() }))
    }
}

/// A handle of a bucket, or of a compare-and-swap.
struct Handle<T, R: BlockOn> {
    /// `None` only while it is dropped or used up.
    inner: Option<T>,
    runtime: Arc<R>,
}

impl<T, R: BlockOn> Handle<T, R> {
    fn inner(&self) -> &T {
        self.inner.as_ref().expect("it is not dropped yet")
    }
}

impl<T, R: BlockOn> Drop for Handle<T, R> {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            self.runtime.block_on(async move { drop(inner) });
        }
    }
}

impl<B: AsyncBucket + 'static, R: BlockOn + 'static> Bucket for Handle<B, R> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.runtime.block_on(self.inner().get(key))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.runtime.block_on(self.inner().set(key, value))
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.runtime.block_on(self.inner().delete(key))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.runtime.block_on(self.inner().exists(key))
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.inner().listing().map(|_| self as &dyn Listing)
    }

    fn atomics(&self) -> Option<&dyn Atomics> {
        self.inner().atomics().map(|_| self as &dyn Atomics)
    }

    fn batch(&self) -> Option<&dyn Batch> {
        self.inner().batch().map(|_| self as &dyn Batch)
    }
}

impl<B: AsyncBucket + 'static, R: BlockOn + 'static> Listing for Handle<B, R> {
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage> {
        let listing = offered(self.inner().listing())?;
        self.runtime.block_on(listing.list_keys(cursor))
    }

    fn has_text_cursor(&self) -> bool {
        self.inner().listing().is_none_or(AsyncListing::has_text_cursor)
    }
}

impl<B: AsyncBucket + 'static, R: BlockOn + 'static> Atomics for Handle<B, R> {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        let atomics = offered(self.inner().atomics())?;
        self.runtime.block_on(atomics.increment(key, delta))
    }

    fn counter(&self) -> Counter {
        self.inner().atomics().map_or(Counter::Signed, AsyncAtomics::counter)
    }

    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        let atomics = match offered(self.inner().atomics()) {
            Ok(atomics) => atomics,
            Err(failure) => return Some(Err(failure)),
        };
        let cas = self.runtime.block_on(atomics.cas(key))?;
        Some(cas.map(|cas| compare_and_swap(cas, &self.runtime)))
    }
}

fn compare_and_swap<C, R>(cas: C, runtime: &Arc<R>) -> Box<dyn CompareAndSwap>
where
    C: AsyncCompareAndSwap + 'static,
    R: BlockOn + 'static,
{
    Box::new(Handle { inner: Some(cas), runtime: runtime.clone() })
}

impl<C: AsyncCompareAndSwap + 'static, R: BlockOn + 'static> CompareAndSwap for Handle<C, R> {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        self.runtime.block_on(self.inner().current())
    }

    fn swap(mut self: Box<Self>, value: &[u8]) -> Result<Swap> {
        let cas = self.inner.take().expect("it is not dropped yet");
        let fresh = self.runtime.block_on(cas.swap(value))?;
        Ok(fresh.map_or(Swap::Done, |fresh| Swap::Failed(compare_and_swap(fresh, &self.runtime))))
    }
}

impl<B: AsyncBucket + 'static, R: BlockOn + 'static> Batch for Handle<B, R> {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        let batch = offered(self.inner().batch())?;
        self.runtime.block_on(batch.get_many(keys))
    }

    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        let batch = offered(self.inner().batch())?;
        self.runtime.block_on(batch.set_many(pairs))
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        let batch = offered(self.inner().batch())?;
        self.runtime.block_on(batch.delete_many(keys))
    }
}

/// A capability that was offered before, and is asked for.
fn offered<T>(capability: Option<T>) -> Result<T> {
    capability.ok_or_else(|| Failure::Trap("a capability that was offered is no longer".into()))
}
