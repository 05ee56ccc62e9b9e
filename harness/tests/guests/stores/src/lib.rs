//! A store written against kvspec's traits, as a component: the broken, the unusual and the
//! simulated ones, so that each is judged in both forms.

mod chosen;
mod streams;

use std::cell::RefCell;

use kvspec_reference::interface::{Failure, IncomingValue as Value, OutgoingValue as Body};

use chosen::with_store;
use exports::wasi::keyvalue::{eventual, types, wasi_keyvalue_error};

wit_bindgen::generate!({
    path: "../../../wit/eventual-0.1.0",
    world: "wasi:keyvalue/store-with-streams",
    generate_all,
});

struct Store;

/// A handle; `None` only while it is dropped.
struct Bucket(Option<Box<dyn kvspec_reference::Bucket>>);

impl Bucket {
    fn handle(&self) -> &dyn kvspec_reference::Bucket {
        &**self.0.as_ref().expect("a handle that is called was not dropped")
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.0 = None;
        // What broke in the drop breaks the instance here, not at some later call.
        if let Err(broken) = with_store(|_| Ok(())) {
            panic!("{broken}");
        }
    }
}

struct Error(String);
struct OutgoingValue(Box<dyn Body>);
struct IncomingValue(RefCell<Option<Box<dyn Value>>>);

/// The interface's error; all other failures break the instance, as they would a store.
fn or_trap<T>(result: kvspec_reference::interface::Result<T>) -> Result<T, types::Error> {
    result.map_err(|failure| match failure {
        Failure::Error(error) => types::Error::new(Error(error.trace)),
        Failure::Unanswered(why) => types::Error::new(Error(format!("no answer: {why}"))),
        broken @ (Failure::Trap(_) | Failure::Setup(_) | Failure::Harness(_)) => panic!("{broken}"),
    })
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
    type Bucket = Bucket;
    type OutgoingValue = OutgoingValue;
    type IncomingValue = IncomingValue;
}

impl types::GuestBucket for Bucket {
    fn open_bucket(name: String) -> Result<types::Bucket, types::Error> {
        let bucket = or_trap(with_store(|store| store.open(&name)))?;
        Ok(types::Bucket::new(Bucket(Some(bucket))))
    }
}

impl types::GuestOutgoingValue for OutgoingValue {
    fn new_outgoing_value() -> types::OutgoingValue {
        let value = or_trap(with_store(|store| store.outgoing_value()));
        match value {
            Ok(value) => types::OutgoingValue::new(OutgoingValue(value)),
            Err(_) => panic!("the interface has no error for a new outgoing value"),
        }
    }

    fn outgoing_value_write_body_async(&self) -> Result<types::OutputStream, types::Error> {
        or_trap(with_store(|_| self.0.write_stream())).map(streams::writer)
    }

    fn outgoing_value_write_body_sync(&self, value: Vec<u8>) -> Result<(), types::Error> {
        or_trap(with_store(|_| self.0.write_sync(&value)))
    }
}

impl IncomingValue {
    fn take(value: types::IncomingValue) -> Box<dyn Value> {
        value.into_inner::<IncomingValue>().0.into_inner().expect("a value is consumed once: it is owned")
    }
}

impl types::GuestIncomingValue for IncomingValue {
    fn incoming_value_consume_sync(value: types::IncomingValue) -> Result<Vec<u8>, types::Error> {
        let value = Self::take(value);
        or_trap(with_store(|_| value.consume_sync()))
    }

    fn incoming_value_consume_async(value: types::IncomingValue) -> Result<types::InputStream, types::Error> {
        let value = Self::take(value);
        or_trap(with_store(|_| value.consume_stream())).map(streams::reader)
    }

    fn incoming_value_size(&self) -> Result<u64, types::Error> {
        let value = self.0.borrow();
        or_trap(with_store(|_| value.as_ref().expect("a value that is borrowed was not consumed").size()))
    }
}

impl eventual::Guest for Store {
    fn get(bucket: types::BucketBorrow<'_>, key: String) -> Result<Option<types::IncomingValue>, types::Error> {
        let value = or_trap(with_store(|_| bucket.get::<Bucket>().handle().get_value(&key)))?;
        Ok(value.map(|value| types::IncomingValue::new(IncomingValue(RefCell::new(Some(value))))))
    }

    fn set(
        bucket: types::BucketBorrow<'_>,
        key: String,
        value: types::OutgoingValueBorrow<'_>,
    ) -> Result<(), types::Error> {
        let value = &*value.get::<OutgoingValue>().0;
        or_trap(with_store(|_| bucket.get::<Bucket>().handle().set_value(&key, value)))
    }

    fn delete(bucket: types::BucketBorrow<'_>, key: String) -> Result<(), types::Error> {
        or_trap(with_store(|_| bucket.get::<Bucket>().handle().delete(&key)))
    }

    fn exists(bucket: types::BucketBorrow<'_>, key: String) -> Result<bool, types::Error> {
        or_trap(with_store(|_| bucket.get::<Bucket>().handle().exists(&key)))
    }
}

export!(Store);
