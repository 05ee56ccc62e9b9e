//! A store behind the trait of `object_store`: any of its backends.

use std::sync::Arc;

use kvspec::{Bucket, Failure, Implementation, Result};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutPayload};
use pollster::block_on;

use super::PathOf;

/// A store whose values are objects.
pub(crate) struct Store {
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) path_of: PathOf,
}

struct Handle {
    objects: Arc<dyn ObjectStore>,
    path_of: PathOf,
    bucket: String,
}

impl Implementation for Store {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let Self { objects, path_of } = self;
        Ok(Box::new(Handle { objects: objects.clone(), path_of: *path_of, bucket: name.to_owned() }))
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

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let Some(answer) = found(block_on(self.objects.get(&self.path(key))))? else { return Ok(None) };
        let bytes = block_on(answer.bytes()).map_err(failed)?;
        Ok(Some(bytes.to_vec()))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let payload = PutPayload::from(value.to_vec());
        block_on(self.objects.put(&self.path(key), payload)).map(drop).map_err(failed)
    }

    fn delete(&self, key: &str) -> Result<()> {
        found(block_on(self.objects.delete(&self.path(key)))).map(drop)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        found(block_on(self.objects.head(&self.path(key)))).map(|head| head.is_some())
    }
}
