//! A cache in the middle: it imports a store and exports one. What was written through it is known here,
//! deletes too, so that the store behind it may be late.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use exports::wasi::keyvalue::store::{Bucket, Error, Guest, GuestBucket, KeyResponse};
use wasi::keyvalue::store as behind;

wit_bindgen::generate!({ path: "../../../wit/store-0.2.0-draft", world: "wasi:keyvalue/middle", generate_all });

/// What is wrong with this cache, where something is: `KVSPEC_BUG`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// A delete goes to the store, and what is known here stays.
    ForgetsToDrop,
}

/// What was read or written, by bucket and key; `None`: deleted.
type Known = BTreeMap<(String, String), Option<Vec<u8>>>;

thread_local! {
    static BUG: Bug = match std::env::var("KVSPEC_BUG").as_deref() {
        Err(_) => Bug::None,
        Ok("forgets-to-drop") => Bug::ForgetsToDrop,
        Ok(other) => panic!("no bug is named {other}"),
    };
    static KNOWN: RefCell<Known> = RefCell::default();
}

struct Cache;

struct Cached {
    name: String,
    behind: behind::Bucket,
}

fn passed_on(error: behind::Error) -> Error {
    match error {
        behind::Error::NoSuchStore => Error::NoSuchStore,
        behind::Error::AccessDenied => Error::AccessDenied,
        behind::Error::Other(why) => Error::Other(why),
    }
}

impl Cached {
    fn known(&self, key: &str) -> Option<Option<Vec<u8>>> {
        KNOWN.with_borrow(|known| known.get(&(self.name.clone(), key.to_owned())).cloned())
    }

    /// Before the store is asked: whether it does what it answers an error to is not known.
    fn forget(&self, key: &str) {
        KNOWN.with_borrow_mut(|known| known.remove(&(self.name.clone(), key.to_owned())));
    }

    fn learn(&self, key: String, value: Option<Vec<u8>>) {
        KNOWN.with_borrow_mut(|known| known.insert((self.name.clone(), key), value));
    }

    /// All keys that the store lists, without the deleted ones, and those that it does not list yet.
    fn keys(&self) -> Result<BTreeSet<String>, Error> {
        let (mut keys, mut cursor) = (BTreeSet::new(), None);
        loop {
            let page = self.behind.list_keys(cursor).map_err(passed_on)?;
            keys.extend(page.keys);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        KNOWN.with_borrow(|known| {
            for ((_, key), value) in known.iter().filter(|((bucket, _), _)| *bucket == self.name) {
                match value {
                    Some(_) => keys.insert(key.clone()),
                    None => keys.remove(key),
                };
            }
        });
        Ok(keys)
    }
}

impl Guest for Cache {
    type Bucket = Cached;

    fn open(identifier: String) -> Result<Bucket, Error> {
        let behind = behind::open(&identifier).map_err(passed_on)?;
        Ok(Bucket::new(Cached { name: identifier, behind }))
    }
}

impl GuestBucket for Cached {
    fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        match self.known(&key) {
            Some(value) => Ok(value),
            None => self.behind.get(&key).map_err(passed_on),
        }
    }

    fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        self.forget(&key);
        self.behind.set(&key, &value).map_err(passed_on)?;
        self.learn(key, Some(value));
        Ok(())
    }

    fn delete(&self, key: String) -> Result<(), Error> {
        if BUG.with(|bug| *bug) == Bug::ForgetsToDrop {
            return self.behind.delete(&key).map_err(passed_on);
        }
        self.forget(&key);
        self.behind.delete(&key).map_err(passed_on)?;
        self.learn(key, None);
        Ok(())
    }

    fn exists(&self, key: String) -> Result<bool, Error> {
        match self.known(&key) {
            Some(value) => Ok(value.is_some()),
            None => self.behind.exists(&key).map_err(passed_on),
        }
    }

    fn list_keys(&self, _cursor: Option<u64>) -> Result<KeyResponse, Error> {
        Ok(KeyResponse { keys: self.keys()?.into_iter().collect(), cursor: None })
    }
}

export!(Cache);
