//! `store@0.2.0-draft`.

use std::io;

use crate::disk::Folder;
use exports::wasi::keyvalue::store::{Bucket, Error, Guest, GuestBucket, KeyResponse};

wit_bindgen::generate!({ path: "../../../wit/store-0.2.0-draft", world: "wasi:keyvalue/provider", generate_all });

struct Store;

fn other(error: io::Error) -> Error {
    Error::Other(error.to_string())
}

impl Guest for Store {
    type Bucket = Folder;

    fn open(identifier: String) -> Result<Bucket, Error> {
        Folder::open(&identifier).map(Bucket::new).map_err(other)
    }
}

impl GuestBucket for Folder {
    fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        Folder::get(self, &key).map_err(other)
    }

    fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        Folder::set(self, &key, value).map_err(other)
    }

    fn delete(&self, key: String) -> Result<(), Error> {
        Folder::delete(self, &key).map_err(other)
    }

    fn exists(&self, key: String) -> Result<bool, Error> {
        Ok(Folder::get(self, &key).map_err(other)?.is_some())
    }

    fn list_keys(&self, _cursor: Option<u64>) -> Result<KeyResponse, Error> {
        Ok(KeyResponse { keys: self.keys().map_err(other)?, cursor: None })
    }
}

export!(Store);
