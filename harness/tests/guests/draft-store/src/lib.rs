//! An in-memory store of `store@0.2.0`, with `atomics` and `batch`, as a component.

mod bug;
#[cfg(feature = "draft2")]
mod swaps;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use bug::Bug;
use exports::wasi::keyvalue::{atomics, batch, store};
use store::Error;

#[cfg(not(feature = "draft2"))]
wit_bindgen::generate!({ path: "../../../wit/store-0.2.0-draft", world: "wasi:keyvalue/exports" });
#[cfg(feature = "draft2")]
wit_bindgen::generate!({ path: "../../../wit/store-0.2.0-draft2", world: "wasi:keyvalue/exports" });

/// What a cursor is, and what increments add.
#[cfg(not(feature = "draft2"))]
type Cursor = u64;
#[cfg(feature = "draft2")]
type Cursor = String;
#[cfg(not(feature = "draft2"))]
type Number = u64;
#[cfg(feature = "draft2")]
type Number = i64;

/// How many keys a page has.
const PAGE_KEYS: usize = 100;

type Shared = Rc<RefCell<Pairs>>;

#[derive(Default)]
struct Pairs {
    values: BTreeMap<String, Vec<u8>>,
    /// How many writes each key has seen.
    writes: BTreeMap<String, u64>,
    /// The last key of the listing that nothing followed.
    just_listed: Option<String>,
}

thread_local! {
    static BUCKETS: RefCell<BTreeMap<String, Shared>> = RefCell::default();
    static BUG: Bug = Bug::from_environment();
}

fn bug() -> Bug {
    BUG.with(|bug| *bug)
}

impl Pairs {
    fn write(&mut self, key: String, value: Option<Vec<u8>>) {
        let listed = self.just_listed.take();
        if bug().loses(&key) {
            return;
        }
        *self.writes.entry(key.clone()).or_default() += 1;
        match value {
            Some(value) => drop(self.values.insert(key, value)),
            None if bug() == Bug::DeleteAfterListIgnored && listed.as_ref() == Some(&key) => {}
            None => drop(self.values.remove(&key)),
        }
    }

    fn get(&mut self, key: &str) -> Option<Vec<u8>> {
        self.just_listed = None;
        self.values.get(key).cloned()
    }

    /// The keys behind this one, or all; and the last of them, where there are more.
    fn page(&mut self, after: Option<&str>) -> (Vec<String>, Option<String>) {
        bug().before_list(self.values.keys());
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = self.values.range::<str, _>((start, Bound::Unbounded)).map(|(key, _)| key);
        let keys: Vec<String> = rest.by_ref().take(PAGE_KEYS).cloned().collect();
        let has_more = rest.next().is_some();
        self.just_listed = keys.last().cloned();
        let cursor = keys.last().filter(|_| has_more).cloned();
        (keys, cursor)
    }
}

struct Store;
struct Bucket(Shared);

impl store::Guest for Store {
    type Bucket = Bucket;

    fn open(identifier: String) -> Result<store::Bucket, Error> {
        let pairs = BUCKETS.with_borrow_mut(|buckets| buckets.entry(identifier).or_default().clone());
        Ok(store::Bucket::new(Bucket(pairs)))
    }
}

impl store::GuestBucket for Bucket {
    fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.borrow_mut().get(&key))
    }

    fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        self.0.borrow_mut().write(key, Some(value));
        Ok(())
    }

    fn delete(&self, key: String) -> Result<(), Error> {
        self.0.borrow_mut().write(key, None);
        Ok(())
    }

    fn exists(&self, key: String) -> Result<bool, Error> {
        Ok(self.0.borrow_mut().get(&key).is_some())
    }

    #[cfg(feature = "draft2")]
    fn list_keys(&self, cursor: Option<Cursor>) -> Result<store::KeyResponse, Error> {
        let (keys, cursor) = self.0.borrow_mut().page(cursor.as_deref());
        Ok(store::KeyResponse { keys, cursor })
    }

    /// A number says how many keys come before.
    #[cfg(not(feature = "draft2"))]
    fn list_keys(&self, cursor: Option<Cursor>) -> Result<store::KeyResponse, Error> {
        let mut pairs = self.0.borrow_mut();
        let before = cursor.unwrap_or(0) as usize;
        let after = before.checked_sub(1).map(|last| pairs.values.keys().nth(last).cloned().unwrap_or_default());
        let (keys, last) = pairs.page(after.as_deref());
        let cursor = last.map(|_| (before + keys.len()) as u64);
        Ok(store::KeyResponse { keys, cursor })
    }
}

impl atomics::Guest for Store {
    #[cfg(feature = "draft2")]
    type Cas = swaps::Swapping;

    fn increment(bucket: store::BucketBorrow<'_>, key: String, delta: Number) -> Result<Number, Error> {
        let mut pairs = bucket.get::<Bucket>().0.borrow_mut();
        let number = match pairs.get(&key) {
            None => 0,
            Some(value) => {
                let number = str::from_utf8(&value).ok().and_then(|text| text.parse::<Number>().ok());
                number.ok_or_else(|| Error::Other("it is no number".into()))?
            }
        };
        let sum = bug().kept(i128::from(number) + i128::from(delta));
        let sum = Number::try_from(sum).map_err(|_| Error::Other("the sum is too large".into()))?;
        pairs.write(key, Some(sum.to_string().into_bytes()));
        Ok(sum)
    }

    #[cfg(feature = "draft2")]
    fn swap(cas: atomics::Cas, value: Vec<u8>) -> Result<(), atomics::CasError> {
        swaps::swap(cas, value)
    }
}

impl batch::Guest for Store {
    fn get_many(bucket: store::BucketBorrow<'_>, keys: Vec<String>) -> Result<Vec<Option<(String, Vec<u8>)>>, Error> {
        bug().before_batch(&keys);
        let mut pairs = bucket.get::<Bucket>().0.borrow_mut();
        Ok(keys.into_iter().map(|key| pairs.get(&key).map(|value| (key, value))).collect())
    }

    fn set_many(bucket: store::BucketBorrow<'_>, key_values: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let mut pairs = bucket.get::<Bucket>().0.borrow_mut();
        key_values.into_iter().for_each(|(key, value)| pairs.write(key, Some(value)));
        Ok(())
    }

    fn delete_many(bucket: store::BucketBorrow<'_>, keys: Vec<String>) -> Result<(), Error> {
        bug().before_batch(&keys);
        let mut pairs = bucket.get::<Bucket>().0.borrow_mut();
        bug().deleted(keys).into_iter().for_each(|key| pairs.write(key, None));
        Ok(())
    }
}

export!(Store);
