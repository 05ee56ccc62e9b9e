//! How anomalies speak of operations, states and times.

use crate::anomaly::name_text;
use crate::eventual::model::LastWrites;
use crate::history::effect::written;
use crate::history::{ClockUnit, History, Outcome, Rank, State};

/// How many last writes a text names before it only counts them.
pub(super) const NAMED_MAX: usize = 4;

/// The words for one history.
pub(super) struct Words<'h>(pub(super) &'h History);

impl Words<'_> {
    /// Bucket and key of an operation.
    pub(super) fn register(&self, index: usize) -> (String, String) {
        let (bucket, key) = &self.0.registers()[self.0.records()[index].register as usize];
        (bucket.to_string(), key.to_string())
    }

    /// The same for people.
    pub(super) fn place(&self, index: usize) -> String {
        let (bucket, key) = self.register(index);
        format!("{}/{}", name_text(&bucket), name_text(&key))
    }

    pub(super) fn operation(&self, index: usize) -> String {
        self.0.operation_text(index)
    }

    pub(super) fn kind(&self, index: usize) -> &'static str {
        self.0.records()[index].kind.name()
    }

    /// What a read saw, as a state.
    pub(super) fn seen(&self, index: usize) -> String {
        self.shown(self.0.shown_state(index))
    }

    /// A state in the records of a register.
    pub(super) fn state(&self, register: u32, state: State) -> String {
        self.shown(self.0.state_as_recorded(register, state))
    }

    /// What a register begins with.
    pub(super) fn initial(&self, register: u32) -> String {
        self.shown(self.0.initial_state(register))
    }

    fn shown(&self, state: State) -> String {
        if state == State::PRESENT { "present (exists is true)".into() } else { self.0.state_text(state) }
    }

    /// A span of time, in the unit of the history's clock.
    pub(super) fn duration(&self, amount: u64) -> String {
        if self.0.header().clock == ClockUnit::Counter {
            return format!("{amount} event{}", if amount == 1 { "" } else { "s" });
        }
        let (unit, ns_per_unit) = match amount {
            0 => return "0 s".into(),
            ns if ns < 1_000_000 => ("us", 1_000),
            ns if ns < 1_000_000_000 => ("ms", 1_000_000),
            _ => ("s", 1_000_000_000),
        };
        let thousandths = (amount % ns_per_unit) * 1_000 / ns_per_unit;
        let text = format!("{}.{thousandths:03}", amount / ns_per_unit);
        format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
    }

    /// The admissible states of a settled register, each once.
    pub(super) fn admissible(&self, register: u32, last: &LastWrites) -> String {
        let mut states: Vec<String> = Vec::new();
        let mut add = |text: String| {
            if !states.contains(&text) {
                states.push(text);
            }
        };
        if last.has_initial() {
            add(self.initial(register));
        }
        let completed = last.completed().map(|write| write.state);
        let state_of = |&index: &u32| written(self.0, &self.0.records()[index as usize]).unwrap_or(State::ABSENT);
        for state in completed.chain(last.indeterminate().iter().map(state_of)).take(NAMED_MAX) {
            add(self.state(register, state));
        }
        let more = (last.completed().count() + last.indeterminate().len()).saturating_sub(NAMED_MAX);
        if more > 0 {
            states.push(format!("what {more} more writes left"));
        }
        states.join(" or ")
    }

    /// What makes this write one of the last.
    pub(super) fn why_last(&self, index: usize) -> String {
        let operation = self.operation(index);
        let record = &self.0.records()[index];
        match (record.outcome, record.response) {
            (Outcome::Ok, _) => format!("{operation} is a last write: no completed write began after it ended"),
            (_, Rank::NEVER) => format!("{operation} was never answered: it may take effect at any time, or never"),
            _ => format!("{operation} did not succeed: it may take effect at any time, or never"),
        }
    }
}
