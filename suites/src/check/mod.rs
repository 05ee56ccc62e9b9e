//! The context a case runs in: sessions that are recorded, and expectations that wait as long as
//! eventual consistency demands, and no longer.
//!
//! A case is written in steps. [`Check::claim`] names the requirement that the steps after it speak
//! of; [`Check::set`], [`Check::delete`], [`Check::reads`] and [`Check::exists`] act and compare,
//! and skip the case where a declared limit forbids the key or value.
//! A step that fails ends the case with a refutation, of which an anomaly is made when the history
//! is complete. What the implementation declares decides what a case may ask for: see
//! [`Check::needs_streaming`] and its neighbours.

mod diagnosis;
mod poll;
mod refutation;
mod requisites;
mod streams;

use std::collections::BTreeMap;
use std::time::Duration;

use kvspec_reference::History;
use kvspec_reference::anomaly::{Anomaly, name_text};
use kvspec_reference::interface::{Bucket, Clock, Failure, Implementation, OutgoingValue};
use kvspec_reference::recorder::{Recorder, Session};

use crate::case::Case;
use crate::declaration::Declaration;

use refutation::Finding;
pub use refutation::Refutation;
pub use streams::{Drained, drain, write_chunks};

/// Why a case ends before its end.
#[derive(Debug)]
pub enum Stop {
    /// The claim is refuted.
    Refuted(Box<Refutation>),
    /// Not applicable; names the declaration that says so.
    Skip(String),
    /// Nothing can be decided.
    Inconclusive(String),
    /// kvspec is at fault.
    Harness(String),
}

/// What a step of a case gives.
pub type Step<T> = Result<T, Stop>;

/// The context of one run of one case.
pub struct Check<'a> {
    case: &'a Case,
    declaration: &'a Declaration,
    recorder: Recorder<'a>,
    seed: u64,
    claim: &'static str,
    premises: Vec<String>,
    writes: BTreeMap<String, BTreeMap<String, Writes>>,
    values_made: u32,
    comparisons: u64,
    observations: Vec<String>,
    convergence_ns: Vec<u64>,
}

/// What was asked of one register so far.
#[derive(Default)]
struct Writes {
    /// Every value given to a set, whatever its outcome.
    values: Vec<Vec<u8>>,
    /// When the last write was answered, on the implementation's clock.
    last_ns: Option<u64>,
}

/// What a run of a case leaves behind.
pub(crate) struct Evidence {
    pub(crate) history: History,
    pub(crate) comparisons: u64,
    pub(crate) observations: Vec<String>,
    pub(crate) convergence_ns: Vec<u64>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(
        case: &'a Case,
        implementation: &'a dyn Implementation,
        clock: &'a dyn Clock,
        declaration: &'a Declaration,
        seed: u64,
    ) -> Self {
        let recorder = Recorder::new(implementation, clock, "eventual@0.1.0", declaration.convergence_bound());
        Self {
            case,
            declaration,
            recorder,
            seed,
            claim: case.requirements[0],
            premises: Vec::new(),
            writes: BTreeMap::new(),
            values_made: 0,
            comparisons: 0,
            observations: Vec::new(),
            convergence_ns: Vec::new(),
        }
    }

    /// The history and the counts; and, of a refutation, the anomaly.
    pub(crate) fn finish(self, refutation: Option<Refutation>) -> (Evidence, Option<Anomaly>) {
        let history = self.recorder.finish();
        let anomaly = refutation.map(|r| r.into_anomaly(&history, self.declaration.convergence_bound()));
        let Self { comparisons, observations, convergence_ns, .. } = self;
        (Evidence { history, comparisons, observations, convergence_ns }, anomaly)
    }

    /// What the implementation declares.
    pub fn declaration(&self) -> &'a Declaration {
        self.declaration
    }

    /// The implementation itself, for what sessions do not cover.
    pub fn implementation(&self) -> &'a dyn Implementation {
        self.recorder.implementation()
    }

    /// Where operations on handles outside any session are noted.
    pub(crate) fn recorder(&self) -> &Recorder<'a> {
        &self.recorder
    }

    /// The clock that the run lives by.
    pub fn clock(&self) -> &'a dyn Clock {
        self.recorder.clock()
    }

    /// The seed of this run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A further session.
    pub fn session(&self) -> Session<'a> {
        self.recorder.session()
    }

    /// From here on, steps speak of this requirement, one of those the case names.
    pub fn claim(&mut self, requirement: &'static str) {
        debug_assert!(self.case.requirements.contains(&requirement), "{} names no {requirement}", self.case.name);
        self.claim = requirement;
    }

    /// Something a reader must know to understand the steps that follow: a sentence for the chain
    /// of reasons of an anomaly. Replaces the one before.
    pub fn premise(&mut self, sentence: impl Into<String>) {
        self.premises = vec![sentence.into()];
    }

    /// Reports behaviour that the interface leaves open: never a failure.
    pub fn observe(&mut self, sentence: impl Into<String>) {
        self.observations.push(sentence.into());
    }

    /// `set`, which must succeed.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn set(&mut self, session: &mut Session<'a>, bucket: &str, key: &str, value: &[u8]) -> Step<()> {
        self.needs_pair(key, value)?;
        self.open(session, bucket)?;
        let result = session.set(bucket, key, value);
        self.note_write(bucket, key, Some(value));
        self.recorded(&place("set", bucket, key), (bucket, key), result)
    }

    /// `set` of an outgoing value whose body is `body`; it must succeed.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn set_value(
        &mut self,
        session: &mut Session<'a>,
        bucket: &str,
        key: &str,
        value: &dyn OutgoingValue,
        body: &[u8],
    ) -> Step<()> {
        self.needs_pair(key, body)?;
        self.open(session, bucket)?;
        let result = session.set_value(bucket, key, value, body);
        self.note_write(bucket, key, Some(body));
        self.recorded(&place("set", bucket, key), (bucket, key), result)
    }

    /// `delete`, which must succeed.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn delete(&mut self, session: &mut Session<'a>, bucket: &str, key: &str) -> Step<()> {
        self.needs_key(key)?;
        self.open(session, bucket)?;
        let result = session.delete(bucket, key);
        self.note_write(bucket, key, None);
        self.recorded(&place("delete", bucket, key), (bucket, key), result)
    }

    /// Sets up what a case starts from: `set`, and wait until `get` shows it. What goes wrong here
    /// refutes KVE-SET-01, whatever the case claims.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn given(&mut self, session: &mut Session<'a>, bucket: &str, key: &str, value: &[u8]) -> Step<()> {
        let claim = std::mem::replace(&mut self.claim, "KVE-SET-01");
        self.set(session, bucket, key, value)?;
        self.reads(session, bucket, key, Some(value))?;
        self.claim = claim;
        Ok(())
    }

    /// Both reads show this state: `get`, then `exists`.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn shows(&mut self, session: &mut Session<'a>, bucket: &str, key: &str, state: Option<&[u8]>) -> Step<()> {
        self.reads(session, bucket, key, state)?;
        self.exists(session, bucket, key, state.is_some())
    }

    /// The session's handle of a bucket that must open. An error refutes KVE-BKT-04.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn open(&mut self, session: &mut Session<'a>, bucket: &str) -> Step<()> {
        let opened = session.handle(bucket).map(|_| ());
        self.opened(bucket, opened)
    }

    /// Drops the session's handle of the bucket and opens another.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn reopen(&mut self, session: &mut Session<'a>, bucket: &str) -> Step<()> {
        let opened = session.reopen(bucket);
        self.opened(bucket, opened)
    }

    /// A handle that belongs to no session: only for being open, no calls on it are recorded.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn idle_handle(&mut self, bucket: &str) -> Step<Box<dyn Bucket>> {
        // Sessions of the case have one too.
        self.needs_handles(2)?;
        let opened = self.implementation().open(bucket);
        self.opened(bucket, opened)
    }

    /// A new outgoing value.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn outgoing(&mut self) -> Step<Box<dyn OutgoingValue>> {
        let made = self.implementation().outgoing_value();
        self.call("new-outgoing-value", made)
    }

    /// A new outgoing value whose body was written at once.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn outgoing_with(&mut self, body: &[u8]) -> Step<Box<dyn OutgoingValue>> {
        let value = self.outgoing()?;
        self.call("write-body-sync", value.write_sync(body))?;
        Ok(value)
    }

    /// The result of a call that is no operation of a session: an error refutes the claim.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn call<T>(&mut self, call: &str, result: Result<T, Failure>) -> Step<T> {
        let result = self.or_fault(result);
        self.succeeded(call, None, result)
    }

    /// The result of a call that the declaration makes an error: a result refutes the claim.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn refused<T>(&mut self, call: &str, why: &str, result: Result<T, Failure>) -> Step<()> {
        self.comparisons += 1;
        match self.or_fault(result) {
            Err(Failure::Error(error)) => {
                if error.trace.is_empty() {
                    self.observe(format!("{call} gave an error whose trace is empty"));
                }
                Ok(())
            }
            Ok(_) => Err(self.refute_words(None, format!("{call} gives an error: {why}"), "it succeeded".into())),
            Err(failure) => self.succeeded(call, None, Err(failure)),
        }
    }

    /// As [`Check::refused`], of a recorded `set`.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn set_is_refused(
        &mut self,
        session: &mut Session<'a>,
        bucket: &str,
        key: &str,
        value: &[u8],
        why: &str,
    ) -> Step<()> {
        self.open(session, bucket)?;
        let result = session.set(bucket, key, value);
        self.note_write(bucket, key, Some(value));
        self.refused(&place("set", bucket, key), why, result)
    }

    /// Compares something other than the state of a register.
    ///
    /// # Errors
    /// The refutation of the claim when they differ.
    pub fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: T, actual: T) -> Step<()> {
        self.holds(expected == actual, || (format!("{what} is {expected:?}"), format!("{actual:?}")))
    }

    /// Compares; `words` gives what was expected and what was seen.
    ///
    /// # Errors
    /// The refutation of the claim when it does not hold.
    pub fn holds(&mut self, holds: bool, words: impl FnOnce() -> (String, String)) -> Step<()> {
        self.comparisons += 1;
        if holds {
            return Ok(());
        }
        let (expected, actual) = words();
        Err(self.refute_words(None, expected, actual))
    }

    /// A trap while the last handles were dropped counts too.
    pub(crate) fn nothing_broke_at_the_end(&mut self) -> Step<()> {
        self.call("dropping the last handles", Ok(()))
    }

    /// Waits until the convergence bound has passed since the last write of any register.
    pub fn settle(&mut self) {
        let bound_ns = u64::try_from(self.declaration.convergence_bound().as_nanos()).unwrap_or(u64::MAX);
        let last_ns = self.writes.values().flat_map(|keys| keys.values()).filter_map(|writes| writes.last_ns).max();
        let due_ns = last_ns.map_or(0, |last| last.saturating_add(bound_ns));
        let clock = self.recorder.clock();
        let wait_ns = due_ns.saturating_sub(clock.now_ns());
        if wait_ns > 0 {
            clock.advance(Duration::from_nanos(wait_ns));
        }
    }

    /// Lets the convergence bound pass once more, whatever has passed already.
    pub fn wait_a_bound(&mut self) {
        self.recorder.clock().advance(self.declaration.convergence_bound());
    }

    /// Notes that no write is in flight, for the oracle.
    pub fn mark_quiescent(&self) {
        self.recorder.mark_quiescent();
    }

    /// Notes a write that the case made by other means than [`Check::set`] and its kin, such as
    /// within a closure that held the context.
    pub fn note_write(&mut self, bucket: &str, key: &str, value: Option<&[u8]>) {
        let now_ns = self.clock().now_ns();
        let writes = self.writes.entry(bucket.to_owned()).or_default().entry(key.to_owned()).or_default();
        writes.last_ns = Some(now_ns);
        if let Some(value) = value {
            writes.values.push(value.to_vec());
        }
    }

    /// The outcome of a recorded operation made by other means than the methods above.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn recorded<T>(&mut self, call: &str, register: (&str, &str), result: Result<T, Failure>) -> Step<T> {
        let register = Some((register.0.to_owned(), register.1.to_owned()));
        self.succeeded(call, register, result)
    }

    fn opened<T>(&mut self, bucket: &str, opened: Result<T, Failure>) -> Step<T> {
        let claim = std::mem::replace(&mut self.claim, "KVE-BKT-04");
        let opened = self.call(&format!("open of {}", name_text(bucket)), opened)?;
        self.claim = claim;
        Ok(opened)
    }

    fn succeeded<T>(&mut self, call: &str, register: Option<(String, String)>, result: Result<T, Failure>) -> Step<T> {
        match result {
            Ok(value) => Ok(value),
            Err(Failure::Harness(why)) => Err(Stop::Harness(format!("{call}: {why}"))),
            Err(Failure::Unanswered(why)) => Err(Stop::Inconclusive(format!("{call} was not answered: {why}"))),
            Err(trap @ Failure::Trap(_)) => {
                self.claim = "KVE-ERR-01";
                Err(self.refute_words(register, format!("{call} gives a result or an error"), trap.to_string()))
            }
            Err(error) => Err(self.refute_words(register, format!("{call} succeeds"), error.to_string())),
        }
    }

    /// A fault noticed outside any call counts against the first call that is asked after it.
    fn or_fault<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        match self.implementation().take_fault() {
            Some(fault) if result.is_ok() => Err(fault),
            _ => result,
        }
    }

    fn refute_words(&self, register: Option<(String, String)>, expected: String, actual: String) -> Stop {
        self.refute(register, Finding::Words { expected, actual })
    }

    fn refute(&self, register: Option<(String, String)>, finding: Finding) -> Stop {
        let premises = self.premises.clone();
        Stop::Refuted(Box::new(Refutation { claim: self.claim, register, finding, premises }))
    }
}

/// A call on a register in words, such as `get of b/k`.
pub(crate) fn place(call: &str, bucket: &str, key: &str) -> String {
    format!("{call} of {}/{}", name_text(bucket), name_text(key))
}

#[cfg(test)]
mod tests;
