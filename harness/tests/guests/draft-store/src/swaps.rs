//! Compare-and-swap.

use crate::bug::Bug;
use crate::exports::wasi::keyvalue::{atomics, store};
use crate::{Bucket, Shared, bug};
use store::Error;

/// A compare-and-swap under way.
pub(crate) struct Swapping {
    pairs: Shared,
    key: String,
    /// The value to begin with, and how many writes the key had seen.
    base: Option<Vec<u8>>,
    writes: u64,
}

impl Swapping {
    fn begun(pairs: Shared, key: String) -> Self {
        let base = pairs.borrow_mut().get(&key);
        let writes = pairs.borrow().writes.get(&key).copied().unwrap_or(0);
        Self { pairs, key, base, writes }
    }
}

impl atomics::GuestCas for Swapping {
    fn new(bucket: store::BucketBorrow<'_>, key: String) -> Result<atomics::Cas, Error> {
        Ok(atomics::Cas::new(Swapping::begun(bucket.get::<Bucket>().0.clone(), key)))
    }

    fn current(&self) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.base.clone())
    }
}

pub(crate) fn swap(cas: atomics::Cas, value: Vec<u8>) -> Result<(), atomics::CasError> {
    let Swapping { pairs, key, writes, .. } = cas.get();
    let (pairs, key, writes) = (pairs.clone(), key.clone(), *writes);
    if bug() == Bug::ForgetsSwaps {
        std::mem::forget(cas);
    }
    let is_same = pairs.borrow().writes.get(&key).copied().unwrap_or(0) == writes;
    if is_same || bug() == Bug::SwapIgnoresBase {
        pairs.borrow_mut().write(key, Some(value));
        return Ok(());
    }
    Err(atomics::CasError::CasFailed(atomics::Cas::new(Swapping::begun(pairs, key))))
}
