//! A store behind `opendal::Operator`. Services that talk to a server need tokio: give such a store by
//! `on_tokio`.

use kvspec::asynchronous::{AsyncBucket, AsyncImplementation};
use kvspec::{Failure, Result};
use opendal::{Error, ErrorKind, Operator};

use super::PathOf;

/// A store whose values are the objects of an operator.
pub(crate) struct Store {
    pub(crate) operator: Operator,
    pub(crate) path_of: PathOf,
}

pub(crate) struct Handle {
    operator: Operator,
    path_of: PathOf,
    bucket: String,
}

impl AsyncImplementation for Store {
    type Bucket = Handle;

    async fn open(&self, name: &str) -> Result<Handle> {
        let Self { operator, path_of } = self;
        Ok(Handle { operator: operator.clone(), path_of: *path_of, bucket: name.to_owned() })
    }
}

impl Handle {
    fn path(&self, key: &str) -> String {
        (self.path_of)(&self.bucket, key)
    }
}

fn failed(error: Error) -> Failure {
    Failure::error(error.to_string())
}

impl AsyncBucket for Handle {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match self.operator.read(&self.path(key)).await {
            Ok(value) => Ok(Some(value.to_vec())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.operator.write(&self.path(key), value.to_vec()).await.map(drop).map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.operator.delete(&self.path(key)).await.map_err(failed)
    }

    async fn exists(&self, key: &str) -> Result<bool> {
        self.operator.exists(&self.path(key)).await.map_err(failed)
    }
}
