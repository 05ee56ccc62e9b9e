//! Real threads: they find a race, and leave a store alone that has none.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kvspec::run::threads::search;
use kvspec::{Bucket, Declaration, Failure, Implementation, Result};

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
    assert!(failure.anomalies[0].requirement.as_str().starts_with("KVE-CON"), "{:?}", failure.anomalies);
}

/// Panics in every `get` of a key after so many, or fails everything with an error.
struct Odd {
    calls: Arc<AtomicU64>,
    mode: Mode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    PanicsInGet,
    PanicsInOpen,
    RefusesAll,
}

impl Implementation for Odd {
    fn open(&self, _name: &str) -> Result<Box<dyn Bucket>> {
        assert!(self.mode != Mode::PanicsInOpen, "no handles left");
        Ok(Box::new(Odd { calls: self.calls.clone(), mode: self.mode }))
    }
}

impl Odd {
    fn answer<T>(&self, answer: T) -> Result<T> {
        if self.mode == Mode::RefusesAll { Err(Failure::error("not today")) } else { Ok(answer) }
    }
}

impl Bucket for Odd {
    fn get(&self, _key: &str) -> Result<Option<Vec<u8>>> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(self.mode != Mode::PanicsInGet || call < 3, "index out of bounds");
        self.answer(None)
    }

    fn set(&self, _key: &str, _value: &[u8]) -> Result<()> {
        self.answer(())
    }

    fn delete(&self, _key: &str) -> Result<()> {
        self.answer(())
    }

    fn exists(&self, _key: &str) -> Result<bool> {
        self.answer(false)
    }
}

/// A thread that panics may not leave the others waiting for it.
#[test]
fn a_panic_of_one_session_ends_the_workload_as_a_trap() {
    kvspec::subject::native::silence_caught_panics();
    for (mode, said) in [(Mode::PanicsInGet, "index out of bounds"), (Mode::PanicsInOpen, "no handles left")] {
        let start = || Odd { calls: Arc::default(), mode };
        let failure = search(start, &at_once(), 1, 8).unwrap().expect("a panic is a violation");
        let anomaly = &failure.anomalies[0];
        assert_eq!(anomaly.requirement.as_str(), "KVE-ERR-01", "{anomaly:?}");
        assert!(anomaly.actual.contains(said), "{anomaly:?}");
    }
}

#[test]
fn a_store_that_cannot_be_made_is_a_trap() {
    let start = || -> CopyOnWrite { panic!("no such folder") };
    let failure = search(start, &at_once(), 1, 1).unwrap().expect("a panic is a violation");
    assert_eq!(failure.anomalies[0].requirement.as_str(), "KVE-ERR-01");
}

#[test]
fn a_store_that_answers_nothing_does_not_pass() {
    let start = || Odd { calls: Arc::default(), mode: Mode::RefusesAll };
    let why = search(start, &at_once(), 1, 8).unwrap_err();
    assert!(why.contains("nothing was compared"), "{why}");
}

#[test]
fn a_store_with_a_lock_passes() {
    assert!(search(store(false), &at_once(), 1, 50).unwrap().is_none());
}
