//! Real threads: they find a race, and leave a store alone that has none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use kvspec::run::threads::search;
use kvspec::{Bucket, Declaration, Implementation, Result};

type Pairs = BTreeMap<(String, String), Vec<u8>>;

/// A store that copies all pairs, changes the copy and puts it back; `is_racy` does so without
/// holding the lock in between, so that writes of others get lost.
struct CopyOnWrite {
    pairs: Arc<Mutex<Pairs>>,
    is_racy: bool,
}

struct Handle {
    pairs: Arc<Mutex<Pairs>>,
    bucket: String,
    is_racy: bool,
}

impl Implementation for CopyOnWrite {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(Handle { pairs: self.pairs.clone(), bucket: name.into(), is_racy: self.is_racy }))
    }
}

impl Handle {
    fn change(&self, change: impl FnOnce(&mut Pairs)) {
        if !self.is_racy {
            return change(&mut self.pairs.lock().unwrap());
        }
        let mut copy = self.pairs.lock().unwrap().clone();
        // Lets the other threads in, as a slow disk would.
        (0..50).for_each(|_| std::thread::yield_now());
        change(&mut copy);
        *self.pairs.lock().unwrap() = copy;
    }

    fn name(&self, key: &str) -> (String, String) {
        (self.bucket.clone(), key.to_owned())
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.pairs.lock().unwrap().get(&self.name(key)).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.change(|pairs| drop(pairs.insert(self.name(key), value.to_vec())));
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.change(|pairs| drop(pairs.remove(&self.name(key))));
        Ok(())
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.pairs.lock().unwrap().contains_key(&self.name(key)))
    }
}

fn at_once() -> Declaration {
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(0);
    declaration
}

fn store(is_racy: bool) -> impl Fn() -> CopyOnWrite {
    move || CopyOnWrite { pairs: Arc::default(), is_racy }
}

#[test]
fn a_race_is_found() {
    // Far more than are needed: the chance that none of them meets the race is nil.
    let failure = search(store(true), &at_once(), 1, 2_000).unwrap().expect("lost writes are found");
    assert!(failure.anomalies[0].requirement.starts_with("KVE-CON"), "{:?}", failure.anomalies);
}

#[test]
fn a_store_with_a_lock_passes() {
    assert!(search(store(false), &at_once(), 1, 50).unwrap().is_none());
}
