//! A client calls an implementation and writes down what happened: the one place where an operation is
//! performed, whether its session has a thread of its own or not.

use std::collections::BTreeMap;

mod atomic_calls;
mod batch_calls;
mod list_calls;
mod stream_calls;

use super::log::{Log, Part, Recorded, outcome_of};
use super::persistence::Persistence;
use super::step::Call;
use crate::history::Kind;
use crate::interface::{Bucket, Failure, Implementation, IncomingValue, OutgoingValue, Result};
use atomic_calls::HeldCas;

/// A client: it issues calls one after another, on handles of its own.
pub struct Client<'a, L> {
    implementation: &'a dyn Implementation,
    id: u16,
    /// Handles of compare-and-swaps, by their names. They may outlive the handle of their bucket.
    held: BTreeMap<String, HeldCas>,
    handles: BTreeMap<String, Box<dyn Bucket>>,
    log: L,
    /// Whether a call is not tried again whatever the log says: see [`Client::once`].
    is_once: bool,
}

impl<'a, L: Log> Client<'a, L> {
    /// A client without handles, which calls as this session and writes into `log`.
    pub fn new(implementation: &'a dyn Implementation, session: u16, log: L) -> Self {
        let (held, handles) = (BTreeMap::new(), BTreeMap::new());
        Self { implementation, id: session, held, handles, log, is_once: false }
    }

    /// The number of the session in the history.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Opens the bucket, dropping the handle the session had. Other calls open on first use.
    ///
    /// # Errors
    /// As [`Implementation::open_as`].
    pub fn reopen(&mut self, bucket: &str) -> Result<()> {
        self.handles.remove(bucket);
        let mut tries = 0;
        loop {
            let handle = self.implementation.open_as(self.id, bucket);
            let handle = self.or_fault(handle);
            if !self.tries_again(&handle, &mut tries) {
                self.handles.insert(bucket.to_owned(), handle?);
                return Ok(());
            }
        }
    }

    /// Makes calls that are to be answered with an error: none of them is tried again for that.
    pub fn once<T>(&mut self, calls: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.is_once, true);
        let result = calls(self);
        self.is_once = before;
        result
    }

    /// Makes a call of a workload. What it gave is in the log. One that the handle does not offer, or on a
    /// compare-and-swap that the session does not hold, is not made.
    ///
    /// # Errors
    /// As the operation. A call whose bucket could not be opened is not in the log.
    pub fn perform(&mut self, call: &Call) -> Result<()> {
        match call {
            Call::Reopen { bucket } => self.reopen(bucket),
            Call::Get { bucket, key } => self.get(bucket, key).map(drop),
            Call::Set { bucket, key, value } => self.set(bucket, key, &value.bytes()),
            Call::SetStreamed { bucket, key, value, pieces } => self.set_streamed(bucket, key, &value.bytes(), pieces),
            Call::GetStreamed { bucket, key, pieces } => self.get_streamed(bucket, key, pieces),
            Call::Delete { bucket, key } => self.delete(bucket, key),
            Call::Exists { bucket, key } => self.exists(bucket, key).map(drop),
            Call::Increment { bucket, key, delta } => self.increment(bucket, key, *delta).map(drop),
            Call::CasNew { handle, bucket, key } => self.cas_new(handle, bucket, key),
            Call::CasCurrent { handle } => self.cas_current(handle),
            Call::Swap { handle, value } => self.swap(handle, &value.bytes()),
            Call::List { bucket, pages } => self.list(bucket, *pages).map(drop),
            Call::GetMany { bucket, keys } => self.get_many(bucket, keys),
            Call::SetMany { bucket, pairs } => self.set_many(bucket, pairs),
            Call::DeleteMany { bucket, keys } => self.delete_many(bucket, keys),
        }
    }

    /// Drops all handles.
    pub fn close_all(&mut self) {
        self.held.clear();
        self.handles.clear();
    }

    /// What the client wrote down; drops the handles it still has.
    pub fn into_log(self) -> L {
        self.log
    }

    /// Drops the session's handle of the bucket, if it has one.
    pub fn close(&mut self, bucket: &str) {
        self.handles.remove(bucket);
    }

    /// The handle of the bucket, opened on first use.
    ///
    /// # Errors
    /// As [`Implementation::open_as`].
    pub fn handle(&mut self, bucket: &str) -> Result<&dyn Bucket> {
        if !self.handles.contains_key(bucket) {
            self.reopen(bucket)?;
        }
        Ok(&*self.handles[bucket])
    }

    /// `get`, consumed at once.
    ///
    /// # Errors
    /// As [`Bucket::get`]; recorded too.
    pub fn get(&mut self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.read_value(bucket, key, |handle| handle.get(key))
    }

    /// `get`, consumed by `consume`, which is given the incoming value. What it returns is recorded
    /// as what was read.
    ///
    /// # Errors
    /// Those of `get` and of `consume`; recorded too.
    pub fn get_with(
        &mut self,
        bucket: &str,
        key: &str,
        mut consume: impl FnMut(Box<dyn IncomingValue>) -> Result<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>> {
        self.read_value(bucket, key, |handle| handle.get_value(key)?.map(&mut consume).transpose())
    }

    /// `exists`.
    ///
    /// # Errors
    /// As [`Bucket::exists`]; recorded too.
    pub fn exists(&mut self, bucket: &str, key: &str) -> Result<bool> {
        let seen = |is_present: &bool| is_present.then_some(Recorded::Present);
        self.operate((bucket, key), Kind::Exists, Recorded::Absent, |handle| handle.exists(key), seen)
    }

    /// `set` of these bytes.
    ///
    /// # Errors
    /// As [`Bucket::set`]; recorded too.
    pub fn set(&mut self, bucket: &str, key: &str, value: &[u8]) -> Result<()> {
        self.write(bucket, key, Kind::Set, Recorded::Bytes(value), |handle| handle.set(key, value))
    }

    /// `set` of an outgoing value whose body is `body`.
    ///
    /// # Errors
    /// As [`Bucket::set_value`]; recorded too.
    pub fn set_value(&mut self, bucket: &str, key: &str, value: &dyn OutgoingValue, body: &[u8]) -> Result<()> {
        self.write(bucket, key, Kind::Set, Recorded::Bytes(body), |handle| handle.set_value(key, value))
    }

    /// `delete`.
    ///
    /// # Errors
    /// As [`Bucket::delete`]; recorded too.
    pub fn delete(&mut self, bucket: &str, key: &str) -> Result<()> {
        self.write(bucket, key, Kind::Delete, Recorded::Absent, |handle| handle.delete(key))
    }

    fn read_value(
        &mut self,
        bucket: &str,
        key: &str,
        read: impl FnMut(&dyn Bucket) -> Result<Option<Vec<u8>>>,
    ) -> Result<Option<Vec<u8>>> {
        self.operate((bucket, key), Kind::Get, Recorded::Absent, read, |value| value.as_deref().map(Recorded::Bytes))
    }

    fn write(
        &mut self,
        bucket: &str,
        key: &str,
        kind: Kind,
        value: Recorded<'_>,
        write: impl FnMut(&dyn Bucket) -> Result<()>,
    ) -> Result<()> {
        self.operate((bucket, key), kind, value, write, |()| None)
    }

    /// One operation: opens the bucket where there is no handle, which is no part of the operation,
    /// calls, and writes down what was `seen` in the result, or else what is `given`. An operation that
    /// answers an error is followed by another, as the log says.
    fn operate<T>(
        &mut self,
        (bucket, key): (&str, &str),
        kind: Kind,
        given: Recorded<'_>,
        mut call: impl FnMut(&dyn Bucket) -> Result<T>,
        seen: fn(&T) -> Option<Recorded<'_>>,
    ) -> Result<T> {
        let mut tries = 0;
        loop {
            self.handle(bucket)?;
            if kind.is_write() {
                self.log.wait_to_write(bucket, key);
            }
            let invoke = self.log.stamp();
            let result = self.or_fault(call(&*self.handles[bucket]));
            let value = result.as_ref().ok().and_then(seen).unwrap_or(given);
            self.log.note(invoke, outcome_of(&result), Part { session: self.id, bucket, key, kind, value });
            if !self.tries_again(&result, &mut tries) {
                return result;
            }
        }
    }

    /// Whether a call that gave this is made again; waits for that. Counts the `tries`.
    fn tries_again<T>(&mut self, result: &Result<T>, tries: &mut u32) -> bool {
        let Persistence { retries, retry_wait, .. } = self.log.persistence();
        let again = !self.is_once && *tries < retries && matches!(result, Err(Failure::Error(_)));
        if again {
            *tries += 1;
            self.log.wait(retry_wait);
        }
        again
    }

    /// A fault noticed outside the call counts against it: it is the first to be reported. It is worse
    /// than an error, and would be lost, since it is reported once.
    fn or_fault<T>(&self, result: Result<T>) -> Result<T> {
        match self.implementation.take_fault() {
            Some(fault) if !matches!(result, Err(Failure::Trap(_) | Failure::Setup(_) | Failure::Harness(_))) => {
                Err(fault)
            }
            _ => result,
        }
    }
}
