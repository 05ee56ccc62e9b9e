//! The interface of `wasi:keyvalue` as traits.
//!
//! A store needs the four operations of [`Bucket`] and [`Implementation::open`]; all else has a
//! default. Value resources ([`OutgoingValue`], [`IncomingValue`]) default to plain buffers; an
//! implementation whose values have an own life (a component) brings its own.
//!
//! Three kinds of failure never mix ([`Failure`]): an error the interface allows, a trap of the
//! implementation, and a fault of kvspec itself.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

/// What a call gives when it does not give a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The interface's own `error`: a legal response.
    Error(InterfaceError),
    /// The implementation broke: a panic, a trap, an exhausted limit. The text says how.
    Trap(String),
    /// No answer came, so whether the operation took effect is unknown. The text says why.
    Unanswered(String),
    /// kvspec or its adapter is at fault, not the implementation.
    Harness(String),
}

/// The `error` of the interface: a typed one of `store@0.2.0`, or the text of `trace`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceError {
    /// Which of the typed errors; `eventual@0.1.0` knows only [`ErrorKind::Other`].
    pub kind: ErrorKind,
    /// What the error says of itself. For reports only; no verdict depends on it.
    pub trace: String,
}

/// The typed errors of `store@0.2.0-draft`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The host does not recognise the store that was asked for.
    NoSuchStore,
    /// The caller may not reach the store.
    AccessDenied,
    /// Any other failure, and every error of `eventual@0.1.0`.
    Other,
}

impl Failure {
    /// An untyped interface error with this trace.
    pub fn error(trace: impl Into<String>) -> Self {
        Failure::Error(InterfaceError { kind: ErrorKind::Other, trace: trace.into() })
    }

    /// The typed error for a bucket that does not exist.
    pub fn no_such_store(trace: impl Into<String>) -> Self {
        Failure::Error(InterfaceError { kind: ErrorKind::NoSuchStore, trace: trace.into() })
    }

    /// Whether this is a legal response of the interface.
    pub fn is_interface_error(&self) -> bool {
        matches!(self, Failure::Error(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, why) = match self {
            Failure::Error(InterfaceError { kind: ErrorKind::NoSuchStore, trace }) => ("error no-such-store", trace),
            Failure::Error(InterfaceError { kind: ErrorKind::AccessDenied, trace }) => ("error access-denied", trace),
            Failure::Error(InterfaceError { kind: ErrorKind::Other, trace }) => ("error", trace),
            Failure::Trap(why) => ("trap", why),
            Failure::Unanswered(why) => ("no answer", why),
            Failure::Harness(why) => ("fault of kvspec", why),
        };
        write!(f, "{what} ({})", crate::anomaly::visible(why))
    }
}

impl std::error::Error for Failure {}

/// The result of every call of the interface.
pub type Result<T> = std::result::Result<T, Failure>;

/// A key-value store under test. Calls take `&self`: stores use interior mutability.
pub trait Implementation {
    /// `bucket.open-bucket` (0.1.0) or `open` (0.2.0). Each call gives a handle of its own.
    ///
    /// # Errors
    /// [`Failure::Error`] when there is no such bucket and opening does not create it.
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>>;

    /// As [`Implementation::open`], for this session: an implementation that runs in several
    /// instances or processes at once serves each session by one of them. Sessions are numbered
    /// from 0; `open` is the same as session 0.
    ///
    /// # Errors
    /// As [`Implementation::open`].
    fn open_as(&self, session: u16, name: &str) -> Result<Box<dyn Bucket>> {
        let _ = session;
        self.open(name)
    }

    /// `outgoing-value.new-outgoing-value`: an empty value to write a body into.
    ///
    /// # Errors
    /// Only traps and harness faults: the interface has no error here.
    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        Ok(Box::new(BufferedOutgoing::default()))
    }

    /// The clock the implementation lives by, where it is virtual. `None`: it lives in real time.
    fn clock(&self) -> Option<&dyn Clock> {
        None
    }

    /// Ends the instance that serves the calls and starts another on the same outside data, as a
    /// host does between requests; all handles were dropped before. `None`: there is no instance to
    /// end, or the adapter has no means to.
    fn restart(&self) -> Option<Result<()>> {
        None
    }

    /// A fault noticed outside any call, such as a trap while a handle was dropped. Taking it
    /// clears it; the recorder asks after each operation.
    fn take_fault(&self) -> Option<Failure> {
        None
    }
}

/// Where fresh implementations come from: each case and each workload gets one of its own.
pub trait Subject {
    /// A fresh implementation. What it does by chance, it takes from `seed`.
    ///
    /// # Errors
    /// When it cannot be started.
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>>;

    /// The profile it is to be tested for, such as `store@0.2.0-draft`.
    fn profile(&self) -> &str {
        "eventual@0.1.0"
    }

    /// What it was found to offer, in words: the profile, and the types where one name stands for
    /// several. For reports and complaints only.
    fn offer(&self) -> String {
        self.profile().to_owned()
    }
}

impl<I: Implementation + 'static, F: Fn() -> I> Subject for F {
    fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new(self()))
    }
}

/// A handle of a bucket. Dropping it closes the handle and loses no data.
pub trait Bucket {
    /// `get`: the value of `key`, or `None` when the key is absent.
    ///
    /// # Errors
    /// Whatever the store reports; an absent key is not an error (KVE-GET-02).
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>>;

    /// `set`: creates the pair or replaces its whole value.
    ///
    /// # Errors
    /// Whatever the store reports, such as a value above its limit.
    fn set(&self, key: &str, value: &[u8]) -> Result<()>;

    /// `delete`: makes the key absent; deleting an absent key is no error.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn delete(&self, key: &str) -> Result<()>;

    /// `exists`: whether the key is present.
    ///
    /// # Errors
    /// Whatever the store reports; an absent key is not an error (KVE-EXI-02).
    fn exists(&self, key: &str) -> Result<bool>;

    /// `get` as the interface has it: an `incoming-value` that is consumed later.
    ///
    /// # Errors
    /// As [`Bucket::get`].
    fn get_value(&self, key: &str) -> Result<Option<Box<dyn IncomingValue>>> {
        let value = self.get(key)?;
        Ok(value.map(|bytes| Box::new(BufferedIncoming(bytes)) as Box<dyn IncomingValue>))
    }

    /// `set` as the interface has it: borrows an `outgoing-value` of the same implementation.
    ///
    /// # Errors
    /// As [`Bucket::set`]; [`Failure::Harness`] when `value` belongs to another implementation.
    fn set_value(&self, key: &str, value: &dyn OutgoingValue) -> Result<()> {
        let any: &dyn Any = value;
        let Some(buffer) = any.downcast_ref::<BufferedOutgoing>() else {
            return Err(Failure::Harness("outgoing-value of another implementation".into()));
        };
        self.set(key, &buffer.body.borrow())
    }

    /// The listing capability of `store@0.2.0`, where it is offered.
    fn listing(&self) -> Option<&dyn Listing> {
        None
    }

    /// The atomic capability (`atomic` of 0.1.0, `atomics` of 0.2.0), where it is offered.
    fn atomics(&self) -> Option<&dyn Atomics> {
        None
    }

    /// The batch capability (`eventual-batch` of 0.1.0, `batch` of 0.2.0), where it is offered.
    fn batch(&self) -> Option<&dyn Batch> {
        None
    }
}

/// `outgoing-value`: a body to be set. Dropping it after `set` changes nothing stored.
pub trait OutgoingValue: Any {
    /// `outgoing-value-write-body-sync`: puts the whole body in.
    ///
    /// # Errors
    /// Whatever the implementation reports.
    fn write_sync(&self, body: &[u8]) -> Result<()>;

    /// `outgoing-value-write-body-async`: a stream whose writes, concatenated, are the body.
    ///
    /// # Errors
    /// [`Failure::Error`] where streaming bodies are not offered.
    fn write_stream(&self) -> Result<Box<dyn OutputStream>>;
}

/// `incoming-value`: one value, whole, as it was when it was got.
pub trait IncomingValue {
    /// `incoming-value-size`: the number of bytes.
    ///
    /// # Errors
    /// An implementation that does not know the size says so with an error, never another number.
    fn size(&self) -> Result<u64>;

    /// `incoming-value-consume-sync`: all bytes.
    ///
    /// # Errors
    /// Whatever the implementation reports.
    fn consume_sync(self: Box<Self>) -> Result<Vec<u8>>;

    /// `incoming-value-consume-async`: a stream that yields the bytes and then ends.
    ///
    /// # Errors
    /// [`Failure::Error`] where streaming bodies are not offered.
    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>>;
}

/// The writing end of a body. Dropping it ends the body.
pub trait OutputStream {
    /// Writes all of `bytes`, in as many calls as the stream's permits allow.
    ///
    /// # Errors
    /// A stream error, as [`Failure::Error`].
    fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Flushes, and waits until that is done.
    ///
    /// # Errors
    /// A stream error, as [`Failure::Error`].
    fn flush(&mut self) -> Result<()>;
}

/// The reading end of a body.
pub trait InputStream {
    /// Reads at most `limit` bytes, waiting for at least one; `None` when the stream has ended.
    ///
    /// # Errors
    /// A stream error other than the end, as [`Failure::Error`].
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>>;
}

/// The page of keys that `list-keys` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPage {
    /// Keys in no particular order.
    pub keys: Vec<String>,
    /// Where the next page begins; `None` after the last. A u64 cursor is written in decimal.
    pub cursor: Option<String>,
}

/// `list-keys` of `store@0.2.0`.
pub trait Listing {
    /// One page of keys, from the start or from a cursor of an earlier page.
    ///
    /// # Errors
    /// An odd cursor is an error, never a trap.
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage>;

    /// Whether a cursor may be any text; else it is a u64 in decimal.
    fn has_text_cursor(&self) -> bool {
        true
    }
}

/// The type of number that `increment` adds and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// u64, as in `store@0.2.0-draft`: no delta is below 0.
    Unsigned,
    /// s64, as in `store@0.2.0-draft2`.
    Signed,
}

/// `increment` and, where the profile has it, compare-and-swap.
pub trait Atomics {
    /// Adds `delta` and gives the new number, within the range of [`Atomics::counter`]; an absent
    /// key counts as 0.
    ///
    /// # Errors
    /// A value that is no number, or an overflow. [`Failure::Harness`] for a delta that the type
    /// has no room for.
    fn increment(&self, key: &str, delta: i64) -> Result<i128>;

    /// The type of the number.
    fn counter(&self) -> Counter {
        Counter::Signed
    }

    /// `cas.new` of draft2: a handle that remembers the value as it is now. `None` where the
    /// profile has no such resource.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        let _ = key;
        None
    }
}

/// The `cas` resource of `store@0.2.0-draft2`.
pub trait CompareAndSwap {
    /// The value the handle remembers.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn current(&self) -> Result<Option<Vec<u8>>>;

    /// Swaps the value in if nothing was written since the handle was made. A failed swap gives a
    /// fresh handle.
    ///
    /// # Errors
    /// A store error; a lost race is not one.
    fn swap(self: Box<Self>, value: &[u8]) -> Result<Swap>;
}

/// How a swap ended.
pub enum Swap {
    /// The value was swapped in.
    Done,
    /// Something was written since; the handle to try again with.
    Failed(Box<dyn CompareAndSwap>),
}

/// A key with its value.
pub type Pair = (String, Vec<u8>);

/// Operations on many keys; not atomic.
pub trait Batch {
    /// One answer per key, in the order asked: the key with its value, or `None` when it is absent.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>>;

    /// Sets all pairs; after an error some may be set.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()>;

    /// Deletes all keys; after an error some may be deleted.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn delete_many(&self, keys: &[&str]) -> Result<()>;
}

/// A clock that an implementation lives by and that the driver may move.
pub trait Clock {
    /// Nanoseconds since some start.
    fn now_ns(&self) -> u64;

    /// Lets `by` pass: at once on a virtual clock, by waiting on a real one.
    fn advance(&self, by: Duration);
}

/// An `outgoing-value` that is a plain buffer: each body that is written replaces the last.
#[derive(Default)]
pub struct BufferedOutgoing {
    body: std::rc::Rc<RefCell<Vec<u8>>>,
}

impl BufferedOutgoing {
    /// The body as it is now.
    pub fn body(&self) -> Vec<u8> {
        self.body.borrow().clone()
    }
}

impl OutgoingValue for BufferedOutgoing {
    fn write_sync(&self, body: &[u8]) -> Result<()> {
        *self.body.borrow_mut() = body.to_vec();
        Ok(())
    }

    fn write_stream(&self) -> Result<Box<dyn OutputStream>> {
        self.body.borrow_mut().clear();
        Ok(Box::new(BufferedSink(self.body.clone())))
    }
}

struct BufferedSink(std::rc::Rc<RefCell<Vec<u8>>>);

impl OutputStream for BufferedSink {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// An `incoming-value` that is a plain buffer.
pub struct BufferedIncoming(pub Vec<u8>);

impl IncomingValue for BufferedIncoming {
    fn size(&self) -> Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn consume_sync(self: Box<Self>) -> Result<Vec<u8>> {
        Ok(self.0)
    }

    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>> {
        Ok(Box::new(BufferedSource { body: self.0, at: 0 }))
    }
}

struct BufferedSource {
    body: Vec<u8>,
    at: usize,
}

impl InputStream for BufferedSource {
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>> {
        if self.at == self.body.len() {
            return Ok(None);
        }
        let end = self.at.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(self.body.len());
        let part = self.body[self.at..end].to_vec();
        self.at = end;
        Ok(Some(part))
    }
}
