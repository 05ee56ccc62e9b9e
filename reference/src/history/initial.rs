//! Registers that begin with a value.
//!
//! All that judges takes a register to be absent at the start, and absence to come back with every
//! delete. So in a register that begins with a value the two are exchanged: in its records
//! [`State::ABSENT`] stands for that value, a set of it is a delete, and a delete is a set of
//! [`Value::Absent`], which is a value like any other. What is judged is the same, by other names;
//! whoever shows a history asks [`History::as_recorded`].

use super::builder::HistoryBuilder;
use super::complete::{History, Value};
use super::record::{Kind, State, SwapArguments};

/// An operation as it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsRecorded {
    /// Which operation.
    pub kind: Kind,
    /// What a set wrote or a get gave.
    pub state: State,
}

/// An operation on a register with an initial value that none of the rules above speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotWithInitial {
    /// The number of the entry.
    pub(super) entry: usize,
}

impl HistoryBuilder {
    /// Says which state a register has at the start. Such a register has only gets, sets, deletes and
    /// compare-and-swaps by value.
    pub fn set_initial(&mut self, register: u32, state: State) {
        self.initial.insert(register, state);
    }

    /// Says which state each register has at the start of which nothing else is said.
    pub fn set_initial_of_all(&mut self, state: State) {
        self.initial_of_all = state;
    }

    /// Exchanges what registers begin with and absence.
    ///
    /// # Errors
    /// The first entry of such a register that is another operation.
    pub(super) fn exchange_initial(&mut self) -> Result<(), NotWithInitial> {
        let of_all = self.initial_of_all;
        let initial_of = |register: u32| self.initial.get(&register).copied().unwrap_or(of_all);
        let registers = 0..self.registers.len() as u32;
        let initial: Vec<(u32, State)> =
            registers.map(|register| (register, initial_of(register))).filter(|(_, s)| *s != State::ABSENT).collect();
        if initial.is_empty() {
            return Ok(());
        }
        self.values.push(Value::Absent);
        let absent = State::value(self.values.len() as u32 - 1);
        for (number, entry) in self.entries.iter_mut().enumerate() {
            let Ok(place) = initial.binary_search_by_key(&entry.register, |(register, _)| *register) else { continue };
            let exchanged = |state: State| exchanged(state, initial[place].1, absent);
            match entry.kind {
                Kind::Get => entry.operand = exchanged(entry.operand.state()).into(),
                Kind::Set | Kind::Delete => {
                    let written = if entry.kind == Kind::Set { entry.operand.state() } else { State::ABSENT };
                    let written = exchanged(written);
                    entry.kind = if written == State::ABSENT { Kind::Delete } else { Kind::Set };
                    entry.operand = written.into();
                }
                Kind::CompareAndSwap => {
                    let swap = &mut self.swaps[entry.operand.swap_index()];
                    *swap = SwapArguments { expected: exchanged(swap.expected), new: exchanged(swap.new), ..*swap };
                }
                _ => return Err(NotWithInitial { entry: number }),
            }
        }
        (self.calls.initial, self.calls.absent) = (initial, absent);
        Ok(())
    }
}

/// Absence for the value, the value for absence.
fn exchanged(state: State, value: State, absent: State) -> State {
    match state {
        State::ABSENT => absent,
        other if other == value => State::ABSENT,
        other => other,
    }
}

impl History {
    /// The state that a register has at the start.
    pub fn initial_state(&self, register: u32) -> State {
        let initial = &self.calls.initial;
        let place = initial.binary_search_by_key(&register, |(register, _)| *register);
        place.map_or(State::ABSENT, |place| initial[place].1)
    }

    /// What a state in the records of a register stands for.
    pub fn state_as_recorded(&self, register: u32, state: State) -> State {
        match self.initial_state(register) {
            State::ABSENT => state,
            initial if state == State::ABSENT => initial,
            _ if state == self.calls.absent => State::ABSENT,
            _ => state,
        }
    }

    /// What the operation at `index` was, and the state that it wrote or gave.
    pub fn as_recorded(&self, index: usize) -> AsRecorded {
        let record = &self.records[index];
        let state = self.shown_state(index);
        let begins_with_value = self.initial_state(record.register) != State::ABSENT;
        let kind = match record.kind {
            Kind::Set | Kind::Delete if begins_with_value && state == State::ABSENT => Kind::Delete,
            Kind::Delete if begins_with_value => Kind::Set,
            other => other,
        };
        AsRecorded { kind, state }
    }

    /// The arguments of the compare-and-swap at `index`, as they were recorded.
    pub fn swap_as_recorded(&self, index: usize) -> SwapArguments {
        let record = &self.records[index];
        let swap = self.swaps[record.operand.swap_index()];
        let state = |state| self.state_as_recorded(record.register, state);
        SwapArguments { expected: state(swap.expected), new: state(swap.new), ..swap }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::ladder::{Options, judge};
    use crate::consistency::{Finding, Level};
    use crate::history::sub_history::sub_history;
    use crate::history::{Entry, Header, HistoryError, Outcome};

    /// Operations one after another on a register that begins with "0".
    fn history(calls: &[(Kind, Option<&str>)]) -> Result<History, HistoryError> {
        let mut builder = HistoryBuilder::new(Header::default());
        let register = builder.register("b", "k");
        let zero = builder.value_bytes(b"0");
        builder.set_initial(register, zero);
        for (i, (kind, value)) in (0u64..).zip(calls) {
            let state = value.map_or(State::ABSENT, |value| builder.value_bytes(value.as_bytes()));
            let operand = match kind {
                Kind::CompareAndSwap => builder.swap(SwapArguments { expected: zero, new: state, swapped: true }),
                _ => state.into(),
            };
            let (session, outcome, response) = (0, Outcome::Ok, Some(2 * i + 1));
            builder.push(Entry { session, kind: *kind, register, operand, outcome, invoke: 2 * i, response });
        }
        builder.finish()
    }

    fn is_kept(history: &History, level: Level) -> bool {
        let ladder = judge(history, &Options::default());
        matches!(ladder.finding(level), Some(Finding::Kept))
    }

    #[test]
    fn a_register_begins_with_its_value_on_every_level() {
        use Kind::{CompareAndSwap, Delete, Get, Set};
        for good in [
            &[(Get, Some("0")), (Set, Some("1")), (Get, Some("1")), (Set, Some("0")), (Get, Some("0"))][..],
            &[(Get, Some("0")), (Delete, None), (Get, None), (Set, Some("0")), (Get, Some("0"))],
            &[(CompareAndSwap, Some("1")), (Get, Some("1"))],
        ] {
            let history = history(good).unwrap();
            assert!(is_kept(&history, Level::Linearizable), "{good:?}");
        }
        for bad in [
            &[(Get, None), (Set, Some("1")), (Get, Some("1"))][..],
            &[(Set, Some("1")), (Get, Some("0"))],
            &[(Delete, None), (Get, Some("0"))],
            &[(Set, Some("1")), (CompareAndSwap, Some("2")), (Get, Some("2"))],
        ] {
            let history = history(bad).unwrap();
            for level in [Level::Linearizable, Level::Sequential, Level::Coherent] {
                assert!(!is_kept(&history, level), "{level:?} {bad:?}");
            }
        }
    }

    #[test]
    fn operations_are_shown_as_they_were_recorded() {
        use Kind::{CompareAndSwap, Delete, Get, Set};
        let calls = [(Set, Some("0")), (Delete, None), (Get, None), (CompareAndSwap, None), (Get, Some("0"))];
        let history = history(&calls).unwrap();
        let texts = [
            "session 0: set b/k = \"0\" -> ok",
            "session 0: delete b/k -> ok",
            "session 0: get b/k -> absent",
            "session 0: cas b/k \"0\" to absent -> swapped",
            "session 0: get b/k -> \"0\"",
        ];
        let part = sub_history(&history, &[0, 1, 2, 3, 4]);
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(
                (&history.operation_text(i), &part.operation_text(i)),
                (&(*text).to_owned(), &(*text).to_owned())
            );
        }
    }

    #[test]
    fn other_operations_are_refused() {
        let fault = history(&[(Kind::Get, Some("0")), (Kind::Exists, None)]).unwrap_err();
        assert_eq!(fault, HistoryError::NotWithInitial { entry: 1 });
    }
}
