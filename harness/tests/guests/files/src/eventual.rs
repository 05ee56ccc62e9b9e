//! `eventual@0.1.0`, without streams.

use std::cell::RefCell;
use std::io;

use crate::disk::{Folder, ROOT};
use exports::wasi::keyvalue::{eventual, types, wasi_keyvalue_error};

wit_bindgen::generate!({ path: "../../../wit/eventual-0.1.0", world: "wasi:keyvalue/store", generate_all });

struct Store;
struct Error(String);

/// A body that is being written.
#[derive(Default)]
struct Outgoing(RefCell<Vec<u8>>);

/// A value that was read.
struct Incoming(Vec<u8>);

fn failed(error: io::Error) -> types::Error {
    refused(&error.to_string())
}

fn refused(trace: &str) -> types::Error {
    types::Error::new(Error(trace.to_owned()))
}

impl wasi_keyvalue_error::Guest for Store {
    type Error = Error;
}

impl wasi_keyvalue_error::GuestError for Error {
    fn trace(&self) -> String {
        self.0.clone()
    }
}

impl types::Guest for Store {
    type Bucket = Folder;
    type OutgoingValue = Outgoing;
    type IncomingValue = Incoming;
}

impl types::GuestBucket for Folder {
    fn open_bucket(name: String) -> Result<types::Bucket, types::Error> {
        Folder::open(ROOT, &name).map(types::Bucket::new).map_err(failed)
    }
}

impl types::GuestOutgoingValue for Outgoing {
    fn new_outgoing_value() -> types::OutgoingValue {
        types::OutgoingValue::new(Outgoing::default())
    }

    fn outgoing_value_write_body_async(&self) -> Result<types::OutputStream, types::Error> {
        Err(refused("streams are not offered"))
    }

    fn outgoing_value_write_body_sync(&self, value: Vec<u8>) -> Result<(), types::Error> {
        self.0.replace(value);
        Ok(())
    }
}

impl types::GuestIncomingValue for Incoming {
    fn incoming_value_consume_sync(this: types::IncomingValue) -> Result<Vec<u8>, types::Error> {
        Ok(this.into_inner::<Incoming>().0)
    }

    fn incoming_value_consume_async(_this: types::IncomingValue) -> Result<types::InputStream, types::Error> {
        Err(refused("streams are not offered"))
    }

    fn incoming_value_size(&self) -> Result<u64, types::Error> {
        Ok(self.0.len() as u64)
    }
}

impl eventual::Guest for Store {
    fn get(bucket: types::BucketBorrow<'_>, key: String) -> Result<Option<types::IncomingValue>, types::Error> {
        let value = bucket.get::<Folder>().get(&key).map_err(failed)?;
        Ok(value.map(|value| types::IncomingValue::new(Incoming(value))))
    }

    fn set(
        bucket: types::BucketBorrow<'_>,
        key: String,
        value: types::OutgoingValueBorrow<'_>,
    ) -> Result<(), types::Error> {
        let value = value.get::<Outgoing>().0.borrow().clone();
        bucket.get::<Folder>().set(&key, value).map_err(failed)
    }

    fn delete(bucket: types::BucketBorrow<'_>, key: String) -> Result<(), types::Error> {
        bucket.get::<Folder>().delete(&key).map_err(failed)
    }

    fn exists(bucket: types::BucketBorrow<'_>, key: String) -> Result<bool, types::Error> {
        Ok(bucket.get::<Folder>().get(&key).map_err(failed)?.is_some())
    }
}

export!(Store);
