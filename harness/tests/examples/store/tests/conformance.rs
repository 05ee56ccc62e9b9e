//! A store of `eventual@0.1.0`.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use kvspec::{Bucket, Declaration, Implementation, Result};

#[derive(Default)]
struct MyStore(Rc<RefCell<BTreeMap<(String, String), Vec<u8>>>>);
struct MyBucket(String, MyStore);

impl Implementation for MyStore {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(MyBucket(name.to_owned(), MyStore(self.0.clone()))))
    }
}

impl MyBucket {
    fn full(&self, key: &str) -> (String, String) {
        (self.0.clone(), key.to_owned())
    }
}

impl Bucket for MyBucket {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.1.0.borrow().get(&self.full(key)).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.1.0.borrow_mut().insert(self.full(key), value.to_vec());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.1.0.borrow_mut().remove(&self.full(key));
        Ok(())
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.1.0.borrow().contains_key(&self.full(key)))
    }
}

fn declaration() -> Declaration {
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(0); // reads show a write at once
    declaration
}

kvspec::conformance!(MyStore::default, declaration());
