//! The host as an implementation: calls go to the imports. There is but one host, so a fresh implementation is
//! the same one, emptied of what was set before.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

#[cfg(not(feature = "store-only"))]
use kvspec::{Atomics, Batch, Counter, Pair};
#[cfg(feature = "draft2")]
#[cfg(not(feature = "store-only"))]
use kvspec::{CompareAndSwap, Swap};
use kvspec::{Failure, Implementation, KeyPage, Listing, Profile, Result, Subject};

use crate::interface;

/// The host of this program.
#[derive(Default)]
pub(crate) struct Host {
    /// What was set, by bucket and key.
    touched: Touched,
    /// How long a deletion may take to show.
    bound: Cell<Duration>,
}

type Touched = Rc<RefCell<BTreeSet<(String, String)>>>;

impl Host {
    /// The same, whose deletions take so long to show.
    pub(crate) fn waiting(self, bound: Duration) -> Self {
        self.bound.set(bound);
        self
    }

    fn empty(&self) -> Result<()> {
        let touched = std::mem::take(&mut *self.touched.borrow_mut());
        let mut open: Option<(&str, interface::Bucket)> = None;
        for (name, key) in &touched {
            if open.as_ref().is_none_or(|(of, _)| of != name) {
                open = Some((name, interface::open(name)?));
            }
            let (_, bucket) = open.as_ref().expect("it was opened just now");
            bucket.delete(key)?;
        }
        if !touched.is_empty() {
            std::thread::sleep(self.bound.get());
        }
        Ok(())
    }
}

impl Subject for Host {
    fn start(&self, _: u64) -> Result<Box<dyn Implementation + '_>> {
        self.empty().map_err(|failure| Failure::Setup(format!("what was set before cannot be deleted: {failure}")))?;
        Ok(Box::new(Started { touched: Rc::clone(&self.touched) }))
    }

    fn profile(&self) -> Profile {
        interface::PROFILE
    }
}

struct Started {
    touched: Touched,
}

impl Implementation for Started {
    fn open(&self, name: &str) -> Result<Box<dyn kvspec::Bucket>> {
        let handle = interface::open(name)?;
        Ok(Box::new(Bucket { handle, name: name.to_owned(), touched: Rc::clone(&self.touched) }))
    }
}

struct Bucket {
    handle: interface::Bucket,
    name: String,
    touched: Touched,
}

impl Bucket {
    fn touch(&self, key: &str) {
        self.touched.borrow_mut().insert((self.name.clone(), key.to_owned()));
    }
}

impl kvspec::Bucket for Bucket {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.handle.get(key)?)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.touch(key);
        Ok(self.handle.set(key, value)?)
    }

    fn delete(&self, key: &str) -> Result<()> {
        Ok(self.handle.delete(key)?)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.handle.exists(key)?)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    #[cfg(not(feature = "store-only"))]
    fn atomics(&self) -> Option<&dyn Atomics> {
        Some(self)
    }

    #[cfg(not(feature = "store-only"))]
    fn batch(&self) -> Option<&dyn Batch> {
        Some(self)
    }
}

impl Listing for Bucket {
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage> {
        interface::list_keys(&self.handle, cursor)
    }

    fn has_text_cursor(&self) -> bool {
        interface::HAS_TEXT_CURSOR
    }
}

#[cfg(not(feature = "store-only"))]
impl Atomics for Bucket {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        self.touch(key);
        interface::atomics::increment(&self.handle, key, delta)
    }

    fn counter(&self) -> Counter {
        if cfg!(feature = "draft2") { Counter::Signed } else { Counter::Unsigned }
    }

    #[cfg(feature = "draft2")]
    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        self.touch(key);
        let made = interface::atomics::Cas::new(&self.handle, key);
        Some(made.map(|cas| Box::new(Cas(cas)) as Box<dyn CompareAndSwap>).map_err(Failure::from))
    }
}

#[cfg(not(feature = "store-only"))]
impl Batch for Bucket {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        interface::batch::get_many(&self.handle, &owned(keys))
    }

    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        pairs.iter().for_each(|(key, _)| self.touch(key));
        let pairs: Vec<Pair> = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.to_vec())).collect();
        interface::batch::set_many(&self.handle, &pairs)
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        interface::batch::delete_many(&self.handle, &owned(keys))
    }
}

#[cfg(not(feature = "store-only"))]
fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[cfg(all(feature = "draft2", not(feature = "store-only")))]
struct Cas(interface::atomics::Cas);

#[cfg(all(feature = "draft2", not(feature = "store-only")))]
impl CompareAndSwap for Cas {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.0.current()?)
    }

    fn swap(self: Box<Self>, value: &[u8]) -> Result<Swap> {
        use interface::atomics::CasError;
        match interface::atomics::swap(self.0, value) {
            Ok(()) => Ok(Swap::Done),
            Err(CasError::CasFailed(again)) => Ok(Swap::Failed(Box::new(Cas(again)))),
            Err(CasError::StoreError(error)) => Err(error.into()),
        }
    }
}
