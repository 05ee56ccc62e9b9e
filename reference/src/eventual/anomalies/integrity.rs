//! KVE-INT-01 to KVE-INT-03, and KVE-VAL-01 of values that were changed: an observation that no write
//! explains, and where it came from.

use std::collections::HashMap;

use super::wording::Words;
use crate::anomaly::Anomaly;
use crate::eventual::diagnosis::{Awaited, Budget, Naming, WrongRead};
use crate::eventual::integrity::Unexplained;
use crate::history::effect::{Seen, written};
use crate::history::{History, Kind, Outcome, State, Value};
use crate::requirement_id::RequirementId;

/// Explains the observations of one history that no write explains.
pub(super) struct Explainer<'h> {
    history: &'h History,
    budget: Budget,
    /// The first write of each value, whatever its register. Made when first needed.
    first_writers: Option<HashMap<State, usize>>,
}

impl<'h> Explainer<'h> {
    pub(super) fn new(history: &'h History) -> Self {
        Self { history, budget: Budget::default(), first_writers: None }
    }

    /// Explains an observation. `own` are the records of its register.
    pub(super) fn explain(&mut self, observation: &Unexplained, own: &[u32]) -> Anomaly {
        let Unexplained { index, saw, later_writer } = *observation;
        if let Some(writer) = later_writer {
            return self.of_the_future(index, saw, writer);
        }
        let words = Words(self.history);
        let states = own.iter().filter_map(|&i| written(self.history, &self.history.records()[i as usize]));
        let (mut writes, mut sets) = (0, 0);
        for state in states {
            writes += 1;
            sets += usize::from(state != State::ABSENT);
        }
        let place = words.place(index);
        let mut because = vec![match writes {
            0 => format!("nobody ever wrote to {place}"),
            1 => format!("the only write of {place} did not write that"),
            n => format!("none of the {n} writes of {place} wrote that"),
        }];
        let (requirement, sentence, mut operations) = match saw {
            Seen::State(state) => match self.failed_swap_of(state, own) {
                Some(swap) => {
                    let sentence = format!("{} failed, and a swap that fails writes nothing", words.operation(swap));
                    (RequirementId::KvsCas07, sentence, vec![swap])
                }
                None => self.diagnose(index, state, own),
            },
            _ if self.history.records()[index].kind == Kind::List => {
                (RequirementId::KvsLst02, "nothing but a set makes a key be listed".into(), Vec::new())
            }
            _ => (RequirementId::KveInt01, "nothing but a set makes a key present".into(), Vec::new()),
        };
        because.push(sentence);
        operations.push(index);
        operations.sort_unstable();
        operations.dedup();
        Anomaly {
            requirement,
            register: Some(words.register(index)),
            expected: match (words.initial(self.history.records()[index].register), sets) {
                (initial, 0) => initial,
                (initial, _) => format!("{initial}, or exactly the bytes of one set of this key"),
            },
            actual: words.operation(index),
            operations,
            because,
        }
    }

    /// A swap of this value that failed.
    fn failed_swap_of(&self, state: State, own: &[u32]) -> Option<usize> {
        let history = self.history;
        own.iter().map(|index| *index as usize).find(|&index| {
            let record = &history.records()[index];
            let is_failed = || written(history, record).is_none() && record.outcome == Outcome::Ok;
            record.kind == Kind::Swap && is_failed() && history.shown_state(index) == state
        })
    }

    /// Whose value it is that nobody wrote to the register: the requirement, why, and the writes.
    fn diagnose(&mut self, read: usize, state: State, own: &[u32]) -> (RequirementId, String, Vec<usize>) {
        let history = self.history;
        let elsewhere = self.first_writers().get(&state).copied();
        let value = match &history.values()[state.index()] {
            Value::Bytes(bytes) => Some(&**bytes),
            _ => None,
        };
        let wrong = WrongRead { history, read, state, value, awaited: Awaited::Unknown };
        let diagnosis = wrong.diagnose(own, elsewhere, &mut self.budget);
        let sentence = diagnosis.sentence(value.unwrap_or_default(), &FullNames(Words(history)));
        // What was set here in time is explained, so each diagnosis has a requirement.
        let requirement = diagnosis.requirement().unwrap_or(RequirementId::KveInt01);
        (requirement, sentence, diagnosis.writers())
    }

    fn first_writers(&mut self) -> &HashMap<State, usize> {
        let history = self.history;
        self.first_writers.get_or_insert_with(|| {
            let mut first = HashMap::new();
            for (index, record) in history.records().iter().enumerate() {
                if let Some(state) = written(history, record).filter(|&state| state != State::ABSENT) {
                    first.entry(state).or_insert(index);
                }
            }
            first
        })
    }

    fn of_the_future(&self, read: usize, saw: Seen, writer: usize) -> Anomaly {
        let words = Words(self.history);
        let (read_text, writer_text) = (words.operation(read), words.operation(writer));
        let what = match saw {
            Seen::State(state) => format!("writes {}", words.state(self.history.records()[read].register, state)),
            _ => "leaves the key present".to_owned(),
        };
        Anomaly {
            requirement: RequirementId::KveInt02,
            register: Some(words.register(read)),
            expected: format!(
                "{}, or a state whose write began before the {} ended",
                words.initial(self.history.records()[read].register),
                words.kind(read)
            ),
            actual: read_text.clone(),
            operations: vec![read, writer],
            because: vec![
                format!("the first operation that {what} is {writer_text}"),
                format!("{read_text} ended before that began"),
                "so the read saw the future".into(),
            ],
        }
    }
}

/// Operations named in full: an anomaly is read without its history.
struct FullNames<'h>(Words<'h>);

impl Naming for FullNames<'_> {
    fn read(&self) -> String {
        "it".into()
    }

    fn operation(&self, index: usize) -> String {
        self.0.operation(index)
    }

    fn value(&self, writer: usize) -> String {
        format!("the value of {}", self.0.operation(writer))
    }

    fn owner(&self, writer: usize) -> String {
        self.0.operation(writer)
    }

    fn place(&self, writer: usize) -> String {
        self.0.place(writer)
    }
}
