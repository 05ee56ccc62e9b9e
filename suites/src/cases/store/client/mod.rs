//! A handle of the one client, with the calls that `store@0.2.0` adds. What was called is kept as
//! a trail for the reasons of an anomaly, since a history takes not all of it: see [`Client::tells`].

mod cas;
mod record;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use kvspec_reference::RequirementId::KvsLst04;
use kvspec_reference::anomaly::{name_text, value_text};
use kvspec_reference::history::Kind;
use kvspec_reference::interface::{Atomics, Batch, Bucket, Counter, Failure, KeyPage, Listing, Pair, Result};
use kvspec_reference::workload::recorder::Recorded;

use cas::Cas;
use record::{Sessions, state};

use crate::case::check::{Check, Checked, Stop};

/// How many of the last calls are told.
const TRAIL_MAX: usize = 10;
/// The most pages a listing of a test's few keys can sensibly have.
const PAGES_MAX: usize = 4096;
/// The most bytes that all pages of such a listing can sensibly take: some hundred times what was set.
const LISTED_BYTES_MAX: usize = 4 << 20;

/// The longest decimal number of 64 bits, with its sign, in bytes.
const COUNTER_BYTES: usize = 20;

type Trail = Rc<RefCell<VecDeque<String>>>;

/// A handle of a bucket.
pub(super) struct Client {
    bucket: Box<dyn Bucket>,
    bucket_name: String,
    /// What calls are told by, where there are several handles.
    name: String,
    trail: Trail,
    sessions: Rc<Sessions>,
}

/// One handle of the bucket that the case works in.
pub(super) fn client(check: &mut Check<'_>) -> Checked<Client> {
    let [only] = clients(check)?;
    Ok(only)
}

/// A further handle of the bucket of this client, whose calls are told with those of the client.
pub(super) fn another(check: &mut Check<'_>, client: &Client, name: &str) -> Checked<Client> {
    check.needs_handles(2)?;
    let another = Client {
        bucket: check.only_handle(&client.bucket_name)?,
        bucket_name: client.bucket_name.clone(),
        name: format!("{name}: "),
        trail: client.trail.clone(),
        sessions: client.sessions.clone(),
    };
    another.tell(check, "open -> ok".into());
    Ok(another)
}

/// Several handles of the bucket that the case works in.
pub(super) fn clients<const N: usize>(check: &mut Check<'_>) -> Checked<[Client; N]> {
    check.needs_handles(N)?;
    let (bucket_name, trail, sessions) = (check.bucket(), Trail::default(), Sessions::new(check));
    let mut all = Vec::with_capacity(N);
    for number in 0..N {
        let name = if N == 1 { String::new() } else { format!("handle {number}: ") };
        let (bucket, bucket_name) = (check.only_handle(&bucket_name)?, bucket_name.clone());
        all.push(Client { bucket, bucket_name, name, trail: trail.clone(), sessions: sessions.clone() });
    }
    Ok(all.try_into().unwrap_or_else(|_| unreachable!("N handles were pushed")))
}

/// As [`clients`], each of another session: where sessions run in processes of their own, the
/// handles are of several clients, and only what holds between clients may be expected.
pub(super) fn clients_apart<const N: usize>(check: &mut Check<'_>) -> Checked<[Client; N]> {
    check.needs_handles(N)?;
    let (bucket_name, trail) = (check.bucket(), Trail::default());
    let mut all = Vec::with_capacity(N);
    for _ in 0..N {
        let sessions = Sessions::new(check);
        let opened = check.implementation().open_as(sessions.own, &bucket_name);
        let bucket = check.opened(&bucket_name, opened)?;
        let (name, bucket_name) = (format!("session {}: ", sessions.own), bucket_name.clone());
        all.push(Client { bucket, bucket_name, name, trail: trail.clone(), sessions });
    }
    Ok(all.try_into().unwrap_or_else(|_| unreachable!("N handles were pushed")))
}

/// One handle of each of two buckets.
pub(super) fn clients_of_two_buckets(check: &mut Check<'_>) -> Checked<[Client; 2]> {
    check.needs_handles(2)?;
    let (buckets, trail, sessions) = (check.buckets::<2>()?, Trail::default(), Sessions::new(check));
    let mut of = |bucket_name: &String| -> Checked<Client> {
        let (name, bucket) = (format!("{}: ", name_text(bucket_name)), check.only_handle(bucket_name)?);
        let (trail, sessions) = (trail.clone(), sessions.clone());
        Ok(Client { bucket, bucket_name: bucket_name.clone(), name, trail, sessions })
    };
    Ok([of(&buckets[0])?, of(&buckets[1])?])
}

/// One handle of the bucket of this name; `None` where such a name is refused.
pub(super) fn client_of_name(check: &mut Check<'_>, bucket: &str) -> Checked<Option<Client>> {
    let opened = match check.implementation().open(bucket) {
        Err(failure) if failure.is_interface_error() => return Ok(None),
        opened => check.opened(bucket, opened)?,
    };
    Ok(Some(Client {
        bucket: opened,
        bucket_name: bucket.to_owned(),
        name: format!("{}: ", name_text(bucket)),
        trail: Trail::default(),
        sessions: Sessions::new(check),
    }))
}

fn state_text(state: &Option<Vec<u8>>) -> String {
    state.as_deref().map_or("absent".into(), value_text)
}

impl Client {
    /// Tells the call and what it gave, and ends the case when it failed.
    fn told<T>(
        &self,
        check: &mut Check<'_>,
        call: &str,
        result: Result<T>,
        describe: impl Fn(&T) -> String,
    ) -> Checked<T> {
        self.note(check, call, &result, describe);
        check.call(call, result)
    }

    fn note<T>(&self, check: &mut Check<'_>, call: &str, result: &Result<T>, describe: impl Fn(&T) -> String) {
        let end = result.as_ref().map_or_else(Failure::to_string, describe);
        self.tell(check, format!("{call} -> {end}"));
    }

    fn tell(&self, check: &mut Check<'_>, sentence: String) {
        let mut trail = self.trail.borrow_mut();
        trail.push_back(format!("{}{sentence}", self.name));
        if trail.len() > TRAIL_MAX {
            trail.pop_front();
        }
        check.premise(format!("the last calls were: {}", Vec::from(trail.clone()).join("; ")));
    }

    /// As [`Client::told`], of one of the four operations: its errors refute its own requirement.
    fn operated<T>(
        &self,
        check: &mut Check<'_>,
        (kind, key): (Kind, &str),
        call: &str,
        result: Result<T>,
        describe: impl Fn(&T) -> String,
    ) -> Checked<T> {
        self.note(check, call, &result, describe);
        check.unrecorded(kind, (&self.bucket_name, key), result)
    }

    /// Makes a call as often as is declared, until it gives something else than an error. `writes`: the keys
    /// that it writes, each of which may want to be left alone for a while.
    fn persist<T>(
        &self,
        check: &Check<'_>,
        writes: &[&str],
        mut call: impl FnMut() -> Checked<Result<T>>,
    ) -> Checked<Result<T>> {
        let recorder = check.recorder();
        let mut tries = 0;
        loop {
            writes.iter().for_each(|key| recorder.wait_to_write(&self.bucket_name, key));
            let result = call()?;
            writes.iter().for_each(|key| recorder.was_written(&self.bucket_name, key));
            let persistence = recorder.persistence();
            if tries == persistence.retries || !matches!(result, Err(Failure::Error(_))) {
                return Ok(result);
            }
            tries += 1;
            check.clock().advance(persistence.retry_wait);
        }
    }

    /// Makes a call that cannot be made twice: where errors are declared, one decides nothing, since what was
    /// asked for may have been done.
    fn write_once<T>(
        &self,
        check: &Check<'_>,
        key: &str,
        name: &str,
        call: impl FnOnce() -> Checked<Result<T>>,
    ) -> Checked<Result<T>> {
        check.recorder().wait_to_write(&self.bucket_name, key);
        let result = call()?;
        check.recorder().was_written(&self.bucket_name, key);
        match &result {
            Err(Failure::Error(error)) if check.recorder().persistence().retries > 0 => {
                let why = format!("{name} answered an error, as is declared, and may have written: {}", error.trace);
                Err(Stop::Inconclusive(why))
            }
            _ => Ok(result),
        }
    }

    /// `get`.
    pub(super) fn get(&self, check: &mut Check<'_>, key: &str) -> Checked<Option<Vec<u8>>> {
        check.needs_key(key)?;
        let call = format!("get {}", name_text(key));
        let result = self.persist(check, &[], || {
            let invoke = check.recorder().stamp();
            let result = self.bucket.get(key);
            let seen = state(result.as_ref().ok().and_then(Option::as_deref));
            self.tells(check, invoke, (Kind::Get, key), &result, seen);
            Ok(result)
        })?;
        self.operated(check, (Kind::Get, key), &call, result, state_text)
    }

    /// `get` and `exists` show this state, at once.
    pub(super) fn shows(&self, check: &mut Check<'_>, key: &str, state: Option<&[u8]>) -> Checked<()> {
        let seen = self.get(check, key)?;
        let expected = state.map(<[u8]>::to_vec);
        check.holds(seen == expected, || {
            (format!("get {} gives {}", name_text(key), state_text(&expected)), state_text(&seen))
        })?;
        let seen = self.exists(check, key)?;
        check.same(&format!("exists of {}", name_text(key)), state.is_some(), seen)
    }

    /// `exists`.
    pub(super) fn exists(&self, check: &mut Check<'_>, key: &str) -> Checked<bool> {
        check.needs_key(key)?;
        let result = self.persist(check, &[], || {
            let invoke = check.recorder().stamp();
            let result = self.bucket.exists(key);
            let seen = if matches!(result, Ok(true)) { Recorded::Present } else { Recorded::Absent };
            self.tells(check, invoke, (Kind::Exists, key), &result, seen);
            Ok(result)
        })?;
        self.operated(check, (Kind::Exists, key), &format!("exists {}", name_text(key)), result, bool::to_string)
    }

    /// `set`.
    pub(super) fn set(&self, check: &mut Check<'_>, key: &str, value: &[u8]) -> Checked<()> {
        check.needs_pair(&self.bucket_name, key, value)?;
        let call = format!("set {} = {}", name_text(key), value_text(value));
        let result = self.persist(check, &[key], || {
            let invoke = check.recorder().stamp();
            let result = self.bucket.set(key, value);
            self.tells(check, invoke, (Kind::Set, key), &result, Recorded::Bytes(value));
            Ok(result)
        })?;
        self.operated(check, (Kind::Set, key), &call, result, |()| "ok".into())
    }

    /// `delete`.
    pub(super) fn delete(&self, check: &mut Check<'_>, key: &str) -> Checked<()> {
        check.needs_key(key)?;
        let result = self.persist(check, &[key], || {
            let invoke = check.recorder().stamp();
            let result = self.bucket.delete(key);
            self.tells(check, invoke, (Kind::Delete, key), &result, Recorded::Absent);
            Ok(result)
        })?;
        self.operated(check, (Kind::Delete, key), &format!("delete {}", name_text(key)), result, |()| "ok".into())
    }

    fn listing(&self) -> Checked<&dyn Listing> {
        self.bucket.listing().ok_or_else(|| not_offered("list-keys"))
    }

    fn atomics(&self) -> Checked<&dyn Atomics> {
        self.bucket.atomics().ok_or_else(|| not_offered("atomics"))
    }

    fn batch(&self) -> Checked<&dyn Batch> {
        self.bucket.batch().ok_or_else(|| not_offered("batch"))
    }

    /// Skips the case unless batch operations are offered.
    pub(super) fn needs_batch(&self) -> Checked<()> {
        self.batch().map(drop)
    }

    /// Skips the case unless `increment` is offered.
    pub(super) fn needs_atomics(&self) -> Checked<()> {
        self.atomics().map(drop)
    }

    /// One page of keys.
    pub(super) fn page(&self, check: &mut Check<'_>, cursor: Option<&str>) -> Checked<KeyPage> {
        let result = self.persist(check, &[], || Ok(self.listing()?.list_keys(cursor)))?;
        self.note(check, &list_text(cursor), &result, page_text);
        match cursor {
            None => check.first_page(&list_text(cursor), result),
            Some(_) => check.call(&list_text(cursor), result),
        }
    }

    /// One page of keys, or the interface's error.
    pub(super) fn page_or_error(&self, check: &mut Check<'_>, cursor: &str) -> Checked<Result<KeyPage>> {
        let result = self.listing()?.list_keys(Some(cursor));
        self.or_error(check, &list_text(Some(cursor)), result, page_text)
    }

    /// Whether cursors are text, and not numbers.
    pub(super) fn has_text_cursor(&self) -> Checked<bool> {
        Ok(self.listing()?.has_text_cursor())
    }

    /// The keys of all pages, with `between` called after each but the last.
    pub(super) fn pages(
        &self,
        check: &mut Check<'_>,
        mut between: impl FnMut(&mut Check<'_>, usize) -> Checked<()>,
    ) -> Checked<Vec<String>> {
        let (mut keys, mut cursor) = (Vec::new(), None);
        let (mut pages, mut listed_bytes) = (0, 0);
        while pages < PAGES_MAX && listed_bytes <= LISTED_BYTES_MAX {
            let page = self.page(check, cursor.as_deref())?;
            listed_bytes += page.keys.iter().map(|key| size_of::<String>() + key.len()).sum::<usize>();
            keys.extend(page.keys);
            if page.cursor.is_none() {
                return Ok(keys);
            }
            cursor = page.cursor;
            between(check, pages)?;
            pages += 1;
        }
        check.claim(KvsLst04);
        check.holds(false, || {
            let seen = format!("{pages} pages with {} keys, each with a cursor", keys.len());
            ("a page without a cursor ends the listing".into(), seen)
        })?;
        Ok(keys)
    }

    /// The keys of all pages.
    pub(super) fn list(&self, check: &mut Check<'_>) -> Checked<Vec<String>> {
        self.pages(check, |_, _| Ok(()))
    }

    /// `increment`.
    pub(super) fn increment(&self, check: &mut Check<'_>, key: &str, delta: i64) -> Checked<i128> {
        check.needs_key(key)?;
        check.recorder().leave_out(&self.bucket_name, key);
        check.needs_room(&self.bucket_name, key, COUNTER_BYTES)?;
        let result = self.write_once(check, key, "increment", || Ok(self.atomics()?.increment(key, delta)))?;
        let sum = self.told(check, &increment_text(key, delta), result, i128::to_string)?;
        check.note_state(&self.bucket_name, key, true);
        Ok(sum)
    }

    /// `increment`, or the interface's error.
    pub(super) fn increment_or_error(&self, check: &mut Check<'_>, key: &str, delta: i64) -> Checked<Result<i128>> {
        check.needs_key(key)?;
        check.recorder().leave_out(&self.bucket_name, key);
        let result = self.atomics()?.increment(key, delta);
        self.or_error(check, &increment_text(key, delta), result, i128::to_string)
    }

    /// The type of number that `increment` has.
    pub(super) fn counter(&self) -> Checked<Counter> {
        Ok(self.atomics()?.counter())
    }

    /// `cas.new`.
    pub(super) fn cas(&self, check: &mut Check<'_>, key: &str) -> Checked<Cas<'_>> {
        check.needs_key(key)?;
        let made = self.persist(check, &[], || self.atomics()?.cas(key).ok_or_else(|| not_offered("cas")))?;
        let inner = self.told(check, &format!("cas.new {}", name_text(key)), made, |_| "a handle".into())?;
        Ok(Cas { inner, client: self, key: key.to_owned(), remembered: None })
    }

    /// `get-many`.
    pub(super) fn get_many(&self, check: &mut Check<'_>, keys: &[&str]) -> Checked<Vec<Option<Pair>>> {
        keys.iter().try_for_each(|key| check.needs_key(key))?;
        let result = self.persist(check, &[], || {
            let invoke = check.recorder().stamp();
            let result = self.batch()?.get_many(keys);
            let answers = result.as_deref().unwrap_or_default();
            // An answer for another key, or none where there should be one, is the case's to refute.
            if answers.len() == keys.len() {
                let states = keys
                    .iter()
                    .zip(answers)
                    .map(|(&key, answer)| (key, state(answer.as_ref().map(|(_, value)| value.as_slice()))));
                self.tells_many(check, invoke, Kind::Get, &result, states);
            }
            Ok(result)
        })?;
        let call = format!("get-many of {} keys", keys.len());
        self.told(check, &call, result, |answers| format!("{} answers", answers.len()))
    }

    /// `get-many` answers each key in its place with this state.
    pub(super) fn shows_many(&self, check: &mut Check<'_>, states: &[(&str, Option<&[u8]>)]) -> Checked<()> {
        let keys: Vec<&str> = states.iter().map(|(key, _)| *key).collect();
        let answers = self.get_many(check, &keys)?;
        check.same("the number of answers of get-many", keys.len(), answers.len())?;
        for (place, ((key, state), answer)) in states.iter().zip(&answers).enumerate() {
            let expected = state.map(|value| (*key, value));
            let seen = answer.as_ref().map(|(key, value)| (key.as_str(), value.as_slice()));
            let text = |answer: Option<(&str, &[u8])>| {
                answer.map_or("none".into(), |(key, value)| format!("{} = {}", name_text(key), value_text(value)))
            };
            check.holds(seen == expected, || {
                (format!("answer {place} of get-many, of {}, is {}", name_text(key), text(expected)), text(seen))
            })?;
        }
        Ok(())
    }

    /// `set-many`.
    pub(super) fn set_many(&self, check: &mut Check<'_>, pairs: &[(&str, &[u8])]) -> Checked<()> {
        pairs.iter().try_for_each(|(key, value)| check.needs_pair(&self.bucket_name, key, value))?;
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| *key).collect();
        let result = self.persist(check, &keys, || {
            let invoke = check.recorder().stamp();
            let result = self.batch()?.set_many(pairs);
            let states = pairs.iter().map(|&(key, value)| (key, Recorded::Bytes(value)));
            self.tells_many(check, invoke, Kind::Set, &result, states);
            Ok(result)
        })?;
        self.told(check, &format!("set-many of {} pairs", pairs.len()), result, |()| "ok".into())?;
        pairs.iter().for_each(|(key, _)| check.note_state(&self.bucket_name, key, true));
        Ok(())
    }

    /// `delete-many`.
    pub(super) fn delete_many(&self, check: &mut Check<'_>, keys: &[&str]) -> Checked<()> {
        keys.iter().try_for_each(|key| check.needs_key(key))?;
        let result = self.persist(check, keys, || {
            let invoke = check.recorder().stamp();
            let result = self.batch()?.delete_many(keys);
            let states = keys.iter().map(|&key| (key, Recorded::Absent));
            self.tells_many(check, invoke, Kind::Delete, &result, states);
            Ok(result)
        })?;
        self.told(check, &format!("delete-many of {} keys", keys.len()), result, |()| "ok".into())?;
        keys.iter().for_each(|key| check.note_state(&self.bucket_name, key, false));
        Ok(())
    }

    fn or_error<T>(
        &self,
        check: &mut Check<'_>,
        call: &str,
        result: Result<T>,
        describe: impl Fn(&T) -> String,
    ) -> Checked<Result<T>> {
        self.note(check, call, &result, describe);
        match result {
            Err(failure) if failure.is_interface_error() => Ok(Err(failure)),
            other => check.call(call, other).map(Ok),
        }
    }
}

fn list_text(cursor: Option<&str>) -> String {
    cursor.map_or("list-keys".into(), |cursor| format!("list-keys from {}", name_text(cursor)))
}

fn increment_text(key: &str, delta: i64) -> String {
    format!("increment {} by {delta}", name_text(key))
}

fn page_text(page: &KeyPage) -> String {
    let more = page.cursor.as_ref().map_or("no more".into(), |cursor| format!("more from {}", name_text(cursor)));
    format!("{} keys, {more}", page.keys.len())
}

fn not_offered(what: &str) -> Stop {
    Stop::Skip(format!("capabilities: the implementation offers no {what}"))
}
