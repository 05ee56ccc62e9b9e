//! Random workloads, with the habits that find bugs in stores.
//!
//! One generator serves all: a proptest strategy ([`Workloads`]), a fuzzer's bytes
//! ([`from_unstructured`]) and a plain seed ([`from_seed`]). It favours hot keys, storms of set and
//! delete on one key, keys that are easily confused, pauses around the convergence bound, a key
//! left in peace while others are written, reopening, and values around the sizes of buffers.
//! Written values are stamped, so that a wrong read names its writer; in part of the workloads a
//! few values repeat on purpose, as deletes always do.
//!
//! What it makes obeys the declaration: keys that are allowed, values within the limit, buckets
//! that exist.

mod choices;
mod names;
mod strategy;
mod values;

use std::time::Duration;

use arbitrary::Unstructured;
use kvspec_reference::random::Random;
use kvspec_reference::workload::{Call, Step, Workload};

use crate::declaration::Declaration;
use choices::Choices;
use names::Names;
use values::Values;

pub use strategy::{WorkloadTree, Workloads};

/// How large workloads get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The most sessions; at least 1.
    pub sessions: u16,
    /// About how many steps, at most: the last pattern is finished.
    pub steps: usize,
    /// The longest value, in bytes, if the declaration allows it.
    pub value_bytes: usize,
    /// The longest pause. To be short where time is real.
    pub pause: Duration,
}

impl Default for Size {
    fn default() -> Self {
        Self { sessions: 4, steps: 40, value_bytes: 70_000, pause: Duration::from_secs(60) }
    }
}

/// A workload from a fuzzer's bytes. More bytes make a longer one; those that run out choose the
/// plainest of each choice.
///
/// # Errors
/// [`arbitrary::Error::NotEnoughData`] when there are no bytes at all.
pub fn from_unstructured(
    declaration: &Declaration,
    size: Size,
    bytes: &mut Unstructured<'_>,
) -> arbitrary::Result<Workload> {
    if bytes.is_empty() {
        return Err(arbitrary::Error::NotEnoughData);
    }
    Ok(Generator::new(declaration, size, bytes).workload())
}

/// A workload from a seed: the same seed gives the same one.
pub fn from_seed(declaration: &Declaration, size: Size, seed: u64) -> Workload {
    Generator::new(declaration, size, &mut Random::new(seed)).workload()
}

/// How the steps of a workload are chosen.
struct Generator<'c, C> {
    choices: &'c mut C,
    size: Size,
    bound: Duration,
    sessions: u16,
    names: Names,
    values: Values,
    steps: Vec<Step>,
}

impl<'c, C: Choices> Generator<'c, C> {
    fn new(declaration: &Declaration, size: Size, choices: &'c mut C) -> Self {
        let names = Names::choose(declaration, choices);
        // Each session holds a handle of each bucket.
        let handles_max = declaration.limits.max_handles.unwrap_or(usize::MAX);
        let sessions_max = usize::from(size.sessions).min(handles_max / names.bucket_count()).max(1);
        let sessions = (1 + choices.weighted(&[1, 5, 4, 2])).min(sessions_max) as u16;
        let values = Values::choose(declaration, size, sessions, choices);
        Self { choices, size, bound: declaration.convergence_bound(), sessions, names, values, steps: Vec::new() }
    }

    fn workload(mut self) -> Workload {
        // Short workloads are frequent: most bugs need few steps, and they run fast.
        let steps = [self.size.steps / 4, self.size.steps / 2, self.size.steps][self.choices.weighted(&[2, 2, 1])];
        while self.steps.is_empty() || self.steps.len() < steps && !self.choices.is_exhausted() {
            match self.choices.weighted(&[6, 4, 3, 1, 3, 1]) {
                0 => self.mixed(),
                1 => self.storm(),
                2 => self.pause(),
                3 => self.reopen(),
                4 => self.traffic_around_one(),
                _ => self.steps.push(Step::Quiesce),
            }
        }
        self.steps.push(Step::Quiesce);
        if self.choices.one_in(3) {
            // What settled must stay.
            self.pause();
            self.steps.push(Step::Quiesce);
        }
        Workload { sessions: self.sessions, steps: self.steps }
    }

    /// A few calls of any kind.
    fn mixed(&mut self) {
        for _ in 0..1 + self.choices.below(6) {
            let register = self.names.pick(self.choices);
            match self.choices.weighted(&[4, 2, 4, 2]) {
                0 => self.set(register),
                1 => self.delete(register),
                2 => self.read(register, false),
                _ => self.read(register, true),
            }
        }
    }

    /// Set and delete of one key in quick turns, by one session or several.
    fn storm(&mut self) {
        let register = self.names.pick(self.choices);
        for _ in 0..2 + self.choices.below(4) {
            if self.choices.one_in(2) { self.set(register) } else { self.delete(register) }
        }
        self.read(register, false);
    }

    /// Time passes: an instant, part of the convergence bound, just more than it, or much more.
    fn pause(&mut self) {
        let parts_per_mille = [2, 20, 100, 250, 500, 950, 1_050, 2_500, 60_000];
        let chosen = parts_per_mille[self.choices.weighted(&[2, 3, 4, 4, 4, 2, 3, 2, 1])];
        // A store that converges at once still has a clock.
        let unit = self.bound.max(Duration::from_millis(100));
        self.steps.push(Step::Wait((unit * chosen / 1_000).min(self.size.pause)));
    }

    fn reopen(&mut self) {
        let bucket = self.names.bucket(self.names.pick(self.choices)).to_owned();
        self.call(|_| Call::Reopen { bucket });
    }

    /// One key is left in peace for longer than the bound while others are written; then every
    /// session reads it.
    fn traffic_around_one(&mut self) {
        let quiet = self.names.pick(self.choices);
        if self.choices.one_in(3) {
            self.delete(quiet)
        } else {
            self.set(quiet)
        }
        let turns = 2 + self.choices.weighted(&[1, 3, 2, 1]) as u32;
        for _ in 0..turns {
            self.steps.push(Step::Wait(self.bound * (1_100 / turns) / 1_000));
            let other = self.names.other_than(quiet, self.choices);
            if other != quiet {
                self.set(other);
            }
        }
        for session in 0..self.sessions {
            let (bucket, key) = self.names.register(quiet);
            let by_exists = self.choices.one_in(3);
            let call = if by_exists { Call::Exists { bucket, key } } else { Call::Get { bucket, key } };
            self.steps.push(Step::Call { session, call });
        }
    }

    fn set(&mut self, register: usize) {
        let (bucket, key) = self.names.register(register);
        let session = self.session();
        let value = self.values.next(session, self.choices);
        self.steps.push(Step::Call { session, call: Call::Set { bucket, key, value } });
    }

    fn delete(&mut self, register: usize) {
        let (bucket, key) = self.names.register(register);
        self.call(|_| Call::Delete { bucket, key });
    }

    fn read(&mut self, register: usize, by_exists: bool) {
        let (bucket, key) = self.names.register(register);
        self.call(|_| if by_exists { Call::Exists { bucket, key } } else { Call::Get { bucket, key } });
    }

    fn call(&mut self, call: impl FnOnce(&mut Self) -> Call) {
        let session = self.session();
        let call = call(self);
        self.steps.push(Step::Call { session, call });
    }

    fn session(&mut self) -> u16 {
        self.choices.below(u32::from(self.sessions)) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::{Capabilities, KeyCharacters, Limits};
    use kvspec_reference::workload::text::{WorkloadFile, parse};

    fn many(declaration: &Declaration) -> impl Iterator<Item = Workload> {
        (0..1_000).map(|seed| from_seed(declaration, Size::default(), seed))
    }

    fn calls(workload: &Workload) -> impl Iterator<Item = &Call> {
        workload.steps.iter().filter_map(|step| match step {
            Step::Call { call, .. } => Some(call),
            _ => None,
        })
    }

    #[test]
    fn a_seed_is_a_workload_and_survives_its_text_form() {
        let declaration = Declaration::default();
        for (seed, workload) in many(&declaration).enumerate() {
            assert_eq!(workload, from_seed(&declaration, Size::default(), seed as u64));
            let file = WorkloadFile { profile: kvspec_reference::Profile::Eventual.to_string(), workload };
            assert_eq!(parse(&file.to_string()).as_ref(), Ok(&file));
        }
    }

    #[test]
    fn the_declaration_is_obeyed() {
        let strict = Declaration {
            capabilities: Capabilities { creates_buckets: false, buckets: vec!["only".into()], ..Default::default() },
            limits: Limits {
                max_key_bytes: Some(10),
                max_value_bytes: Some(20),
                key_characters: KeyCharacters::Portable,
                max_buckets: Some(1),
                max_keys: Some(2),
                max_handles: Some(2),
            },
            ..Declaration::default()
        };
        let mut longest = 0;
        for workload in many(&strict) {
            assert!(workload.sessions <= 2 && workload.registers().len() <= 2, "{workload:?}");
            for call in calls(&workload) {
                assert_eq!(call.bucket(), "only");
                if let Some(key) = call.key() {
                    assert!(key.len() <= 10 && KeyCharacters::Portable.allow(key), "{key:?}");
                }
                if let Call::Set { value, .. } = call {
                    longest = longest.max(value.bytes().len());
                }
            }
        }
        assert!((15..=20).contains(&longest), "{longest}");
    }

    /// The habits are there, each in a share of the workloads that makes it count.
    #[test]
    fn the_habits_are_kept() {
        let declaration = Declaration::default();
        let bound = declaration.convergence_bound();
        let share = |has: &dyn Fn(&Workload) -> bool| many(&declaration).filter(|w| has(w)).count();
        let values = |w: &Workload| {
            let set = |call: &Call| if let Call::Set { value, .. } = call { Some(value.bytes()) } else { None };
            calls(w).filter_map(set).collect::<Vec<_>>()
        };
        let repeats = |w: &Workload| {
            let values = values(w);
            (1..values.len()).any(|i| values[..i].contains(&values[i]))
        };
        let differ_in_case = |w: &Workload| {
            let keys: Vec<&str> = w.registers().into_iter().map(|(_, key)| key).collect();
            keys.iter().any(|a| keys.iter().any(|b| a != b && a.to_lowercase() == b.to_lowercase()))
        };
        for (habit, least, found) in [
            ("several sessions", 800, share(&|w| w.sessions > 1)),
            ("one register", 150, share(&|w| w.registers().len() == 1)),
            ("several buckets", 100, share(&|w| calls(w).any(|c| c.bucket() != "b"))),
            ("keys that differ in case", 30, share(&differ_in_case)),
            ("deletes", 700, share(&|w| calls(w).any(|c| matches!(c, Call::Delete { .. })))),
            ("reopening", 200, share(&|w| calls(w).any(|c| matches!(c, Call::Reopen { .. })))),
            (
                "pauses longer than the bound",
                200,
                share(&|w| w.steps.iter().any(|s| matches!(s, Step::Wait(d) if *d > bound))),
            ),
            ("values of a buffer or more", 200, share(&|w| values(w).iter().any(|v| v.len() >= 255))),
            ("the empty value", 50, share(&|w| values(w).iter().any(Vec::is_empty))),
            ("values that repeat", 100, share(&repeats)),
            ("stamped values only", 500, share(&|w| !repeats(w))),
        ] {
            assert!(found >= least, "{habit}: {found} of 1,000 workloads, at least {least} wanted");
        }
        assert!(many(&declaration).all(|w| w.steps.contains(&Step::Quiesce)));
    }

    #[test]
    fn bytes_make_workloads_and_more_bytes_longer_ones() {
        let declaration = Declaration::default();
        let from_bytes = |bytes: &[u8]| from_unstructured(&declaration, Size::default(), &mut Unstructured::new(bytes));
        assert!(from_bytes(&[]).is_err());
        let mut random = Random::new(5);
        let noise: Vec<u8> = (0..400).map(|_| random.bits() as u8).collect();
        let lengths: Vec<usize> = [4, 40, 400].iter().map(|n| from_bytes(&noise[..*n]).unwrap().steps.len()).collect();
        assert!(lengths.is_sorted() && lengths[0] < lengths[2], "{lengths:?}");
        assert_eq!(from_bytes(&noise), from_bytes(&noise));
    }
}
