//! What the drawing says of each operation, in full or shortened with a legend.

use std::collections::BTreeMap;

use kvspec_reference::History;
use kvspec_reference::anomaly::name_text;
use kvspec_reference::history::{AsRecorded, Kind, Outcome, State};

/// A name or value of at most this many characters is never given a letter.
const SHORT_CHARS: usize = 6;

/// Texts for the operations of one drawing.
pub(super) struct Labels<'a> {
    history: &'a History,
    /// Whether operations go to more than one bucket.
    with_bucket: bool,
    /// Whether each call has its number.
    is_numbered: bool,
    /// Values that stand in the legend, by number.
    values: BTreeMap<State, String>,
    /// Registers that stand in the legend, by number.
    registers: BTreeMap<u32, String>,
}

impl<'a> Labels<'a> {
    /// The ways to say it, the plainest first.
    pub(super) fn from_plain_to_short(history: &'a History, operations: &[usize], is_numbered: bool) -> [Self; 3] {
        let buckets = || operations.iter().map(|&i| &history.registers()[history.records()[i].register as usize].0);
        let with_bucket = buckets().any(|bucket| Some(bucket) != buckets().next());
        let plain = || Self { history, with_bucket, is_numbered, values: BTreeMap::new(), registers: BTreeMap::new() };
        let mut short_values = plain();
        short_values.shorten_values(operations);
        let mut short_all = plain();
        short_all.shorten_values(operations);
        short_all.shorten_registers(operations);
        [plain(), short_values, short_all]
    }

    /// What was called.
    pub(super) fn call(&self, operation: usize) -> String {
        let record = &self.history.records()[operation];
        let place = self.place(record.register);
        let number = if self.is_numbered { format!("#{operation} ") } else { String::new() };
        let AsRecorded { kind, state } = self.history.as_recorded(operation);
        match kind {
            Kind::Set => format!("{number}set {place} = {}", self.state(state)),
            Kind::Increment => {
                let delta = self.history.calls().increments[record.operand.increment_index()].delta;
                format!("{number}increment {place} by {delta}")
            }
            Kind::Swap => format!("{number}swap {place} to {}", self.state(state)),
            Kind::CompareAndSwap => {
                let swap = self.history.swap_as_recorded(operation);
                format!("{number}cas {place} {} to {}", self.state(swap.expected), self.state(swap.new))
            }
            Kind::Get | Kind::Exists | Kind::Delete | Kind::CasNew | Kind::CasCurrent | Kind::List => {
                format!("{number}{} {place}", kind.name())
            }
        }
    }

    /// How it ended.
    pub(super) fn ending(&self, operation: usize) -> String {
        let record = &self.history.records()[operation];
        match (record.kind, record.outcome) {
            (Kind::Get | Kind::CasCurrent, Outcome::Ok) => self.state(self.history.shown_state(operation)),
            (Kind::Increment, Outcome::Ok) => {
                let sum = self.history.calls().increments[record.operand.increment_index()].sum;
                sum.map_or_else(|| "ok".into(), |sum| sum.to_string())
            }
            (Kind::Swap, Outcome::Ok) => {
                let swapped = self.history.calls().exchanges[record.operand.exchange_index()].swapped;
                if swapped { "swapped".into() } else { "not swapped".into() }
            }
            (Kind::List, Outcome::Ok) if record.operand.state() == State::PRESENT => "there".into(),
            (Kind::List, Outcome::Ok) => "missing".into(),
            (Kind::Exists, Outcome::Ok) => (record.operand.state() == State::PRESENT).to_string(),
            (Kind::CompareAndSwap, Outcome::Ok) => {
                let swapped = self.history.swaps()[record.operand.swap_index()].swapped;
                if swapped { "swapped".into() } else { "not swapped".into() }
            }
            (_, outcome) => outcome.name().into(),
        }
    }

    /// What the letters stand for; a line each.
    pub(super) fn legend(&self) -> String {
        let mut lines = String::new();
        for (register, letter) in &self.registers {
            lines.push_str(&format!("   {letter} is {}\n", self.place_in_full(*register)));
        }
        for (value, letter) in &self.values {
            lines.push_str(&format!("   {letter} is {}\n", self.history.state_text(*value)));
        }
        lines
    }

    fn state(&self, state: State) -> String {
        self.values.get(&state).cloned().unwrap_or_else(|| self.history.state_text(state))
    }

    fn place(&self, register: u32) -> String {
        self.registers.get(&register).cloned().unwrap_or_else(|| self.place_in_full(register))
    }

    fn place_in_full(&self, register: u32) -> String {
        let (bucket, key) = &self.history.registers()[register as usize];
        if self.with_bucket { format!("{}/{}", name_text(bucket), name_text(key)) } else { name_text(key) }
    }

    /// Values in the order in which they first appear: `A`, `B`, ...
    fn shorten_values(&mut self, operations: &[usize]) {
        for &i in operations {
            let record = &self.history.records()[i];
            let states = match record.kind {
                Kind::CompareAndSwap => {
                    let swap = self.history.swap_as_recorded(i);
                    vec![swap.expected, swap.new]
                }
                Kind::Get | Kind::CasCurrent if record.outcome != Outcome::Ok => vec![],
                Kind::Increment | Kind::CasNew => vec![],
                _ => vec![self.history.shown_state(i)],
            };
            for state in states {
                let is_value = state != State::ABSENT && state != State::PRESENT;
                if is_value && self.history.state_text(state).chars().count() > SHORT_CHARS {
                    let next = letter(self.values.len());
                    self.values.entry(state).or_insert(next);
                }
            }
        }
    }

    /// Registers in the order in which they first appear: `key1`, `key2`, ...
    fn shorten_registers(&mut self, operations: &[usize]) {
        for &i in operations {
            let register = self.history.records()[i].register;
            if self.place_in_full(register).chars().count() > SHORT_CHARS {
                let next = format!("key{}", self.registers.len() + 1);
                self.registers.entry(register).or_insert(next);
            }
        }
    }
}

/// `A` to `Z`, then `A1` and so on.
fn letter(number: usize) -> String {
    let letter = char::from(b'A' + (number % 26) as u8);
    if number < 26 { letter.to_string() } else { format!("{letter}{}", number / 26) }
}
