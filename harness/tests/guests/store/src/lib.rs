//! An in-memory store as a component.

mod bug;
#[cfg(feature = "own-streams")]
mod own_streams;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bug::{Bug, Call, Progress};
use exports::wasi::keyvalue::{eventual, types, wasi_keyvalue_error};

#[cfg(not(any(feature = "own-streams", feature = "host-pipes", feature = "method-shape")))]
wit_bindgen::generate!({ path: "../../../wit/eventual-0.1.0", world: "wasi:keyvalue/store", generate_all });
#[cfg(feature = "own-streams")]
wit_bindgen::generate!({ path: "../../../wit/eventual-0.1.0", world: "wasi:keyvalue/store-with-streams", generate_all });
#[cfg(feature = "host-pipes")]
wit_bindgen::generate!({ path: "../../../wit/eventual-0.1.0", world: "wasi:keyvalue/store-with-pipes", generate_all });
#[cfg(feature = "method-shape")]
wit_bindgen::generate!({ path: "../../../wit/eventual-0.1.0-method", world: "wasi:keyvalue/store", generate_all });

type Pairs = Rc<RefCell<BTreeMap<String, Entry>>>;

/// A value, and what was before it while it is still hidden.
#[derive(Clone, Default)]
struct Entry {
    now: Option<Vec<u8>>,
    before: Option<Vec<u8>>,
    shown_from: Option<std::time::Instant>,
}

thread_local! {
    static BUCKETS: RefCell<BTreeMap<String, Pairs>> = RefCell::default();
    static BUG: Bug = Bug::from_environment();
    static PROGRESS: Cell<Progress> = Cell::default();
}

fn bug() -> Bug {
    BUG.with(|bug| *bug)
}

/// For the bug that needs several right calls in a row.
fn note(call: Call) {
    let mut progress = PROGRESS.get();
    progress.note(call);
    PROGRESS.set(progress);
}

struct Store;
struct Bucket(Pairs);
struct Error(String);

fn error(trace: impl Into<String>) -> types::Error {
    types::Error::new(Error(trace.into()))
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
        if bug() == Bug::OpenFails {
            return Err(error(format!("\u{1b}[31mno bucket {name}\u{1b}[0m\u{7}")));
        }
        #[cfg(feature = "survives-refusal")]
        assert!(std::hint::black_box(Vec::<u8>::new()).try_reserve_exact(1 << 30).is_err());
        let pairs = BUCKETS.with_borrow_mut(|buckets| {
            let first = buckets.values().next().cloned();
            match first {
                Some(first) if bug() == Bug::TenthBucketIsFirst && buckets.len() > 8 => {
                    buckets.entry(name).or_insert(first).clone()
                }
                _ => buckets.entry(name).or_default().clone(),
            }
        });
        Ok(types::Bucket::new(Bucket(pairs)))
    }
}

/// A body that is being written.
#[derive(Default)]
struct OutgoingValue {
    body: Rc<RefCell<Vec<u8>>>,
    #[cfg(feature = "host-pipes")]
    pipe: RefCell<Option<wasi::io::streams::InputStream>>,
}

impl OutgoingValue {
    fn bytes(&self) -> Vec<u8> {
        #[cfg(feature = "host-pipes")]
        if let Some(pipe) = &*self.pipe.borrow() {
            while let Ok(part) = pipe.read(1 << 16) {
                if part.is_empty() {
                    break;
                }
                self.body.borrow_mut().extend(part);
            }
        }
        self.body.borrow().clone()
    }
}

impl types::GuestOutgoingValue for OutgoingValue {
    fn new_outgoing_value() -> types::OutgoingValue {
        types::OutgoingValue::new(OutgoingValue::default())
    }

    #[cfg(feature = "own-streams")]
    fn outgoing_value_write_body_async(&self) -> Result<types::OutputStream, types::Error> {
        self.body.borrow_mut().clear();
        Ok(own_streams::writer(self.body.clone()))
    }

    #[cfg(feature = "host-pipes")]
    fn outgoing_value_write_body_async(&self) -> Result<types::OutputStream, types::Error> {
        self.body.borrow_mut().clear();
        let (writer, reader) = kvspec::pipe::pipe::open();
        *self.pipe.borrow_mut() = Some(reader);
        Ok(writer)
    }

    #[cfg(not(any(feature = "own-streams", feature = "host-pipes")))]
    fn outgoing_value_write_body_async(&self) -> Result<types::OutputStream, types::Error> {
        Err(error("streams are not offered"))
    }

    fn outgoing_value_write_body_sync(&self, value: Vec<u8>) -> Result<(), types::Error> {
        // The later body is the one that counts.
        #[cfg(feature = "host-pipes")]
        self.pipe.borrow_mut().take();
        *self.body.borrow_mut() = value;
        Ok(())
    }
}

struct IncomingValue(Cell<Vec<u8>>);

impl IncomingValue {
    #[cfg(feature = "own-streams")]
    fn stream(&self) -> Result<types::InputStream, types::Error> {
        Ok(own_streams::reader(self.0.take()))
    }

    #[cfg(feature = "host-pipes")]
    fn stream(&self) -> Result<types::InputStream, types::Error> {
        let (writer, reader) = kvspec::pipe::pipe::open();
        for part in self.0.take().chunks(4096) {
            writer.blocking_write_and_flush(part).map_err(|_| error("the pipe is broken"))?;
        }
        Ok(reader)
    }

    #[cfg(not(any(feature = "own-streams", feature = "host-pipes")))]
    fn stream(&self) -> Result<types::InputStream, types::Error> {
        Err(error("streams are not offered"))
    }
}

impl types::GuestIncomingValue for IncomingValue {
    #[cfg(not(feature = "method-shape"))]
    fn incoming_value_consume_sync(this: types::IncomingValue) -> Result<Vec<u8>, types::Error> {
        if bug() == Bug::ForgetsValues {
            let value = this.get::<IncomingValue>().0.take();
            std::mem::forget(this);
            return Ok(value);
        }
        Ok(this.into_inner::<IncomingValue>().0.take())
    }

    #[cfg(not(feature = "method-shape"))]
    fn incoming_value_consume_async(this: types::IncomingValue) -> Result<types::InputStream, types::Error> {
        this.get::<IncomingValue>().stream()
    }

    #[cfg(feature = "method-shape")]
    fn incoming_value_consume_sync(&self) -> Result<Vec<u8>, types::Error> {
        Ok(self.0.take())
    }

    #[cfg(feature = "method-shape")]
    fn incoming_value_consume_async(&self) -> Result<types::InputStream, types::Error> {
        self.stream()
    }

    fn incoming_value_size(&self) -> Result<u64, types::Error> {
        let value = self.0.take();
        let size = value.len() as u64;
        self.0.set(value);
        Ok(size)
    }
}

impl eventual::Guest for Store {
    fn get(bucket: types::BucketBorrow<'_>, key: String) -> Result<Option<types::IncomingValue>, types::Error> {
        bug().before_get(&key);
        note(Call::Get);
        let pairs = bucket.get::<Bucket>().0.borrow();
        let value = pairs.get(&key).and_then(seen).map(|v| bug().value_out(v));
        Ok(value.map(|value| types::IncomingValue::new(IncomingValue(Cell::new(value)))))
    }

    fn set(
        bucket: types::BucketBorrow<'_>,
        key: String,
        value: types::OutgoingValueBorrow<'_>,
    ) -> Result<(), types::Error> {
        let value = bug().value_in(&key, value.get::<OutgoingValue>().bytes());
        note(Call::Set(value.len()));
        if !bug().loses(&key) {
            write(bucket.get::<Bucket>(), key, Some(value));
        }
        Ok(())
    }

    fn delete(bucket: types::BucketBorrow<'_>, key: String) -> Result<(), types::Error> {
        if cfg!(feature = "survives-refusal") {
            panic!("nothing can be deleted");
        }
        let too_late = bug() == Bug::DeleteIgnoredAfterNineSteps && PROGRESS.get().is_done();
        note(Call::Delete);
        if bug() == Bug::DeleteIgnored || too_late {
            return Ok(());
        }
        write(bucket.get::<Bucket>(), key, None);
        Ok(())
    }

    fn exists(bucket: types::BucketBorrow<'_>, key: String) -> Result<bool, types::Error> {
        note(Call::Exists);
        let pairs = bucket.get::<Bucket>().0.borrow();
        Ok(pairs.get(&key).is_some_and(|entry| seen(entry).is_some() || bug() == Bug::ExistsCountsTombstones))
    }
}

fn seen(entry: &Entry) -> Option<Vec<u8>> {
    let hidden = entry.shown_from.is_some_and(|from| std::time::Instant::now() < from);
    if hidden { entry.before.clone() } else { entry.now.clone() }
}

fn write(bucket: &Bucket, key: String, value: Option<Vec<u8>>) {
    let mut pairs = bucket.0.borrow_mut();
    let entry = pairs.entry(key).or_default();
    let before = seen(entry);
    let shown_from = bug().hidden_for().map(|time| std::time::Instant::now() + time);
    *entry = Entry { now: value, before, shown_from };
}

export!(Store);
