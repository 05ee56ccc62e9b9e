//! A correct store of `store@0.2.0-draft2` with a hook at each place where real ones break. It lists
//! in pages of [`PAGE_KEYS`] keys, so that paging is exercised, and keeps counters in decimal.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use kvspec_reference::interface::{
    Atomics, Batch, Bucket, Clock, CompareAndSwap, Counter, Failure, Implementation, KeyPage, Listing, ManualClock,
    Pair, Result, Swap,
};

/// How many keys a page holds.
pub(crate) const PAGE_KEYS: usize = 64;
/// The buckets there are; no other opens.
pub(crate) const BUCKETS: [&str; 2] = ["bucket-a", "bucket-b"];

/// What all handles share.
#[derive(Default)]
pub(crate) struct Core {
    pub(crate) buckets: RefCell<BTreeMap<String, BTreeMap<String, Vec<u8>>>>,
    /// How often each register was written.
    pub(crate) versions: RefCell<BTreeMap<(String, String), u64>>,
    /// What a hook keeps beside the data.
    pub(crate) aside: RefCell<BTreeMap<String, Vec<u8>>>,
    /// Counts whatever a hook counts.
    pub(crate) count: Cell<u64>,
    /// The clock that hooks live by which do something later.
    pub(crate) clock: ManualClock,
}

/// One bucket as a handle sees it.
pub(crate) struct Place {
    pub(crate) core: Rc<Core>,
    pub(crate) bucket: String,
    /// The session whose handle it is, where it was opened for one; else 0.
    pub(crate) session: u16,
    pub(crate) hooks: &'static Hooks,
    /// What a hook keeps in the handle.
    pub(crate) own: RefCell<BTreeMap<String, Vec<u8>>>,
}

type Answers = Vec<Option<Pair>>;
type Pairs<'p> = [(&'p str, &'p [u8])];

/// One function per place where real stores break. [`CORRECT`] has the right one in each.
pub(crate) struct Hooks {
    pub(crate) open: fn(&Place) -> Result<()>,
    pub(crate) get: fn(&Place, &str) -> Result<Option<Vec<u8>>>,
    pub(crate) exists: fn(&Place, &str) -> Result<bool>,
    pub(crate) set: fn(&Place, &str, &[u8]) -> Result<()>,
    pub(crate) delete: fn(&Place, &str) -> Result<()>,
    pub(crate) list: fn(&Place, Option<&str>) -> Result<KeyPage>,
    pub(crate) increment: fn(&Place, &str, i64) -> Result<i128>,
    pub(crate) counter: Counter,
    /// What a compare-and-swap remembers of the key.
    pub(crate) remember: fn(&Place, &str) -> Memory,
    pub(crate) swap: fn(&Remembered, &[u8]) -> Result<bool>,
    /// What the handle of a failed swap remembers.
    pub(crate) renew: fn(&Remembered) -> Memory,
    pub(crate) get_many: fn(&Place, &[&str]) -> Result<Answers>,
    pub(crate) set_many: fn(&Place, &Pairs<'_>) -> Result<()>,
    pub(crate) delete_many: fn(&Place, &[&str]) -> Result<()>,
}

/// The state of a key at one time.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) version: u64,
}

/// A compare-and-swap under way.
pub(crate) struct Remembered {
    pub(crate) place: Rc<Place>,
    pub(crate) key: String,
    pub(crate) memory: Memory,
}

/// A correct store.
pub(crate) const CORRECT: Hooks = Hooks {
    open: |place| match BUCKETS.contains(&place.bucket.as_str()) {
        true => Ok(()),
        false => Err(Failure::no_such_store("")),
    },
    get: |place, key| Ok(place.value(key)),
    exists: |place, key| Ok(place.value(key).is_some()),
    set: |place, key, value| {
        place.write(key, Some(value.to_vec()));
        Ok(())
    },
    delete: |place, key| {
        place.write(key, None);
        Ok(())
    },
    list: |place, cursor| Ok(page_after(&place.keys(), cursor)),
    increment: |place, key, delta| {
        let number = number_of(place.value(key).as_deref())?;
        let sum = number.checked_add(delta).ok_or_else(|| Failure::error("overflow"))?;
        place.write(key, Some(sum.to_string().into_bytes()));
        Ok(sum.into())
    },
    counter: Counter::Signed,
    remember: Place::memory,
    swap: |cas, value| {
        let current = cas.place.memory(&cas.key).version == cas.memory.version;
        if current {
            cas.place.write(&cas.key, Some(value.to_vec()));
        }
        Ok(current)
    },
    renew: |cas| cas.place.memory(&cas.key),
    get_many: |place, keys| {
        let answer =
            |key: &&str| (place.hooks.get)(place, key).map(|value| value.map(|value| ((*key).to_owned(), value)));
        keys.iter().map(answer).collect()
    },
    set_many: |place, pairs| pairs.iter().try_for_each(|(key, value)| (place.hooks.set)(place, key, value)),
    delete_many: |place, keys| keys.iter().try_for_each(|key| (place.hooks.delete)(place, key)),
};

/// The page of sorted keys that come after the cursor, which is the last key of the page before.
pub(crate) fn page_after(keys: &[String], cursor: Option<&str>) -> KeyPage {
    let rest = keys.iter().filter(|key| cursor.is_none_or(|cursor| key.as_str() > cursor));
    let page: Vec<String> = rest.clone().take(PAGE_KEYS).cloned().collect();
    let cursor = if rest.count() > page.len() { page.last().cloned() } else { None };
    KeyPage { keys: page, cursor }
}

/// The number that a value is: absent is 0.
pub(crate) fn number_of(value: Option<&[u8]>) -> Result<i64> {
    let Some(value) = value else { return Ok(0) };
    let text = std::str::from_utf8(value).ok();
    text.and_then(|text| text.parse().ok()).ok_or_else(|| Failure::error("not a number"))
}

impl Place {
    /// The state of a key, past all hooks.
    pub(crate) fn value(&self, key: &str) -> Option<Vec<u8>> {
        self.core.buckets.borrow().get(&self.bucket)?.get(key).cloned()
    }

    /// Writes a state, past all hooks.
    pub(crate) fn write(&self, key: &str, state: Option<Vec<u8>>) {
        *self.core.versions.borrow_mut().entry((self.bucket.clone(), key.to_owned())).or_default() += 1;
        let mut buckets = self.core.buckets.borrow_mut();
        let pairs = buckets.entry(self.bucket.clone()).or_default();
        match state {
            Some(value) => pairs.insert(key.to_owned(), value),
            None => pairs.remove(key),
        };
    }

    /// The keys of the bucket, sorted.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.core.buckets.borrow().get(&self.bucket).into_iter().flat_map(BTreeMap::keys).cloned().collect()
    }

    /// What a correct compare-and-swap remembers.
    pub(crate) fn memory(&self, key: &str) -> Memory {
        let versions = self.core.versions.borrow();
        let version = versions.get(&(self.bucket.clone(), key.to_owned())).copied().unwrap_or(0);
        Memory { value: self.value(key), version }
    }

    /// Adds one to the common count; whether it is now a multiple of `n`.
    pub(crate) fn every(&self, n: u64) -> bool {
        self.core.count.set(self.core.count.get() + 1);
        self.core.count.get().is_multiple_of(n)
    }
}

/// A fresh store with these hooks.
pub(crate) fn with(hooks: &'static Hooks) -> Box<dyn Implementation> {
    Box::new(Store { core: Rc::default(), hooks })
}

struct Store {
    core: Rc<Core>,
    hooks: &'static Hooks,
}

impl Implementation for Store {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        self.open_as(0, name)
    }

    fn open_as(&self, session: u16, name: &str) -> Result<Box<dyn Bucket>> {
        let (core, bucket, hooks) = (self.core.clone(), name.to_owned(), self.hooks);
        let place = Place { core, bucket, session, hooks, own: RefCell::default() };
        (self.hooks.open)(&place)?;
        Ok(Box::new(Handle(Rc::new(place))))
    }

    fn clock(&self) -> Option<&dyn Clock> {
        Some(&self.core.clock)
    }
}

struct Handle(Rc<Place>);

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        (self.0.hooks.get)(&self.0, key)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        (self.0.hooks.set)(&self.0, key, value)
    }

    fn delete(&self, key: &str) -> Result<()> {
        (self.0.hooks.delete)(&self.0, key)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        (self.0.hooks.exists)(&self.0, key)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn atomics(&self) -> Option<&dyn Atomics> {
        Some(self)
    }

    fn batch(&self) -> Option<&dyn Batch> {
        Some(self)
    }
}

impl Listing for Handle {
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage> {
        (self.0.hooks.list)(&self.0, cursor)
    }
}

impl Atomics for Handle {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        (self.0.hooks.increment)(&self.0, key, delta)
    }

    fn counter(&self) -> Counter {
        self.0.hooks.counter
    }

    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        let memory = (self.0.hooks.remember)(&self.0, key);
        Some(Ok(Box::new(Remembered { place: self.0.clone(), key: key.to_owned(), memory })))
    }
}

impl CompareAndSwap for Remembered {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.memory.value.clone())
    }

    fn swap(self: Box<Self>, value: &[u8]) -> Result<Swap> {
        let hooks = self.place.hooks;
        if (hooks.swap)(&self, value)? {
            return Ok(Swap::Done);
        }
        let memory = (hooks.renew)(&self);
        Ok(Swap::Failed(Box::new(Remembered { memory, ..*self })))
    }
}

impl Batch for Handle {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        (self.0.hooks.get_many)(&self.0, keys)
    }

    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        (self.0.hooks.set_many)(&self.0, pairs)
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        (self.0.hooks.delete_many)(&self.0, keys)
    }
}
