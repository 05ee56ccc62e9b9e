//! Operations and states in words, for reports.

use super::calls::IncrementArguments;
use super::complete::{History, Value};
use super::initial::AsRecorded;
use super::record::{Kind, Outcome, State};
use crate::anomaly::{cut_value_text, name_text, value_text};

impl History {
    /// The state that an ok operation wrote or read, in words: `absent`, `present`, or the value.
    pub fn state_text(&self, state: State) -> String {
        match state {
            State::ABSENT => "absent".into(),
            State::PRESENT => "present".into(),
            value => match &self.values[value.index()] {
                Value::Bytes(bytes) | Value::Printed(bytes) => value_text(bytes),
                Value::Absent => "absent".into(),
                Value::Named(name) => format!("#{name}"),
                Value::Counted => "some value".into(),
                Value::Cut(cut) => cut_value_text(cut.start(), cut.length(), cut.fnv()),
            },
        }
    }

    /// One operation in words, such as `session 0: set b/k = "v1" -> ok`.
    pub fn operation_text(&self, index: usize) -> String {
        let r = &self.records[index];
        let (bucket, key) = &self.registers[r.register as usize];
        let place = format!("{}/{}", name_text(bucket), name_text(key));
        let AsRecorded { kind, state: shown } = self.as_recorded(index);
        let what = match kind {
            Kind::Set => format!("set {place} = {} -> {}", self.state_text(shown), r.outcome.name()),
            Kind::Delete => format!("delete {place} -> {}", r.outcome.name()),
            Kind::CompareAndSwap => {
                let swap = self.swap_as_recorded(index);
                let (from, to) = (self.state_text(swap.expected), self.state_text(swap.new));
                let end = match r.outcome {
                    Outcome::Ok if swap.swapped => "swapped",
                    Outcome::Ok => "not swapped",
                    other => other.name(),
                };
                format!("cas {place} {from} to {to} -> {end}")
            }
            Kind::Increment => {
                let IncrementArguments { delta, sum } = self.calls.increments[r.operand.increment_index()];
                let end = sum.map_or_else(|| r.outcome.name().to_owned(), |sum| sum.to_string());
                format!("increment {place} by {delta} -> {end}")
            }
            Kind::CasNew => format!("cas-new {place} -> {}", r.outcome.name()),
            Kind::Swap => {
                let end = match r.outcome {
                    Outcome::Ok if self.calls.exchanges[r.operand.exchange_index()].swapped => "swapped",
                    Outcome::Ok => "not swapped",
                    other => other.name(),
                };
                format!("swap {place} to {} -> {end}", self.state_text(shown))
            }
            Kind::Get | Kind::Exists | Kind::CasCurrent | Kind::List if r.outcome != Outcome::Ok => {
                format!("{} {place} -> {}", r.kind.name(), r.outcome.name())
            }
            Kind::Get => format!("get {place} -> {}", self.state_text(shown)),
            Kind::CasCurrent => format!("cas-current {place} -> {}", self.state_text(shown)),
            Kind::List => format!("list {}: {}", name_text(bucket), self.listed_text(key, r.operand.state())),
            Kind::Exists => format!("exists {place} -> {}", r.operand.state() == State::PRESENT),
        };
        let of_many = match self.calls.group_of(index) {
            [] => String::new(),
            _ if r.kind == Kind::List => String::new(),
            parts => format!(" ({}-many of {})", r.kind.name(), parts.len()),
        };
        format!("session {}: {what}{of_many}", r.session)
    }

    /// The state that an operation wrote or gave, as it was: of a register that was counted in, the value.
    pub fn shown_state(&self, index: usize) -> State {
        let record = &self.records[index];
        let state = self.calls.shown(index).unwrap_or_else(|| match record.kind {
            Kind::Swap | Kind::CasCurrent => self.calls.exchanges[record.operand.exchange_index()].state,
            _ => record.operand.state(),
        });
        self.state_as_recorded(record.register, state)
    }

    fn listed_text(&self, key: &str, state: State) -> String {
        let holds = if state == State::PRESENT { "holds" } else { "does not hold" };
        format!("{holds} {}", name_text(key))
    }
}
