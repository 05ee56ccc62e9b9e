//! Real threads on stores of `store@0.2.0-draft2`: increments that get lost and swaps that win twice are found, and
//! a store that does each at one instant is left alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use kvspec::run::threads::{Concurrency, explore};
use kvspec::{
    Atomics, Batch, Bucket, CompareAndSwap, Counter, Declaration, Failure, Implementation, KeyPage, Listing, Pair,
    Profile, Result, Swap,
};
use kvspec_suites::Verdict;

/// What is done in two steps, so that another thread can come between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Racy {
    Nothing,
    Increment,
    Swap,
}

type Pairs = BTreeMap<(String, String), Vec<u8>>;

struct Store {
    pairs: Arc<Mutex<Pairs>>,
    racy: Racy,
}

#[derive(Clone)]
struct Handle {
    pairs: Arc<Mutex<Pairs>>,
    bucket: String,
    racy: Racy,
}

impl Implementation for Store {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(Handle { pairs: self.pairs.clone(), bucket: name.into(), racy: self.racy }))
    }
}

impl Handle {
    fn pairs(&self) -> MutexGuard<'_, Pairs> {
        self.pairs.lock().unwrap()
    }

    fn name(&self, key: &str) -> (String, String) {
        (self.bucket.clone(), key.to_owned())
    }

    /// Looks at a value and then changes it; another thread can come between where this is racy.
    fn change<T>(
        &self,
        key: &str,
        what: Racy,
        decide: impl Fn(Option<&Vec<u8>>) -> Result<(Option<Vec<u8>>, T)>,
    ) -> Result<T> {
        let mut pairs = self.pairs();
        let (new, answer) = decide(pairs.get(&self.name(key)))?;
        if self.racy == what {
            drop(pairs);
            // Lets the other threads in, as a slow disk would.
            (0..50).for_each(|_| std::thread::yield_now());
            pairs = self.pairs();
        }
        new.map(|new| pairs.insert(self.name(key), new));
        Ok(answer)
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.pairs().get(&self.name(key)).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.pairs().insert(self.name(key), value.to_vec());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.pairs().remove(&self.name(key));
        Ok(())
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.pairs().contains_key(&self.name(key)))
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
        let pairs = self.pairs();
        let of_bucket = pairs.keys().filter(|(bucket, _)| *bucket == self.bucket).map(|(_, key)| key);
        let mut rest = of_bucket.filter(|key| cursor.is_none_or(|last| key.as_str() > last));
        let keys: Vec<String> = rest.by_ref().take(50).cloned().collect();
        let cursor = rest.next().and(keys.last()).cloned();
        Ok(KeyPage { keys, cursor })
    }
}

fn number_of(value: Option<&Vec<u8>>) -> Option<i64> {
    value.map_or(Some(0), |value| std::str::from_utf8(value).ok()?.parse().ok())
}

impl Atomics for Handle {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        self.change(key, Racy::Increment, |value| {
            let sum = number_of(value).and_then(|number| number.checked_add(delta));
            let sum = sum.ok_or_else(|| Failure::error("no number, or an overflow"))?;
            Ok((Some(sum.to_string().into_bytes()), sum.into()))
        })
    }

    fn counter(&self) -> Counter {
        Counter::Signed
    }

    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        let base = self.pairs().get(&self.name(key)).cloned();
        Some(Ok(Box::new(Remembered { handle: self.clone(), key: key.to_owned(), base })))
    }
}

struct Remembered {
    handle: Handle,
    key: String,
    base: Option<Vec<u8>>,
}

impl CompareAndSwap for Remembered {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.base.clone())
    }

    fn swap(mut self: Box<Self>, value: &[u8]) -> Result<Swap> {
        let now = self.handle.change(&self.key, Racy::Swap, |now| {
            let is_same = now == self.base.as_ref();
            Ok(if is_same { (Some(value.to_vec()), None) } else { (None, Some(now.cloned())) })
        })?;
        match now {
            None => Ok(Swap::Done),
            Some(now) => {
                self.base = now;
                Ok(Swap::Failed(self))
            }
        }
    }
}

impl Batch for Handle {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        keys.iter().map(|&key| Ok(self.get(key)?.map(|value| (key.to_owned(), value)))).collect()
    }

    fn set_many(&self, new: &[(&str, &[u8])]) -> Result<()> {
        new.iter().try_for_each(|(key, value)| self.set(key, value))
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        keys.iter().try_for_each(|key| self.delete(key))
    }
}

fn explored(racy: Racy, count: u64) -> Concurrency {
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(0);
    let start = || Ok(Store { pairs: Arc::default(), racy });
    explore(start, Profile::StoreDraft2, &declaration, 1, count, |_| true)
}

#[test]
fn increments_that_get_lost_are_found() {
    // Far more than are needed: the chance that none of them meets the race is nil.
    let failure = explored(Racy::Increment, 2_000).failure.expect("lost increments are found");
    assert!(failure.anomalies[0].requirement.as_str().starts_with("KVS-INC"), "{:?}", failure.anomalies);
}

#[test]
fn swaps_that_win_twice_are_found() {
    let failure = explored(Racy::Swap, 2_000).failure.expect("two winners are found");
    let requirement = failure.anomalies[0].requirement.as_str();
    // The winner that came later may also be seen to have lost what was set between.
    assert!(requirement.starts_with("KVS-CAS") || requirement == "KVE-CON-02", "{:?}", failure.anomalies);
}

#[test]
fn a_store_that_does_each_at_one_instant_passes() {
    let explored = explored(Racy::Nothing, 100);
    assert!(explored.failure.is_none(), "{:?}", explored.failure);
    assert_eq!((explored.verdict(), explored.workloads), (Verdict::Pass, 100));
}
