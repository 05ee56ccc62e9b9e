//! Stores that are as weak and as narrow as the interface permits. No case may fail them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use kvspec_reference::interface::{
    Bucket, BufferedOutgoing, Clock, Failure, Implementation, IncomingValue, InputStream, OutgoingValue, OutputStream,
    Result,
};
use kvspec_reference::workload::recorder::ManualClock;

use crate::case::{CaseReport, Totals, Verdict, run_case};
use crate::declaration::{Declaration, KeyCharacters};

/// A store whose reads give any state that the interface permits, drawn from a seed: until the
/// bound has passed since the last write of a key, each read gives any older state of it.
#[derive(Clone)]
pub(crate) struct Weakest {
    shared: Rc<Shared>,
}

struct Shared {
    declaration: Declaration,
    clock: ManualClock,
    chance: Cell<u64>,
    /// How long each call takes on the store's clock.
    call: Duration,
    open_handles: Cell<usize>,
    registers: RefCell<BTreeMap<(String, String), Register>>,
}

#[derive(Default)]
struct Register {
    states: Vec<Option<Vec<u8>>>,
    last_write_ns: u64,
}

impl Weakest {
    pub(crate) fn new(declaration: Declaration, seed: u64, call: Duration) -> Self {
        let shared = Shared {
            declaration,
            clock: ManualClock::default(),
            chance: Cell::new(seed | 1),
            call,
            open_handles: Cell::default(),
            registers: RefCell::default(),
        };
        Self { shared: Rc::new(shared) }
    }
}

impl Shared {
    fn below(&self, bound: usize) -> usize {
        let mut state = self.chance.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.chance.set(state);
        ((state >> 32) as usize) % bound
    }

    fn admit(&self, key: &str) -> Result<()> {
        self.clock.advance(self.call);
        let limits = &self.declaration.limits;
        match limits.key_characters.allow(key) && key.len() <= limits.max_key_bytes.unwrap_or(usize::MAX) {
            true => Ok(()),
            false => Err(Failure::error("no such key is possible")),
        }
    }

    fn read(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let registers = self.registers.borrow();
        let register = registers.get(&(bucket.to_owned(), key.to_owned()))?;
        let bound_ns = self.declaration.convergence_bound().as_nanos() as u64;
        if self.clock.now_ns() >= register.last_write_ns + bound_ns {
            return register.states.last()?.clone();
        }
        match self.below(register.states.len() + 1) {
            0 => None,
            n => register.states[n - 1].clone(),
        }
    }

    fn write(&self, bucket: &str, key: &str, state: Option<Vec<u8>>) -> Result<()> {
        let limits = &self.declaration.limits;
        if state.as_ref().is_some_and(|v| v.len() > limits.max_value_bytes.unwrap_or(usize::MAX)) {
            return Err(Failure::error("too much"));
        }
        let mut registers = self.registers.borrow_mut();
        let place = (bucket.to_owned(), key.to_owned());
        if let (Some(max), Some(_)) = (limits.max_keys, &state) {
            let present = |r: &Register| matches!(r.states.last(), Some(Some(_)));
            let others = registers.iter().filter(|(p, r)| p.0 == bucket && **p != place && present(r));
            if others.count() >= max {
                return Err(Failure::error("too many keys"));
            }
        }
        let register = registers.entry(place).or_default();
        register.states.push(state);
        register.last_write_ns = self.clock.now_ns();
        Ok(())
    }
}

impl Implementation for Weakest {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let shared = self.shared.clone();
        let Declaration { capabilities, limits, .. } = &shared.declaration;
        if !capabilities.creates_buckets && !capabilities.buckets.iter().any(|b| b == name) {
            return Err(Failure::error("no such bucket"));
        }
        if shared.open_handles.get() >= limits.max_handles.unwrap_or(usize::MAX) {
            return Err(Failure::error("too many handles"));
        }
        shared.open_handles.set(shared.open_handles.get() + 1);
        Ok(Box::new(Handle { shared, bucket: name.to_owned() }))
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        let streaming = self.shared.declaration.capabilities.streaming;
        Ok(if streaming { Box::new(BufferedOutgoing::default()) } else { Box::new(Plain(RefCell::default())) })
    }

    fn clock(&self) -> Option<&dyn Clock> {
        Some(&self.shared.clock)
    }

    fn restart(&self) -> Option<Result<()>> {
        self.shared.declaration.capabilities.outlives_instance.then_some(Ok(()))
    }
}

struct Handle {
    shared: Rc<Shared>,
    bucket: String,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.open_handles.set(self.shared.open_handles.get() - 1);
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.shared.admit(key)?;
        Ok(self.shared.read(&self.bucket, key))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.shared.admit(key)?;
        self.shared.write(&self.bucket, key, Some(value.to_vec()))
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.shared.admit(key)?;
        self.shared.write(&self.bucket, key, None)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.shared.admit(key)?;
        Ok(self.shared.read(&self.bucket, key).is_some())
    }

    fn get_value(&self, key: &str) -> Result<Option<Box<dyn IncomingValue>>> {
        let capabilities = self.shared.declaration.capabilities.clone();
        let incoming = |bytes| -> Box<dyn IncomingValue> {
            Box::new(Incoming { bytes, size_known: capabilities.size_known, streaming: capabilities.streaming })
        };
        Ok(self.get(key)?.map(incoming))
    }

    fn set_value(&self, key: &str, value: &dyn OutgoingValue) -> Result<()> {
        let any: &dyn std::any::Any = value;
        let body = match (any.downcast_ref::<BufferedOutgoing>(), any.downcast_ref::<Plain>()) {
            (Some(buffered), _) => buffered.body(),
            (None, Some(plain)) => plain.0.borrow().clone().ok_or_else(|| Failure::error("no body"))?,
            (None, None) => return Err(Failure::Harness("foreign outgoing value".into())),
        };
        self.set(key, &body)
    }
}

/// An outgoing value without streams that takes one body, once.
struct Plain(RefCell<Option<Vec<u8>>>);

impl OutgoingValue for Plain {
    fn write_sync(&self, body: &[u8]) -> Result<()> {
        if self.0.borrow().is_some() {
            return Err(Failure::error("there is a body already"));
        }
        *self.0.borrow_mut() = Some(body.to_vec());
        Ok(())
    }

    fn write_stream(&self) -> Result<Box<dyn OutputStream>> {
        Err(Failure::error("no streams here"))
    }
}

struct Incoming {
    bytes: Vec<u8>,
    size_known: bool,
    streaming: bool,
}

impl IncomingValue for Incoming {
    fn size(&self) -> Result<u64> {
        self.size_known.then_some(self.bytes.len() as u64).ok_or_else(|| Failure::error("size unknown"))
    }

    fn consume_sync(self: Box<Self>) -> Result<Vec<u8>> {
        Ok(self.bytes)
    }

    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>> {
        match self.streaming {
            true => Ok(Box::new(Trickle(self.bytes.into()))),
            false => Err(Failure::error("no streams here")),
        }
    }
}

/// Gives fewer bytes than it is asked for, as a stream may.
struct Trickle(std::collections::VecDeque<u8>);

impl InputStream for Trickle {
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>> {
        let count = usize::try_from(limit).unwrap_or(usize::MAX).min(self.0.len()).min(1_013);
        Ok((!self.0.is_empty()).then(|| self.0.drain(..count).collect()))
    }
}

/// Runs all cases; none may fail or be our fault.
fn totals(declaration: &Declaration, seed: u64, call: Duration) -> Totals {
    let mut reports: Vec<CaseReport> = Vec::new();
    for case in super::all() {
        let store = Weakest::new(declaration.clone(), seed, call);
        let unused = ManualClock::default();
        let report = run_case(case, kvspec_reference::Profile::Eventual, &store, &unused, declaration, seed);
        let is_fine = matches!(report.verdict, Verdict::Pass | Verdict::Skip(_));
        assert!(is_fine, "{}, seed {seed}: {:?} {:#?}", case.name, report.verdict, report.anomalies);
        reports.push(report);
    }
    Totals::of(&reports)
}

#[test]
fn the_weakest_store_passes() {
    for seed in 1..=8 {
        let totals = totals(&Declaration::default(), seed, Duration::ZERO);
        assert!(totals.pass >= 140, "{totals:?}");
    }
}

#[test]
fn a_slow_store_passes() {
    let mut declaration = Declaration::default();
    for bound_ms in [1, 50, 60_000] {
        declaration.consistency.convergence_ms = Some(bound_ms);
        assert!(totals(&declaration, 7, Duration::from_millis(17)).pass >= 140);
    }
}

#[test]
fn a_store_that_declares_little_passes_what_is_left() {
    let mut declaration = Declaration::default();
    declaration.capabilities.streaming = false;
    declaration.capabilities.size_known = false;
    declaration.capabilities.creates_buckets = false;
    declaration.capabilities.buckets = vec!["only".into()];
    declaration.limits.key_characters = KeyCharacters::Portable;
    for seed in 1..=5 {
        let totals = totals(&declaration, seed, Duration::ZERO);
        assert!(totals.pass >= 90, "{totals:?}");
    }
    declaration.capabilities.buckets.push("second".into());
    declaration.capabilities.outlives_instance = true;
    assert!(totals(&declaration, 9, Duration::ZERO).pass >= 95);
}

#[test]
fn tiny_limits_with_honest_errors_pass() {
    for limit in [1, 2, 3, 4, 5, 17, 33, 5_000] {
        let mut declaration = Declaration::default();
        declaration.limits.max_value_bytes = Some(limit);
        assert!(totals(&declaration, 3, Duration::ZERO).pass >= 10);
        let mut declaration = Declaration::default();
        declaration.limits.max_key_bytes = Some(limit);
        assert!(totals(&declaration, 3, Duration::ZERO).pass >= 10);
        let mut declaration = Declaration::default();
        declaration.limits.max_keys = Some(limit);
        assert!(totals(&declaration, 3, Duration::ZERO).pass >= 10);
        let mut declaration = Declaration::default();
        declaration.limits.max_handles = Some(limit);
        assert!(totals(&declaration, 3, Duration::ZERO).pass >= 10);
    }
}

#[test]
fn every_narrowing_of_keys_passes() {
    for characters in [KeyCharacters::NonEmpty, KeyCharacters::PrintableAscii, KeyCharacters::Portable] {
        let mut declaration = Declaration::default();
        declaration.limits.key_characters = characters;
        assert!(totals(&declaration, 5, Duration::ZERO).pass >= 100);
    }
}
