//! A store behind the trait of `object_store`. Backends that talk to a server need tokio: give such a
//! store by `on_tokio`.

use std::sync::Arc;

use kvspec::asynchronous::{AsyncBucket, AsyncImplementation};
use kvspec::{Failure, Result};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutPayload};

use super::PathOf;

/// A store whose values are objects.
pub(crate) struct Store {
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) path_of: PathOf,
}

pub(crate) struct Handle {
    objects: Arc<dyn ObjectStore>,
    path_of: PathOf,
    bucket: String,
}

impl AsyncImplementation for Store {
    type Bucket = Handle;

    async fn open(&self, name: &str) -> Result<Handle> {
        let Self { objects, path_of } = self;
        Ok(Handle { objects: objects.clone(), path_of: *path_of, bucket: name.to_owned() })
    }
}

impl Handle {
    fn path(&self, key: &str) -> Path {
        Path::from((self.path_of)(&self.bucket, key))
    }
}

fn failed(error: Error) -> Failure {
    Failure::error(error.to_string())
}

/// An object that is not there is no failure.
fn found<T>(result: object_store::Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

impl AsyncBucket for Handle {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let Some(answer) = found(self.objects.get(&self.path(key)).await)? else { return Ok(None) };
        let bytes = answer.bytes().await.map_err(failed)?;
        Ok(Some(bytes.to_vec()))
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let payload = PutPayload::from(value.to_vec());
        self.objects.put(&self.path(key), payload).await.map(drop).map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<()> {
        found(self.objects.delete(&self.path(key)).await).map(drop)
    }

    async fn exists(&self, key: &str) -> Result<bool> {
        found(self.objects.head(&self.path(key)).await).map(|head| head.is_some())
    }
}
