//! Operations and states in words, for reports.

use super::complete::{History, Value};
use super::record::{Kind, Outcome, State};
use crate::anomaly::{cut_value_text, name_text, value_text};

impl History {
    /// The state that an ok operation wrote or read, in words: `absent`, `present`, or the value.
    pub fn state_text(&self, state: State) -> String {
        match state {
            State::ABSENT => "absent".into(),
            State::PRESENT => "present".into(),
            value => match &self.values[value.index()] {
                Value::Bytes(bytes) => value_text(bytes),
                Value::Named(name) => format!("#{name}"),
                Value::Cut(cut) => cut_value_text(cut.start(), cut.length(), cut.fnv()),
            },
        }
    }

    /// One operation in words, such as `session 0: set b/k = "v1" -> ok`.
    pub fn operation_text(&self, index: usize) -> String {
        let r = &self.records[index];
        let (bucket, key) = &self.registers[r.register as usize];
        let place = format!("{}/{}", name_text(bucket), name_text(key));
        let what = match r.kind {
            Kind::Set => format!("set {place} = {} -> {}", self.state_text(r.operand.state()), r.outcome.name()),
            Kind::Delete => format!("delete {place} -> {}", r.outcome.name()),
            Kind::CompareAndSwap => {
                let swap = self.swaps[r.operand.swap_index()];
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
            Kind::Get => format!("get {place} -> {}", self.state_text(r.operand.state())),
            Kind::Exists => format!("exists {place} -> {}", r.operand.state() == State::PRESENT),
        };
        format!("session {}: {what}", r.session)
    }
}
