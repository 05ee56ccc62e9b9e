//! How the steps of a workload are chosen.

use std::time::Duration;

use arbitrary::Unstructured;
use kvspec_reference::random::Random;
use kvspec_reference::workload::{Call, Step, Workload};

use super::choices::Choices;
use super::names::Names;
use super::repertoire::Repertoire;
use super::size::Size;
use super::streams::stream_some;
use super::values::Values;
use crate::declaration::{Declaration, Limits};

/// A workload from a fuzzer's bytes. More bytes make a longer one; those that run out choose the
/// plainest of each choice.
///
/// # Errors
/// [`arbitrary::Error::NotEnoughData`] when there are no bytes at all.
pub fn from_unstructured(
    declaration: &Declaration,
    size: Size,
    bytes: &mut Unstructured<'_>,
) -> arbitrary::Result<Workload> {
    if bytes.is_empty() {
        return Err(arbitrary::Error::NotEnoughData);
    }
    Ok(Generator::new(declaration, Repertoire::FOUR_OPERATIONS, size, bytes).workload())
}

/// As [`from_unstructured`], with all operations that are offered.
///
/// # Errors
/// As [`from_unstructured`].
pub fn from_unstructured_offering(
    declaration: &Declaration,
    repertoire: Repertoire,
    size: Size,
    bytes: &mut Unstructured<'_>,
) -> arbitrary::Result<Workload> {
    if bytes.is_empty() {
        return Err(arbitrary::Error::NotEnoughData);
    }
    Ok(Generator::new(declaration, repertoire, size, bytes).workload())
}

/// A workload from a seed: the same seed gives the same one.
pub fn from_seed(declaration: &Declaration, size: Size, seed: u64) -> Workload {
    from_seed_offering(declaration, Repertoire::FOUR_OPERATIONS, size, seed)
}

/// As [`from_seed`], with all operations that are offered.
/// Where bodies can be streamed and there are no other operations, which `eventual@0.1.0` lacks, some are.
pub fn from_seed_offering(declaration: &Declaration, repertoire: Repertoire, size: Size, seed: u64) -> Workload {
    let mut workload = Generator::new(declaration, repertoire, size, &mut Random::new(seed)).workload();
    if repertoire == Repertoire::FOUR_OPERATIONS && declaration.capabilities.streaming {
        stream_some(&mut workload, seed);
    }
    workload
}

/// How the steps of a workload are chosen.
pub(super) struct Generator<'c, C> {
    pub(super) choices: &'c mut C,
    pub(super) repertoire: Repertoire,
    pub(super) limits: Limits,
    pub(super) size: Size,
    pub(super) bound: Duration,
    pub(super) sessions: u16,
    pub(super) names: Names,
    pub(super) values: Values,
    pub(super) steps: Vec<Step>,
    /// The registers that were counted in.
    pub(super) counters: Vec<(String, String)>,
}

impl<'c, C: Choices> Generator<'c, C> {
    fn new(declaration: &Declaration, repertoire: Repertoire, size: Size, choices: &'c mut C) -> Self {
        let is_wide = repertoire != Repertoire::FOUR_OPERATIONS;
        let names = Names::choose(declaration, is_wide, choices);
        // Each session holds a handle of each bucket.
        let handles_max = declaration.limits.max_handles.unwrap_or(usize::MAX);
        let sessions_max = usize::from(size.sessions).min(handles_max / names.bucket_count()).max(1);
        let sessions = (1 + choices.weighted(&[1, 5, 4, 2])).min(sessions_max) as u16;
        let longest = names.value_bytes_max(declaration, size);
        let limits = &declaration.limits;
        let has_quota = limits.max_total_bytes.is_some();
        let limit = if has_quota { longest } else { limits.max_value_bytes.unwrap_or(usize::MAX) };
        let values = Values::choose(longest, limit, sessions, is_wide, choices);
        Self {
            choices,
            repertoire,
            limits: declaration.limits.clone(),
            size,
            bound: declaration.convergence_bound(),
            sessions,
            names,
            values,
            steps: Vec::new(),
            counters: Vec::new(),
        }
    }

    fn workload(mut self) -> Workload {
        if self.repertoire != Repertoire::FOUR_OPERATIONS {
            return self.store_workload();
        }
        // Short workloads are frequent: most bugs need few steps, and they run fast.
        let steps = [self.size.steps / 4, self.size.steps / 2, self.size.steps][self.choices.weighted(&[2, 2, 1])];
        while self.steps.is_empty() || self.steps.len() < steps && !self.choices.is_exhausted() {
            match self.choices.weighted(&[6, 4, 3, 1, 3, 1]) {
                0 => self.mixed(),
                1 => self.storm(),
                2 => self.pause(),
                3 => self.reopen(),
                4 => self.traffic_around_one(),
                _ => self.steps.push(Step::Quiesce),
            }
        }
        self.steps.push(Step::Quiesce);
        if self.choices.one_in(3) {
            // What settled must stay.
            self.pause();
            self.steps.push(Step::Quiesce);
        }
        Workload { sessions: self.sessions, steps: self.steps }
    }

    /// A few calls of any kind.
    pub(super) fn mixed(&mut self) {
        for _ in 0..1 + self.choices.below(6) {
            let register = self.names.pick(self.choices);
            match self.choices.weighted(&[4, 2, 4, 2]) {
                0 => self.set(register),
                1 => self.delete(register),
                2 => self.read(register, false),
                _ => self.read(register, true),
            }
        }
    }

    /// Set and delete of one key in quick turns, by one session or several.
    pub(super) fn storm(&mut self) {
        let register = self.names.pick(self.choices);
        for _ in 0..2 + self.choices.below(4) {
            if self.choices.one_in(2) { self.set(register) } else { self.delete(register) }
        }
        self.read(register, false);
    }

    /// Time passes: an instant, part of the convergence bound, just more than it, or much more.
    pub(super) fn pause(&mut self) {
        let parts_per_mille = [2, 20, 100, 250, 500, 950, 1_050, 2_500, 60_000];
        let chosen = parts_per_mille[self.choices.weighted(&[2, 3, 4, 4, 4, 2, 3, 2, 1])];
        // A store that converges at once still has a clock.
        let unit = self.bound.max(Duration::from_millis(100));
        self.steps.push(Step::Wait((unit * chosen / 1_000).min(self.size.pause)));
    }

    pub(super) fn reopen(&mut self) {
        let bucket = self.names.bucket(self.names.pick(self.choices)).to_owned();
        self.call(|_| Call::Reopen { bucket });
    }

    /// One key is left in peace for longer than the bound while others are written; then every
    /// session reads it.
    pub(super) fn traffic_around_one(&mut self) {
        let quiet = self.names.pick(self.choices);
        if self.choices.one_in(3) {
            self.delete(quiet)
        } else {
            self.set(quiet)
        }
        let turns = 2 + self.choices.weighted(&[1, 3, 2, 1]) as u32;
        for _ in 0..turns {
            self.steps.push(Step::Wait(self.bound * (1_100 / turns) / 1_000));
            let other = self.names.other_than(quiet, self.choices);
            if other != quiet {
                self.set(other);
            }
        }
        for session in 0..self.sessions {
            let (bucket, key) = self.names.register(quiet);
            let by_exists = self.choices.one_in(3);
            let call = if by_exists { Call::Exists { bucket, key } } else { Call::Get { bucket, key } };
            self.steps.push(Step::Call { session, call });
        }
    }

    pub(super) fn set(&mut self, register: usize) {
        let (bucket, key) = self.names.register(register);
        let session = self.session();
        let value = self.values.next(session, self.choices);
        self.steps.push(Step::Call { session, call: Call::Set { bucket, key, value } });
    }

    pub(super) fn delete(&mut self, register: usize) {
        let (bucket, key) = self.names.register(register);
        self.call(|_| Call::Delete { bucket, key });
    }

    pub(super) fn read(&mut self, register: usize, by_exists: bool) {
        let (bucket, key) = self.names.register(register);
        self.call(|_| if by_exists { Call::Exists { bucket, key } } else { Call::Get { bucket, key } });
    }

    fn call(&mut self, call: impl FnOnce(&mut Self) -> Call) {
        let session = self.session();
        let call = call(self);
        self.steps.push(Step::Call { session, call });
    }

    pub(super) fn session(&mut self) -> u16 {
        self.choices.below(u32::from(self.sessions)) as u16
    }
}
