//! A store behind `opendal::Operator`: any of its services.

use kvspec::{Bucket, Failure, Implementation, Result};
use opendal::{Error, ErrorKind, Operator};
use pollster::block_on;

use super::PathOf;

/// A store whose values are the objects of an operator.
pub(crate) struct Store {
    pub(crate) operator: Operator,
    pub(crate) path_of: PathOf,
}

struct Handle {
    operator: Operator,
    path_of: PathOf,
    bucket: String,
}

impl Implementation for Store {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let Self { operator, path_of } = self;
        Ok(Box::new(Handle { operator: operator.clone(), path_of: *path_of, bucket: name.to_owned() }))
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

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match block_on(self.operator.read(&self.path(key))) {
            Ok(value) => Ok(Some(value.to_vec())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        block_on(self.operator.write(&self.path(key), value.to_vec())).map(drop).map_err(failed)
    }

    fn delete(&self, key: &str) -> Result<()> {
        block_on(self.operator.delete(&self.path(key))).map_err(failed)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        block_on(self.operator.exists(&self.path(key))).map_err(failed)
    }
}
