//! Histories: the operations of all sessions, with their times on one clock.
//!
//! A history is held flat, for judging many millions of operations: one [`Record`] of 20 bytes an
//! operation, with registers and values interned and times replaced by their **rank** among all
//! events. Ranks are dense and strictly ordered: operation `a` precedes `b` exactly when
//! `a.response < b.invoke`. Where two events of an imported history carry the same time, the
//! invocation is ranked first, so that the operations overlap.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// A read or write state: the key is absent.
pub const ABSENT: u32 = 0;
/// The result of `exists` when the key is present, whatever its value.
pub const PRESENT: u32 = u32::MAX;
/// The response rank of an operation that never answered.
pub const NEVER: u32 = u32::MAX;

/// Which operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A read of the whole value.
    Get,
    /// A write of a value.
    Set,
    /// A write of absence.
    Delete,
    /// A read of whether the key is present.
    Exists,
    /// Writes a value if the register holds an expected one; `value` indexes [`History::swaps`].
    CompareAndSwap,
}

impl Kind {
    /// Whether the operation can change the register.
    pub fn is_write(self) -> bool {
        matches!(self, Kind::Set | Kind::Delete | Kind::CompareAndSwap)
    }

    /// The name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Get => "get",
            Kind::Set => "set",
            Kind::Delete => "delete",
            Kind::Exists => "exists",
            Kind::CompareAndSwap => "cas",
        }
    }
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// With a result.
    Ok,
    /// With the interface's own error: a write may have taken effect or not.
    Error,
    /// The implementation broke.
    Trap,
    /// No answer.
    Unknown,
    /// Certainly without effect (only in imported histories).
    Failed,
}

impl Outcome {
    /// The name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Error => "error",
            Outcome::Trap => "trap",
            Outcome::Unknown => "unknown",
            Outcome::Failed => "failed",
        }
    }
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Rank of the invocation.
    pub invoke: u32,
    /// Rank of the response; [`NEVER`] when none came.
    pub response: u32,
    /// Index into [`History::registers`].
    pub register: u32,
    /// What was written or read: an index into [`History::values`], [`ABSENT`], [`PRESENT`] (only
    /// for `exists`) or, for a compare-and-swap, an index into [`History::swaps`]. Without meaning
    /// for a read whose outcome is not ok.
    pub value: u32,
    /// The session that issued it.
    pub session: u16,
    /// Which operation.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
}

impl Record {
    /// A write with outcome ok. (A compare-and-swap counts when it swapped; see
    /// [`History::swaps`].)
    pub fn is_ok_write(&self) -> bool {
        self.kind.is_write() && self.outcome == Outcome::Ok
    }

    /// A write of which nobody knows whether it takes effect: outcome error, trap or unknown.
    pub fn is_indeterminate_write(&self) -> bool {
        self.kind.is_write() && matches!(self.outcome, Outcome::Error | Outcome::Trap | Outcome::Unknown)
    }

    /// A read with a result.
    pub fn is_ok_read(&self) -> bool {
        !self.kind.is_write() && self.outcome == Outcome::Ok
    }

    /// Whether this operation ended before `other` began.
    pub fn precedes(&self, other: &Record) -> bool {
        self.response < other.invoke
    }
}

/// The arguments and result of a compare-and-swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapArguments {
    /// The value the register must hold, or [`ABSENT`].
    pub expected: u32,
    /// The value it holds after.
    pub new: u32,
    /// Whether it swapped. A swap that answered «no» wrote nothing and saw another value.
    pub swapped: bool,
}

/// A value: its bytes, or only a name for it where a recording kept no bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// The bytes.
    Bytes(Arc<[u8]>),
    /// A number that stands for the value.
    Named(u64),
}

/// The clock whose readings a history's times are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockUnit {
    /// A counter of events: order without duration.
    #[default]
    Counter,
    /// Nanoseconds.
    Nanoseconds,
}

/// What holds for a whole history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Such as `eventual@0.1.0`.
    pub profile: String,
    /// How long after quiescence reads may still differ, in units of the clock.
    pub convergence_bound: u64,
    /// The unit of the times.
    pub clock: ClockUnit,
}

impl Default for Header {
    fn default() -> Self {
        Self { profile: "eventual@0.1.0".into(), convergence_bound: 0, clock: ClockUnit::Counter }
    }
}

/// A history, complete and in order.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What holds for the whole.
    pub header: Header,
    /// Operations in the order of their invocations.
    pub records: Vec<Record>,
    /// Bucket and key of each register.
    pub registers: Vec<(Arc<str>, Arc<str>)>,
    /// The values. Index 0 is never used: it stands for [`ABSENT`].
    pub values: Vec<Value>,
    /// Compare-and-swap operations.
    pub swaps: Vec<SwapArguments>,
    /// The time of each event, by rank. Strictly increasing but for ties.
    pub times: Vec<u64>,
    /// Times at which the recorder knew that no write was in flight.
    pub quiescent: Vec<u64>,
}

impl History {
    /// The time of the event with this rank; `None` for [`NEVER`].
    pub fn time(&self, rank: u32) -> Option<u64> {
        self.times.get(rank as usize).copied()
    }

    /// How many sessions there are: one more than the greatest number of a session.
    pub fn session_count(&self) -> usize {
        self.records.iter().map(|r| r.session as usize + 1).max().unwrap_or(0)
    }

    /// The state that an ok operation wrote or read, in words: `absent`, `present`, or the value.
    pub fn state_text(&self, state: u32) -> String {
        match state {
            ABSENT => "absent".into(),
            PRESENT => "present".into(),
            id => match &self.values[id as usize] {
                Value::Bytes(bytes) => crate::anomaly::value_text(bytes),
                Value::Named(name) => format!("#{name}"),
            },
        }
    }

    /// One operation in words, such as `session 0: set b/k = "v1" -> ok`.
    pub fn operation_text(&self, index: usize) -> String {
        let r = &self.records[index];
        let (bucket, key) = &self.registers[r.register as usize];
        let place = format!("{}/{}", crate::anomaly::name_text(bucket), crate::anomaly::name_text(key));
        let what = match r.kind {
            Kind::Set => format!("set {place} = {} -> {}", self.state_text(r.value), r.outcome.name()),
            Kind::Delete => format!("delete {place} -> {}", r.outcome.name()),
            Kind::CompareAndSwap => {
                let swap = self.swaps[r.value as usize];
                let (from, to) = (self.state_text(swap.expected), self.state_text(swap.new));
                let end = match r.outcome {
                    Outcome::Ok if swap.swapped => "swapped",
                    Outcome::Ok => "not swapped",
                    other => other.name(),
                };
                format!("cas {place} {from} to {to} -> {end}")
            }
            Kind::Get | Kind::Exists if r.outcome != Outcome::Ok => {
                format!("{} {place} -> {}", r.kind.name(), r.outcome.name())
            }
            Kind::Get => format!("get {place} -> {}", self.state_text(r.value)),
            Kind::Exists => format!("exists {place} -> {}", r.value == PRESENT),
        };
        format!("session {}: {what}", r.session)
    }
}

/// Why a sequence of entries is no history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryError {
    /// Entry `entry` responds before it is invoked.
    ResponseBeforeInvocation {
        /// Index of the entry in the order it was pushed.
        entry: usize,
    },
    /// A session issued an operation before its last one was answered.
    OverlapInSession {
        /// The session.
        session: u16,
        /// The earlier entry, in the order pushed.
        first: usize,
        /// The later entry.
        second: usize,
    },
    /// More events than ranks (2^32 - 2).
    TooLong,
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResponseBeforeInvocation { entry } => {
                write!(f, "operation {entry} responds before it is invoked")
            }
            Self::OverlapInSession { session, first, second } => write!(
                f,
                "session {session} issues operation {second} before its operation {first} has ended; \
                 a session issues calls one after another"
            ),
            Self::TooLong => write!(f, "more events than a history can hold (2^32 - 2)"),
        }
    }
}

impl std::error::Error for HistoryError {}

/// One operation as it is recorded, with times of the clock.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The session.
    pub session: u16,
    /// Which operation.
    pub kind: Kind,
    /// From [`HistoryBuilder::register`].
    pub register: u32,
    /// As [`Record::value`]; from the builder's `value_*` methods.
    pub value: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// When it was invoked.
    pub invoke: u64,
    /// When it was answered; `None` when it never was.
    pub response: Option<u64>,
}

/// Collects entries in any order and makes a [`History`] of them.
#[derive(Debug, Default)]
pub struct HistoryBuilder {
    header: Header,
    entries: Vec<Entry>,
    registers: Vec<(Arc<str>, Arc<str>)>,
    register_ids: HashMap<Arc<str>, HashMap<Arc<str>, u32>>,
    values: Vec<Value>,
    value_ids: HashMap<Arc<[u8]>, u32>,
    named_ids: HashMap<u64, u32>,
    swaps: Vec<SwapArguments>,
    quiescent: Vec<u64>,
    left_out: HashSet<u32>,
}

impl HistoryBuilder {
    /// A builder without entries.
    pub fn new(header: Header) -> Self {
        Self { header, values: vec![Value::Bytes(Arc::from([]))], ..Self::default() }
    }

    /// What holds for the whole.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The number of the register of this bucket and key.
    pub fn register(&mut self, bucket: &str, key: &str) -> u32 {
        if let Some(id) = self.register_ids.get(bucket).and_then(|keys| keys.get(key)) {
            return *id;
        }
        let (bucket, key): (Arc<str>, Arc<str>) = (bucket.into(), key.into());
        let id = self.registers.len() as u32;
        self.registers.push((bucket.clone(), key.clone()));
        self.register_ids.entry(bucket).or_default().insert(key, id);
        id
    }

    /// The number of a value by its bytes.
    pub fn value_bytes(&mut self, bytes: &[u8]) -> u32 {
        if let Some(id) = self.value_ids.get(bytes) {
            return *id;
        }
        let bytes: Arc<[u8]> = bytes.into();
        let id = self.values.len() as u32;
        self.values.push(Value::Bytes(bytes.clone()));
        self.value_ids.insert(bytes, id);
        id
    }

    /// The number of a value that a recording only names.
    pub fn value_named(&mut self, name: u64) -> u32 {
        let values = &mut self.values;
        *self.named_ids.entry(name).or_insert_with(|| {
            values.push(Value::Named(name));
            values.len() as u32 - 1
        })
    }

    /// The `value` of a compare-and-swap entry.
    pub fn swap(&mut self, arguments: SwapArguments) -> u32 {
        self.swaps.push(arguments);
        self.swaps.len() as u32 - 1
    }

    /// Adds an operation; returns its number in the order pushed.
    pub fn push(&mut self, entry: Entry) -> usize {
        self.entries.push(entry);
        self.entries.len() - 1
    }

    /// Leaves all operations on this register out, those pushed before and after: for one that was
    /// written by means which no entry can tell.
    pub fn leave_out(&mut self, register: u32) {
        self.left_out.insert(register);
    }

    /// Notes that no write was in flight at `time`.
    pub fn quiescent(&mut self, time: u64) {
        self.quiescent.push(time);
    }

    /// How many operations were added.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none was added.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Ranks all events and orders the operations by invocation. O(n log n), O(n) when the entries
    /// come nearly in order.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn finish(mut self) -> Result<History, HistoryError> {
        self.entries.retain(|entry| !self.left_out.contains(&entry.register));
        let entries = &self.entries;
        if entries.len() >= (NEVER as usize - 1) / 2 {
            return Err(HistoryError::TooLong);
        }
        let mut events: Vec<(u64, bool, u32)> = Vec::with_capacity(entries.len() * 2);
        for (i, e) in entries.iter().enumerate() {
            events.push((e.invoke, false, i as u32));
            if let Some(response) = e.response {
                if response < e.invoke {
                    return Err(HistoryError::ResponseBeforeInvocation { entry: i });
                }
                events.push((response, true, i as u32));
            }
        }
        events.sort();

        let mut position = vec![u32::MAX; entries.len()];
        let mut records: Vec<Record> = Vec::with_capacity(entries.len());
        let mut last_of_session: HashMap<u16, usize> = HashMap::new();
        for (rank, &(_, is_response, i)) in events.iter().enumerate() {
            let entry = &entries[i as usize];
            if is_response {
                records[position[i as usize] as usize].response = rank as u32;
                continue;
            }
            if let Some(first) = last_of_session.insert(entry.session, i as usize)
                && entries[first].response.is_some_and(|response| response > entry.invoke)
            {
                return Err(HistoryError::OverlapInSession { session: entry.session, first, second: i as usize });
            }
            position[i as usize] = records.len() as u32;
            records.push(Record {
                invoke: rank as u32,
                response: NEVER,
                register: entry.register,
                value: entry.value,
                session: entry.session,
                kind: entry.kind,
                outcome: entry.outcome,
            });
        }
        let times = events.iter().map(|e| e.0).collect();
        Ok(History {
            header: self.header,
            records,
            registers: self.registers,
            values: self.values,
            swaps: self.swaps,
            times,
            quiescent: self.quiescent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(session: u16, invoke: u64, response: Option<u64>) -> Entry {
        Entry { session, kind: Kind::Delete, register: 0, value: ABSENT, outcome: Outcome::Ok, invoke, response }
    }

    #[test]
    fn a_record_is_small() {
        assert_eq!(size_of::<Record>(), 20);
    }

    #[test]
    fn touching_operations_of_two_sessions_overlap() {
        let mut builder = HistoryBuilder::new(Header::default());
        builder.register("b", "k");
        builder.push(entry(1, 5, Some(9)));
        builder.push(entry(0, 1, Some(5)));
        let history = builder.finish().unwrap();
        assert_eq!(history.records[0].session, 0);
        assert!(!history.records[0].precedes(&history.records[1]));
        assert_eq!(history.times, [1, 5, 5, 9]);
    }

    #[test]
    fn impossible_histories_are_refused() {
        let mut builder = HistoryBuilder::new(Header::default());
        builder.push(entry(0, 5, Some(4)));
        assert_eq!(builder.finish().unwrap_err(), HistoryError::ResponseBeforeInvocation { entry: 0 });

        let mut builder = HistoryBuilder::new(Header::default());
        builder.push(entry(7, 1, Some(4)));
        builder.push(entry(7, 3, Some(5)));
        let overlap = HistoryError::OverlapInSession { session: 7, first: 0, second: 1 };
        assert_eq!(builder.finish().unwrap_err(), overlap);
    }

    #[test]
    fn equal_values_and_registers_are_one() {
        let mut builder = HistoryBuilder::new(Header::default());
        assert_eq!(builder.value_bytes(b"x"), builder.value_bytes(b"x"));
        assert_ne!(builder.value_bytes(b""), ABSENT, "the empty value is a value");
        assert_ne!(builder.register("a", "b"), builder.register("b", "a"));
        assert_eq!(builder.value_named(9), builder.value_named(9));
    }
}
