//! The smallest correct store: maps in memory, every operation at once visible to all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::interface::{Bucket, Clock, Implementation, ManualClock, Result};

type Pairs = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// A store in memory that creates buckets on opening. Handles of one bucket share its data, which
/// lives as long as the store or any handle.
#[derive(Default)]
pub struct InMemory {
    buckets: RefCell<BTreeMap<String, Pairs>>,
    clock: ManualClock,
}

impl InMemory {
    /// A store without buckets.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Implementation for InMemory {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let pairs = self.buckets.borrow_mut().entry(name.to_owned()).or_default().clone();
        Ok(Box::new(Handle { pairs }))
    }

    /// Nothing here takes time, so nobody need wait.
    fn clock(&self) -> Option<&dyn Clock> {
        Some(&self.clock)
    }
}

struct Handle {
    pairs: Pairs,
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.pairs.borrow().get(key).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.pairs.borrow_mut().insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.pairs.borrow_mut().remove(key);
        Ok(())
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.pairs.borrow().contains_key(key))
    }
}
