//! One handle, and what is done with every call on it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use kvspec_reference::history::Kind;
use kvspec_reference::interface::{Atomics, Batch, Bucket, Failure, Listing, Result};

use super::sessions::Sessions;
use crate::case::check::{Check, Checked, Stop};

/// How many of the last calls are shown.
const TRAIL_MAX: usize = 10;

pub(super) type Trail = Rc<RefCell<VecDeque<String>>>;

/// A handle of a bucket.
pub(in crate::cases::store) struct Client {
    pub(super) bucket: Box<dyn Bucket>,
    pub(super) bucket_name: String,
    /// What calls are told by, where there are several handles.
    pub(super) name: String,
    pub(super) trail: Trail,
    pub(super) sessions: Rc<Sessions>,
}

impl Client {
    /// Tells the call and what it gave, and ends the case when it failed.
    pub(super) fn told<T>(
        &self,
        check: &mut Check<'_>,
        call: &str,
        result: Result<T>,
        describe: impl Fn(&T) -> String,
    ) -> Checked<T> {
        self.note(check, call, &result, describe);
        check.call(call, result)
    }

    pub(super) fn note<T>(
        &self,
        check: &mut Check<'_>,
        call: &str,
        result: &Result<T>,
        describe: impl Fn(&T) -> String,
    ) {
        let end = result.as_ref().map_or_else(Failure::to_string, describe);
        self.tell(check, format!("{call} -> {end}"));
    }

    pub(super) fn tell(&self, check: &mut Check<'_>, sentence: String) {
        let mut trail = self.trail.borrow_mut();
        trail.push_back(format!("{}{sentence}", self.name));
        if trail.len() > TRAIL_MAX {
            trail.pop_front();
        }
        check.premise(format!("the last calls were: {}", Vec::from(trail.clone()).join("; ")));
    }

    /// As [`Client::told`], of one of the four operations: its errors refute its own requirement.
    pub(super) fn operated<T>(
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
    pub(super) fn persist<T>(
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
    pub(super) fn write_once<T>(
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

    pub(super) fn or_error<T>(
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

    pub(super) fn listing(&self) -> Checked<&dyn Listing> {
        self.bucket.listing().ok_or_else(|| not_offered("list-keys"))
    }

    pub(super) fn atomics(&self) -> Checked<&dyn Atomics> {
        self.bucket.atomics().ok_or_else(|| not_offered("atomics"))
    }

    pub(super) fn batch(&self) -> Checked<&dyn Batch> {
        self.bucket.batch().ok_or_else(|| not_offered("batch"))
    }

    /// Skips the case unless batch operations are offered.
    pub(in crate::cases::store) fn needs_batch(&self) -> Checked<()> {
        self.batch().map(drop)
    }

    /// Skips the case unless `increment` is offered.
    pub(in crate::cases::store) fn needs_atomics(&self) -> Checked<()> {
        self.atomics().map(drop)
    }
}

pub(super) fn not_offered(what: &str) -> Stop {
    Stop::Skip(format!("capabilities: the implementation offers no {what}"))
}
