//! Building a history: entries in any order, interned and ranked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::calls::{CallFault, Calls, Exchange, IncrementArguments};
use super::complete::Value;
use super::cut_value::CutValue;
use super::entry::Entry;
use super::header::Header;
use super::record::{Kind, Operand, State, SwapArguments};

/// Numbers of what was met. Its hash is seeded by chance, so nothing may depend on its order.
type Ids<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A value of so many bytes is large.
const LARGE_BYTES: usize = 64 << 10;
/// How many bytes all large values of a history may have together: a fraction of the memory that kvspec may
/// take, and more than any case or workload writes.
const ALL_LARGE_BYTES_MAX: usize = 64 << 20;
/// The longest value that is kept whole: twice the longest that any case writes.
const WHOLE_BYTES_MAX: usize = 32 << 20;

/// Collects entries in any order and makes a [`History`](super::History) of them.
#[derive(Debug)]
pub struct HistoryBuilder {
    pub(super) header: Header,
    pub(super) entries: Vec<Entry>,
    pub(super) registers: Vec<(Arc<str>, Arc<str>)>,
    register_ids: Ids<Arc<str>, Ids<Arc<str>, u32>>,
    pub(super) values: Vec<Value>,
    value_ids: Ids<Arc<[u8]>, State>,
    named_ids: Ids<u64, State>,
    printed_ids: Ids<Arc<[u8]>, State>,
    cut_ids: Ids<CutValue, State>,
    /// How many bytes the large values have that are kept whole.
    large_bytes: usize,
    pub(super) swaps: Vec<SwapArguments>,
    pub(super) left_out: HashSet<u32>,
    /// The groups hold numbers of entries, and so do the bases of exchanges, until all is ranked.
    pub(super) calls: Calls,
    pub(super) listings: Vec<Listing>,
    /// What registers begin with, where that is said of them.
    pub(super) initial: BTreeMap<u32, State>,
    /// What the others begin with.
    pub(super) initial_of_all: State,
}

/// What the pages of a listing held, before it is told what of each key that was.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The session.
    pub session: u16,
    /// The bucket.
    pub bucket: String,
    /// The keys, in any order, some perhaps more than once.
    pub keys: Vec<String>,
    /// Whether the last page was reached, so that a key which is missing was not listed.
    pub is_whole: bool,
    /// When the first page was asked for.
    pub invoke: u64,
    /// When the last was answered.
    pub response: u64,
}

impl Default for HistoryBuilder {
    fn default() -> Self {
        Self::new(Header::default())
    }
}

impl HistoryBuilder {
    /// A builder without entries.
    pub fn new(header: Header) -> Self {
        Self {
            header,
            entries: Vec::new(),
            registers: Vec::new(),
            register_ids: Ids::default(),
            values: vec![Value::Bytes(Arc::from([]))],
            value_ids: Ids::default(),
            named_ids: Ids::default(),
            printed_ids: Ids::default(),
            cut_ids: Ids::default(),
            large_bytes: 0,
            swaps: Vec::new(),
            left_out: HashSet::new(),
            calls: Calls::default(),
            listings: Vec::new(),
            initial: BTreeMap::new(),
            initial_of_all: State::ABSENT,
        }
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

    /// The state of holding these bytes. Of a value that is longer than 32 MiB, or for which the
    /// large ones before it left no room, only the beginning is kept.
    pub fn value_bytes(&mut self, bytes: &[u8]) -> State {
        if let Some(id) = self.value_ids.get(bytes) {
            return *id;
        }
        if bytes.len() >= LARGE_BYTES {
            let has_room = self.large_bytes.saturating_add(bytes.len()) <= ALL_LARGE_BYTES_MAX;
            if bytes.len() > WHOLE_BYTES_MAX || !has_room {
                return self.value_cut(CutValue::of(bytes));
            }
            self.large_bytes += bytes.len();
        }
        let bytes: Arc<[u8]> = bytes.into();
        let id = State::value(self.values.len() as u32);
        self.values.push(Value::Bytes(bytes.clone()));
        self.value_ids.insert(bytes, id);
        id
    }

    fn value_cut(&mut self, cut: CutValue) -> State {
        let values = &mut self.values;
        *self.cut_ids.entry(cut).or_insert_with_key(|cut| {
            values.push(Value::Cut(cut.clone()));
            State::value(values.len() as u32 - 1)
        })
    }

    /// The state of holding a value that a recording only names.
    pub fn value_named(&mut self, name: u64) -> State {
        let values = &mut self.values;
        *self.named_ids.entry(name).or_insert_with(|| {
            values.push(Value::Named(name));
            State::value(values.len() as u32 - 1)
        })
    }

    /// The state of holding a value of which a recording printed this, in a way of its own.
    pub fn value_printed(&mut self, text: &str) -> State {
        if let Some(id) = self.printed_ids.get(text.as_bytes()) {
            return *id;
        }
        let text: Arc<[u8]> = text.as_bytes().into();
        let id = State::value(self.values.len() as u32);
        self.values.push(Value::Printed(text.clone()));
        self.printed_ids.insert(text, id);
        id
    }

    /// The operand of a compare-and-swap entry.
    pub fn swap(&mut self, arguments: SwapArguments) -> Operand {
        self.swaps.push(arguments);
        Operand::swap(self.swaps.len() as u32 - 1)
    }

    /// The operand of an increment.
    pub fn increment(&mut self, arguments: IncrementArguments) -> Operand {
        self.calls.increments.push(arguments);
        Operand::increment(self.calls.increments.len() as u32 - 1)
    }

    /// The operand of a swap, or of the current value of a handle. The base is the number of an entry.
    pub fn exchange(&mut self, exchange: Exchange) -> Operand {
        self.calls.exchanges.push(exchange);
        Operand::exchange(self.calls.exchanges.len() as u32 - 1)
    }

    /// Adds what one call on many keys did to each of them: the entries have one session and one interval.
    pub fn push_group(&mut self, entries: impl IntoIterator<Item = Entry>) {
        let numbers: Vec<u32> = entries.into_iter().map(|entry| self.push(entry) as u32).collect();
        if !numbers.is_empty() {
            self.calls.groups.push(numbers.into());
        }
    }

    /// Says that these entries, by their numbers, are what one call on many keys did.
    pub fn group(&mut self, entries: &[usize]) {
        self.calls.groups.push(entries.iter().map(|entry| *entry as u32).collect());
    }

    /// Adds a listing. In the history it is an operation for each key that it held and, where it is whole, for
    /// each other key of its bucket that anybody began to write before it ended.
    pub fn push_listing(&mut self, listing: Listing) {
        self.listings.push(listing);
    }

    /// Notes what is wrong with an answer.
    pub fn push_fault(&mut self, fault: CallFault) {
        self.calls.faults.push(fault);
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

    /// Adds the operations of another builder after those that are here. The header stays.
    pub fn absorb(&mut self, other: HistoryBuilder) {
        let registers: Vec<u32> = other.registers.iter().map(|(bucket, key)| self.register(bucket, key)).collect();
        let mut values = vec![State::ABSENT];
        values.extend(other.values.iter().skip(1).map(|value| match value {
            Value::Bytes(bytes) => self.value_bytes(bytes),
            Value::Named(name) => self.value_named(*name),
            Value::Counted | Value::Absent => State::ABSENT,
            Value::Printed(text) => self.value_printed(&String::from_utf8_lossy(text)),
            Value::Cut(cut) => self.value_cut(cut.clone()),
        }));
        let state = |old: State| if old == State::PRESENT { old } else { values[old.index()] };
        let offset = self.entries.len() as u32;
        for entry in other.entries {
            let operand = match entry.kind {
                Kind::CompareAndSwap => {
                    let old = other.swaps[entry.operand.swap_index()];
                    self.swap(SwapArguments { expected: state(old.expected), new: state(old.new), ..old })
                }
                Kind::Increment => self.increment(other.calls.increments[entry.operand.increment_index()]),
                Kind::Swap | Kind::CasCurrent => {
                    let old = other.calls.exchanges[entry.operand.exchange_index()];
                    let base = old.base.map(|base| base + offset);
                    self.exchange(Exchange { base, state: state(old.state), ..old })
                }
                _ => state(entry.operand.state()).into(),
            };
            self.push(Entry { register: registers[entry.register as usize], operand, ..entry });
        }
        let shifted = |group: &[u32]| group.iter().map(|number| number + offset).collect();
        self.calls.groups.extend(other.calls.groups.iter().map(|group| shifted(group)));
        self.calls.faults.extend(other.calls.faults);
        self.listings.extend(other.listings);
        self.initial.extend(other.initial.iter().map(|(&of, &value)| (registers[of as usize], state(value))));
        self.left_out.extend(other.left_out.iter().map(|&register| registers[register as usize]));
    }

    /// How many operations were added.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none was added.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests;
