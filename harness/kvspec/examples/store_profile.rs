//! A store of `store@0.2.0-draft2`, with all that it can offer.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard};

use kvspec::{
    Atomics, Batch, Bucket, CompareAndSwap, Conformance, Counter, Declaration, Failure, Implementation, KeyPage,
    Listing, Pair, Profile, Result, Swap,
};

type Pairs = BTreeMap<String, Vec<u8>>;

#[derive(Default)]
struct MyStore(Mutex<BTreeMap<String, MyBucket>>);

#[derive(Default, Clone)]
struct MyBucket(Arc<Mutex<Pairs>>);

impl Implementation for MyStore {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(self.0.lock().unwrap().entry(name.to_owned()).or_default().clone()))
    }
}

impl MyBucket {
    fn pairs(&self) -> MutexGuard<'_, Pairs> {
        self.0.lock().unwrap()
    }
}

impl Bucket for MyBucket {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.pairs().get(key).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.pairs().insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.pairs().remove(key);
        Ok(())
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.pairs().contains_key(key))
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

impl Listing for MyBucket {
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage> {
        let pairs = self.pairs();
        let mut rest = pairs.keys().filter(|key| cursor.is_none_or(|last| key.as_str() > last));
        let keys: Vec<String> = rest.by_ref().take(100).cloned().collect();
        let cursor = rest.next().and(keys.last()).cloned();
        Ok(KeyPage { keys, cursor })
    }
}

impl Atomics for MyBucket {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        let mut pairs = self.pairs();
        let number = match pairs.get(key) {
            None => Some(0),
            Some(value) => std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok()),
        };
        let sum = number.and_then(|number| number.checked_add(delta));
        let sum = sum.ok_or_else(|| Failure::error("no number, or an overflow"))?;
        pairs.insert(key.to_owned(), sum.to_string().into_bytes());
        Ok(sum.into())
    }

    fn counter(&self) -> Counter {
        Counter::Signed
    }

    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        Some(Ok(Box::new(Remembered {
            bucket: self.clone(),
            key: key.to_owned(),
            value: self.pairs().get(key).cloned(),
        })))
    }
}

struct Remembered {
    bucket: MyBucket,
    key: String,
    value: Option<Vec<u8>>,
}

impl CompareAndSwap for Remembered {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.value.clone())
    }

    fn swap(mut self: Box<Self>, value: &[u8]) -> Result<Swap> {
        let mut pairs = self.bucket.0.lock().unwrap();
        let now = pairs.get(&self.key).cloned();
        if now == self.value {
            pairs.insert(self.key.clone(), value.to_vec());
            return Ok(Swap::Done);
        }
        drop(pairs);
        self.value = now;
        Ok(Swap::Failed(self))
    }
}

impl Batch for MyBucket {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        let pairs = self.pairs();
        Ok(keys.iter().map(|&key| pairs.get(key).map(|value| (key.to_owned(), value.clone()))).collect())
    }

    fn set_many(&self, new: &[(&str, &[u8])]) -> Result<()> {
        self.pairs().extend(new.iter().map(|(key, value)| (String::from(*key), value.to_vec())));
        Ok(())
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        self.pairs().retain(|key, _| !keys.contains(&key.as_str()));
        Ok(())
    }
}

fn main() -> ExitCode {
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(0);
    Conformance::new(MyStore::default).profile(Profile::StoreDraft2).declaration(declaration).threads(true).main()
}
