//! How calls were answered, by operation.

use std::collections::BTreeMap;
use std::fmt;

use kvspec_reference::History;
use kvspec_reference::history::{Kind, Outcome};
use serde::Serialize;

/// How the calls of one or several histories were answered, by the name of the operation. Whatever was
/// not answered with a result was not judged either.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Answers {
    by_operation: BTreeMap<&'static str, Counts>,
}

/// How the calls of one operation were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// How many calls there were.
    pub calls: u64,
    /// How many of them answered an error.
    pub errors: u64,
    /// How many of them had no answer: the implementation broke, or said nothing.
    pub unanswered: u64,
}

impl Answers {
    /// Those of a history.
    pub fn of(history: &History) -> Self {
        let mut answers = Self::default();
        answers.add(history);
        answers
    }

    /// Adds those of a further history.
    pub fn add(&mut self, history: &History) {
        let groups = &history.calls().groups;
        let mut is_of_many = vec![false; if groups.is_empty() { 0 } else { history.records().len() }];
        groups.iter().flat_map(|group| group.iter()).for_each(|record| is_of_many[*record as usize] = true);
        for (index, record) in history.records().iter().enumerate() {
            if !is_of_many.get(index).copied().unwrap_or_default() {
                self.count(record.kind.name(), record.outcome);
            }
        }
        for first in groups.iter().filter_map(|group| history.records().get(*group.first()? as usize)) {
            self.count(name_of_many(first.kind), first.outcome);
        }
    }

    fn count(&mut self, operation: &'static str, outcome: Outcome) {
        let counts = self.by_operation.entry(operation).or_default();
        counts.calls += 1;
        match outcome {
            Outcome::Ok | Outcome::Failed => {}
            Outcome::Error => counts.errors += 1,
            Outcome::Trap | Outcome::Unknown => counts.unanswered += 1,
        }
    }

    /// Which operations were called and how often, such as `get 12, increment 3`. `None` where there are none but
    /// get, set, delete and exists, which every search calls.
    pub fn tried(&self) -> Option<String> {
        const FOUR: [&str; 4] = ["delete", "exists", "get", "set"];
        let texts = self.by_operation.iter().map(|(operation, counts)| format!("{operation} {}", counts.calls));
        let has_more = self.by_operation.keys().any(|operation| !FOUR.contains(operation));
        has_more.then(|| texts.collect::<Vec<_>>().join(", "))
    }

    /// Adds those of other histories.
    pub fn merge(&mut self, other: &Self) {
        for (operation, counts) in &other.by_operation {
            let sum = self.by_operation.entry(operation).or_default();
            sum.calls += counts.calls;
            sum.errors += counts.errors;
            sum.unanswered += counts.unanswered;
        }
    }

    /// Those of all operations together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for counts in self.by_operation.values() {
            total.calls += counts.calls;
            total.errors += counts.errors;
            total.unanswered += counts.unanswered;
        }
        total
    }

    /// Whether every call was answered with a result.
    pub fn are_all_results(&self) -> bool {
        let Counts { errors, unanswered, .. } = self.total();
        errors + unanswered == 0
    }

    /// Why a search with these answers decides nothing: fewer than half of its calls gave a result, and
    /// only what gives a result is judged.
    pub fn too_few_results(&self) -> Option<String> {
        let Counts { calls, errors, unanswered } = self.total();
        let results = calls - errors - unanswered;
        (results * 2 < calls).then(|| format!("only {results} of {calls} calls gave a result: {self}"))
    }

    /// Why a case with these answers decides nothing: fewer than half of its calls were answered. Errors
    /// are answers: there are cases that ask for nothing else.
    pub fn too_few_answers(&self) -> Option<String> {
        let Counts { calls, unanswered, .. } = self.total();
        (unanswered * 2 > calls).then(|| format!("only {} of {calls} calls were answered: {self}", calls - unanswered))
    }
}

/// The name of the call on many keys that does this to each.
fn name_of_many(kind: Kind) -> &'static str {
    match kind {
        Kind::Get => "get-many",
        Kind::Set => "set-many",
        Kind::Delete => "delete-many",
        other => other.name(),
    }
}

/// What was not answered with a result, such as `get: 3 of 10 gave an error, 1 no answer`.
impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let incomplete = self.by_operation.iter().filter(|(_, counts)| counts.errors + counts.unanswered > 0);
        for (i, (operation, Counts { calls, errors, unanswered })) in incomplete.enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{operation}: of {calls} calls, ")?;
            match (errors, unanswered) {
                (_, 0) => write!(f, "{errors} gave an error")?,
                (0, _) => write!(f, "{unanswered} had no answer")?,
                _ => write!(f, "{errors} gave an error, {unanswered} had no answer")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use kvspec_reference::interface::{ManualClock, Subject};
    use kvspec_reference::stores::simulated;
    use kvspec_reference::workload::{driver, text};

    fn answers(calls: u64, errors: u64, unanswered: u64) -> Answers {
        Answers { by_operation: [("get", Counts { calls, errors, unanswered })].into() }
    }

    #[test]
    fn what_was_hardly_answered_decides_nothing() {
        let seven_of_47 = answers(47, 0, 40);
        let why = seven_of_47.too_few_results().unwrap();
        assert_eq!(why, "only 7 of 47 calls gave a result: get: of 47 calls, 40 had no answer");
        assert!(seven_of_47.too_few_answers().is_some());
        assert!(answers(47, 40, 0).too_few_results().is_some(), "errors are judged by nothing");
        assert_eq!(answers(47, 40, 0).too_few_answers(), None, "but they are answers");
        for enough in [answers(0, 0, 0), answers(2, 1, 0), answers(47, 0, 0)] {
            assert_eq!((enough.too_few_results(), enough.too_few_answers()), (None, None), "{enough}");
        }
    }

    #[test]
    fn counts_add_up() {
        let mut sum = answers(3, 1, 0);
        sum.merge(&answers(4, 0, 2));
        assert_eq!(sum, answers(7, 1, 2));
        assert_eq!(sum.to_string(), "get: of 7 calls, 1 gave an error, 2 had no answer");
        assert!(!sum.are_all_results() && answers(3, 0, 0).are_all_results());
    }

    #[test]
    fn a_call_on_many_keys_is_one() {
        let steps = "0 set-many b k[0..3] \"v\"\n0 get-many b k0000 k0001\n0 increment b n 1\n0 list b\n0 get b n\n";
        let workload = text::parse(&format!("kvspec workload 1\nsessions 1\n{steps}")).unwrap().workload;
        let store = simulated::subject(None);
        let store = store.start(1).unwrap();
        let run = driver::run(&workload, &*store, &ManualClock::default(), "store@0.2.0-draft2", Duration::ZERO);
        let tried = Answers::of(&run.history).tried();
        assert_eq!(tried.as_deref(), Some("get 1, get-many 1, increment 1, list 1, set-many 1"));
        assert_eq!(answers(3, 0, 0).tried(), None);
    }
}
