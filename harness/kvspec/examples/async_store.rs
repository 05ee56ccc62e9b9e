//! A store whose calls are asynchronous.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use kvspec::asynchronous::{AsyncBucket, AsyncImplementation, on_tokio};
use kvspec::{Conformance, Declaration, Result};

type Pairs = Arc<Mutex<BTreeMap<(String, String), Vec<u8>>>>;

struct MyStore(Pairs);
struct MyBucket(String, Pairs);

impl MyStore {
    async fn connect() -> Self {
        tokio::task::yield_now().await; // whatever a client does as it connects
        MyStore(Pairs::default())
    }
}

impl AsyncImplementation for MyStore {
    type Bucket = MyBucket;

    async fn open(&self, name: &str) -> Result<MyBucket> {
        Ok(MyBucket(name.to_owned(), self.0.clone()))
    }
}

impl MyBucket {
    async fn pairs(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), Vec<u8>>> {
        tokio::task::yield_now().await; // whatever a client does to ask its server
        self.1.lock().unwrap()
    }

    fn full(&self, key: &str) -> (String, String) {
        (self.0.clone(), key.to_owned())
    }
}

impl AsyncBucket for MyBucket {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.pairs().await.get(&self.full(key)).cloned())
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.pairs().await.insert(self.full(key), value.to_vec());
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.pairs().await.remove(&self.full(key));
        Ok(())
    }

    async fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.pairs().await.contains_key(&self.full(key)))
    }
}

fn main() -> ExitCode {
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(0); // reads show a write at once
    Conformance::new(on_tokio(MyStore::connect)).declaration(declaration).threads(true).main()
}
