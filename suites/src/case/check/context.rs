//! The context a case runs in, and its plainest steps.

use std::collections::BTreeMap;
use std::time::Duration;

use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::history::{HistoryError, Kind};
use kvspec_reference::interface::{Clock, Implementation, OutgoingValue};
use kvspec_reference::workload::recorder::{Recorder, Session};
use kvspec_reference::{History, Profile, RequirementId};

use super::answered::Answered;
use super::refutation::Refutation;
use super::stop::Checked;
use crate::declaration::Declaration;
use crate::judging::Handles;
use crate::requirement;

/// The context of one run of one case.
pub struct Check<'a> {
    pub(super) name: &'static str,
    pub(super) requirements: &'static [RequirementId],
    pub(super) declaration: &'a Declaration,
    pub(super) recorder: Recorder<'a>,
    pub(super) seed: u64,
    pub(super) claim: RequirementId,
    /// Whether the steps are not what the case is about: see [`Check::incidentally`].
    pub(super) is_incidental: bool,
    pub(super) premise: Option<String>,
    /// Whether a session dropped a handle and opened another.
    pub(super) handles: Handles,
    pub(super) writes: BTreeMap<String, BTreeMap<String, Writes>>,
    pub(super) values_made: u32,
    pub(super) comparisons: u64,
    pub(super) observations: Vec<String>,
    pub(super) convergence_ns: Vec<u64>,
}

/// What was asked of one register so far.
#[derive(Default)]
pub(super) struct Writes {
    /// Every value given to a set, whatever its outcome.
    pub(super) values: Vec<Vec<u8>>,
    /// When the last write was answered, on the implementation's clock.
    pub(super) last_ns: Option<u64>,
    /// What the last write that succeeded left: `None` where there was none.
    pub(super) present: Option<bool>,
    /// Whether a write of a session is in the history.
    pub(super) is_recorded: bool,
    /// Whether there was a write by other means, which may not be in the history.
    pub(super) is_written_otherwise: bool,
    /// How many bytes the key and its value take, as far as is known.
    pub(super) held_bytes: usize,
}

/// What a run of a case leaves behind.
pub(crate) struct Evidence {
    pub(crate) history: History,
    pub(crate) comparisons: u64,
    pub(crate) observations: Vec<String>,
    pub(crate) convergence_ns: Vec<u64>,
    pub(crate) handles: Handles,
}

impl<'a> Check<'a> {
    pub(crate) fn new(
        (name, requirements): (&'static str, &'static [RequirementId]),
        profile: Profile,
        implementation: &'a dyn Implementation,
        clock: &'a dyn Clock,
        declaration: &'a Declaration,
        seed: u64,
    ) -> Self {
        let recorder = Recorder::new(implementation, clock, profile.name(), declaration.convergence_bound());
        let recorder = recorder.persisting(declaration.errors.persistence());
        Self {
            name,
            requirements,
            declaration,
            recorder,
            seed,
            claim: first_demanded(requirements),
            is_incidental: false,
            premise: None,
            handles: Handles::Kept,
            writes: BTreeMap::new(),
            values_made: 0,
            comparisons: 0,
            observations: Vec::new(),
            convergence_ns: Vec::new(),
        }
    }

    /// The history and the counts; and, of a refutation, the anomaly.
    ///
    /// # Errors
    /// When the case recorded what no history can hold.
    pub(crate) fn finish(self, refutation: Option<Refutation>) -> Result<(Evidence, Option<Anomaly>), HistoryError> {
        let history = self.recorder.finish()?;
        let anomaly = refutation.map(|r| r.into_anomaly(&history, self.declaration.convergence_bound()));
        let Self { comparisons, observations, convergence_ns, handles, .. } = self;
        Ok((Evidence { history, comparisons, observations, convergence_ns, handles }, anomaly))
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
    pub fn claim(&mut self, requirement: RequirementId) {
        debug_assert!(self.requirements.contains(&requirement), "{} names no {requirement}", self.name);
        self.claim = requirement;
    }

    /// Something a reader must know to understand the steps that follow: a sentence for the chain
    /// of reasons of an anomaly. Replaces the one before.
    pub fn premise(&mut self, sentence: impl Into<String>) {
        self.premise = Some(sentence.into());
    }

    /// Reports behaviour that the interface leaves open: never a failure.
    pub fn observe(&mut self, sentence: impl Into<String>) {
        self.observations.push(sentence.into());
    }

    /// `set`, which must succeed.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn set(&mut self, session: &mut Session<'a>, bucket: &str, key: &str, value: &[u8]) -> Checked<()> {
        self.needs_pair(bucket, key, value)?;
        self.open(session, bucket)?;
        let result = session.set(bucket, key, value);
        self.note_recorded(bucket, key, Some(value));
        self.recorded(Kind::Set, (bucket, key), result)
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
    ) -> Checked<()> {
        self.needs_pair(bucket, key, body)?;
        self.open(session, bucket)?;
        let result = session.set_value(bucket, key, value, body);
        self.note_recorded(bucket, key, Some(body));
        self.recorded(Kind::Set, (bucket, key), result)
    }

    /// `delete`, which must succeed.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn delete(&mut self, session: &mut Session<'a>, bucket: &str, key: &str) -> Checked<()> {
        self.needs_key(key)?;
        self.open(session, bucket)?;
        let result = session.delete(bucket, key);
        self.note_recorded(bucket, key, None);
        self.recorded(Kind::Delete, (bucket, key), result)
    }

    /// Both reads show this state: `get`, then `exists`.
    ///
    /// # Errors
    /// The refutation of the claim, or why the case ends.
    pub fn shows(&mut self, session: &mut Session<'a>, bucket: &str, key: &str, state: Option<&[u8]>) -> Checked<()> {
        self.reads(session, bucket, key, state)?;
        self.exists(session, bucket, key, state.is_some())
    }

    /// Compares something other than the state of a register.
    ///
    /// # Errors
    /// The refutation of the claim when they differ.
    pub fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: T, actual: T) -> Checked<()> {
        self.holds(expected == actual, || (format!("{what} is {expected:?}"), format!("{actual:?}")))
    }

    /// Compares; `words` gives what was expected and what was seen.
    ///
    /// # Errors
    /// The refutation of the claim when it does not hold.
    pub fn holds(&mut self, holds: bool, words: impl FnOnce() -> (String, String)) -> Checked<()> {
        self.holds_of(None, holds, words)
    }

    /// As [`Check::holds`], of what an operation gave: see [`Check::last_operation`].
    ///
    /// # Errors
    /// The refutation of the claim when it does not hold.
    pub fn holds_of(
        &mut self,
        operation: Option<Answered>,
        holds: bool,
        words: impl FnOnce() -> (String, String),
    ) -> Checked<()> {
        self.comparisons += 1;
        if holds {
            return Ok(());
        }
        let (expected, actual) = words();
        Err(self.refute_words(None, operation, expected, actual))
    }

    /// Counts as a comparison: an answer was awaited, of whatever kind, and came.
    pub fn counted(&mut self) {
        self.comparisons += 1;
    }

    /// The operation that was answered last, to speak of later. `None` before the first.
    pub fn last_operation(&self) -> Option<Answered> {
        self.recorder.operation_count().checked_sub(1).map(Answered)
    }

    /// A trap while the last handles were dropped counts too.
    pub(crate) fn nothing_broke_at_the_end(&mut self) -> Checked<()> {
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

    /// Notes a write that the case made by other means than [`Check::set`] and its kin, such as
    /// within a closure that held the context.
    pub fn note_write(&mut self, bucket: &str, key: &str, value: Option<&[u8]>) {
        self.note_asked(bucket, key, value);
        self.writes_of(bucket, key).is_written_otherwise = true;
    }

    /// Notes whether a write that succeeded, made by other means, left the key present.
    pub fn note_state(&mut self, bucket: &str, key: &str, is_present: bool) {
        let writes = self.writes_of(bucket, key);
        (writes.present, writes.is_written_otherwise) = (Some(is_present), true);
        if !is_present {
            writes.held_bytes = 0;
        }
    }

    /// Notes a write of a session, which is in the history.
    pub(super) fn note_recorded(&mut self, bucket: &str, key: &str, value: Option<&[u8]>) {
        self.note_asked(bucket, key, value);
        self.writes_of(bucket, key).is_recorded = true;
    }

    fn note_asked(&mut self, bucket: &str, key: &str, value: Option<&[u8]>) {
        let now_ns = self.clock().now_ns();
        let writes = self.writes_of(bucket, key);
        writes.last_ns = Some(now_ns);
        writes.values.extend(value.map(<[u8]>::to_vec));
        if value.is_none() {
            writes.held_bytes = 0;
        }
    }

    pub(super) fn writes_of(&mut self, bucket: &str, key: &str) -> &mut Writes {
        self.writes.entry(bucket.to_owned()).or_default().entry(key.to_owned()).or_default()
    }

    pub(super) fn present(&self, bucket: &str, key: &str) -> Option<bool> {
        self.writes.get(bucket).and_then(|keys| keys.get(key)).and_then(|writes| writes.present)
    }
}

/// The first requirement of a case that can be refuted: one that is only reported never is.
pub(super) fn first_demanded(requirements: &[RequirementId]) -> RequirementId {
    let demanded = |id: &&RequirementId| !requirement::find(**id).is_only_observed();
    *requirements.iter().find(demanded).unwrap_or(&requirements[0])
}
