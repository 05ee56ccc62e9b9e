//! Shrinking: from a failing workload to a small one that still fails.
//!
//! Delta debugging (Zeller, Hildebrandt 2002) over the steps, then passes that know what a workload
//! is: whole sessions and registers are dropped or merged, values, names and pauses made plain.
//! The passes repeat until none of them finds anything: a local minimum, where no step, no two
//! steps, no session and no register can be taken away and no value, name or pause made simpler.
//! Proptest's own shrinking follows the tree by which a value was generated; it cannot merge two
//! registers or two sessions, and ends in larger workloads.

mod simpler;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::workload::step::{Step, Workload};
use simpler::{renamed, simpler_steps, without_session};

/// Workloads of at most this many steps are tried without each pair of steps, too.
const PAIRS_STEPS_MAX: usize = 24;
/// The pauses that are tried in the place of a call, in milliseconds.
const INSTEAD_MS: [u64; 2] = [10, 100];
/// Pauses longer than this are not lengthened any more.
const STRETCHED_MAX: Duration = Duration::from_secs(60);

/// What shrinking came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    /// The smallest workload found; it still fails.
    pub workload: Workload,
    /// How often a candidate was tried.
    pub executions: u64,
    /// Whether it is a local minimum. False: the bound on executions was hit first.
    pub is_minimal: bool,
}

/// Makes a failing workload small. `still_fails` tells whether a candidate shows the same failure;
/// it is asked at most `executions_max` times, and never twice for the same candidate.
pub fn shrink(workload: &Workload, executions_max: u64, still_fails: impl FnMut(&Workload) -> bool) -> Shrunk {
    let mut search = Search {
        best: workload.clone(),
        still_fails,
        tried: HashSet::from([fingerprint(workload)]),
        executions: 0,
        executions_max,
    };
    while search.remove_steps()
        || search.drop_sessions()
        || search.remove_registers()
        || search.merge_names()
        || search.remove_pairs()
        || search.remove_and_stretch()
        || search.wait_instead()
        || search.join_waits()
        || search.simplify_steps()
    {}
    let is_minimal = search.executions < executions_max;
    Shrunk { workload: search.best, executions: search.executions, is_minimal }
}

struct Search<F> {
    best: Workload,
    still_fails: F,
    /// Fingerprints of the candidates. Two that share one would cost a candidate, no more.
    tried: HashSet<u64>,
    executions: u64,
    executions_max: u64,
}

/// Each pass tells whether it made the workload simpler.
impl<F: FnMut(&Workload) -> bool> Search<F> {
    /// Tries a candidate and keeps it when it still fails.
    fn keep(&mut self, candidate: Workload) -> bool {
        if self.executions >= self.executions_max || !self.tried.insert(fingerprint(&candidate)) {
            return false;
        }
        self.executions += 1;
        let keeps = (self.still_fails)(&candidate);
        if keeps {
            self.best = candidate;
        }
        keeps
    }

    /// Keeps only the steps that `wanted` says, by index.
    fn keep_steps(&mut self, wanted: impl Fn(usize) -> bool) -> bool {
        let steps = self.best.steps.iter().enumerate().filter(|(i, _)| wanted(*i)).map(|(_, s)| s.clone()).collect();
        self.keep(Workload { sessions: self.best.sessions, steps })
    }

    /// Removes runs of steps, long ones first, from the end: what follows the failure goes early.
    fn remove_steps(&mut self) -> bool {
        let mut simpler = false;
        let mut length = self.best.steps.len().div_ceil(2);
        while length > 0 {
            let mut end = self.best.steps.len();
            while end > 0 {
                let start = end.saturating_sub(length);
                simpler |= self.keep_steps(|i| i < start || i >= end);
                end = start;
            }
            length /= 2;
        }
        simpler
    }

    /// Removes two steps at once, such as two writes of which either alone hides the failure.
    fn remove_pairs(&mut self) -> bool {
        let count = self.best.steps.len();
        if count > PAIRS_STEPS_MAX {
            return false;
        }
        (0..count).any(|a| (a + 1..count).any(|b| self.keep_steps(|i| i != a && i != b)))
    }

    /// Removes a step and lengthens the pauses: fewer steps may need more time between them.
    fn remove_and_stretch(&mut self) -> bool {
        let count = self.best.steps.len();
        let is_long = |s: &Step| matches!(s, Step::Wait(duration) if *duration > STRETCHED_MAX);
        if self.best.steps.iter().any(is_long) {
            return false;
        }
        (0..count).any(|gone| {
            let mut candidate = self.best.clone();
            candidate.steps.remove(gone);
            for step in &mut candidate.steps {
                if let Step::Wait(duration) = step {
                    *duration = *duration * 3 / 2;
                }
            }
            self.keep(candidate)
        })
    }

    /// Puts a pause in the place of a call: some calls matter only because they take time.
    fn wait_instead(&mut self) -> bool {
        let calls: Vec<usize> =
            (0..self.best.steps.len()).filter(|i| matches!(self.best.steps[*i], Step::Call { .. })).collect();
        calls.into_iter().any(|index| {
            INSTEAD_MS.into_iter().any(|pause_ms| {
                let mut candidate = self.best.clone();
                candidate.steps[index] = Step::Wait(Duration::from_millis(pause_ms));
                self.keep(candidate)
            })
        })
    }

    /// Makes one pause of two that follow each other.
    fn join_waits(&mut self) -> bool {
        (1..self.best.steps.len()).any(|i| match (&self.best.steps[i - 1], &self.best.steps[i]) {
            (Step::Wait(a), Step::Wait(b)) => {
                let mut candidate = self.best.clone();
                candidate.steps[i - 1] = Step::Wait(a.saturating_add(*b));
                candidate.steps.remove(i);
                self.keep(candidate)
            }
            _ => false,
        })
    }

    /// Drops sessions, gives the calls of one to another, and renumbers without gaps.
    fn drop_sessions(&mut self) -> bool {
        if self.drop_idle_sessions() {
            return true;
        }
        for from in (0..self.best.sessions).rev() {
            let others = (0..from).map(Some);
            for to in std::iter::once(None).chain(others) {
                if self.best.sessions > 1 && self.keep(without_session(&self.best, from, to)) {
                    return true;
                }
            }
        }
        false
    }

    /// Drops the sessions that no step names, all at once: a quiescence point reads in them, too.
    fn drop_idle_sessions(&mut self) -> bool {
        let used: BTreeSet<u16> = self.best.steps.iter().filter_map(Step::session).collect();
        if used.len() == usize::from(self.best.sessions) || used.is_empty() {
            return false;
        }
        let numbers: BTreeMap<u16, u16> = used.into_iter().zip(0..).collect();
        let mut candidate = self.best.clone();
        candidate.sessions = numbers.len() as u16;
        for step in &mut candidate.steps {
            if let Step::Call { session, .. } = step {
                *session = numbers[session];
            }
        }
        self.keep(candidate)
    }

    /// Removes all calls of a register.
    fn remove_registers(&mut self) -> bool {
        let registers: Vec<(String, String)> =
            self.best.registers().into_iter().map(|(bucket, key)| (bucket.to_owned(), key.to_owned())).collect();
        let is_of = |step: &Step, (bucket, key): &(String, String)| match step {
            Step::Call { call, .. } => call.key() == Some(key.as_str()) && call.bucket() == bucket.as_str(),
            Step::Wait(_) | Step::Quiesce => false,
        };
        registers.len() > 1
            && registers.iter().any(|register| {
                let kept: Vec<bool> = self.best.steps.iter().map(|step| !is_of(step, register)).collect();
                self.keep_steps(|i| kept[i])
            })
    }

    /// Calls two buckets or two keys by one name, and gives plain names.
    fn merge_names(&mut self) -> bool {
        let (mut buckets, mut keys) = (Vec::new(), Vec::new());
        for step in &self.best.steps {
            if let Step::Call { call, .. } = step {
                push_new(&mut buckets, call.bucket());
                call.key().into_iter().for_each(|key| push_new(&mut keys, key));
            }
        }
        for (names, plain, in_bucket) in [(&buckets, "b", true), (&keys, "k", false)] {
            for (i, from) in names.iter().enumerate().rev() {
                let mut targets = names[..i].to_vec();
                let numbered = format!("{plain}{}", i + 1);
                let simple = if i == 0 { plain } else { &numbered };
                if !names.iter().any(|name| name == simple) && from.as_str() != simple {
                    targets.push(simple.to_owned());
                }
                for to in targets {
                    if self.keep(renamed(&self.best, in_bucket, from, &to)) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Makes single steps simpler.
    fn simplify_steps(&mut self) -> bool {
        let mut simpler = false;
        for index in 0..self.best.steps.len() {
            for step in simpler_steps(&self.best.steps[index]) {
                let mut candidate = self.best.clone();
                candidate.steps[index] = step;
                if self.keep(candidate) {
                    simpler = true;
                    break;
                }
            }
        }
        simpler
    }
}

fn fingerprint(workload: &Workload) -> u64 {
    let mut hasher = DefaultHasher::new();
    workload.hash(&mut hasher);
    hasher.finish()
}

fn push_new(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::step::Call;
    use crate::workload::text;

    fn workload(lines: &str) -> Workload {
        text::parse(&format!("kvspec workload 1\nsessions 4\n{lines}")).unwrap().workload
    }

    fn lines(workload: &Workload) -> String {
        workload.steps.iter().map(|step| format!("{step}\n")).collect()
    }

    const LONG: &str = "0 set b k stamp(0.0 9000)\n1 get b k\n3 set B \"a key\" \"some bytes\"\n2 delete b k\n\
                        wait 333ms\n3 get B \"a key\"\n2 exists b other\n0 set b k stamp(0.1 5000)\nquiesce\n";

    #[test]
    fn what_matters_is_left() {
        // Fails when a value of 4,097 bytes or more is set, and then a read follows in another
        // session.
        let fails =
            |w: &Workload| {
                let long = w.steps.iter().position(|step| {
                matches!(step, Step::Call { call: Call::Set { value, .. }, .. } if value.bytes().len() >= 4097)
            });
                long.is_some_and(|i| matches!(
                (&w.steps[i], w.steps.get(i + 1)),
                (Step::Call { session: a, .. }, Some(Step::Call { session: b, call: Call::Get { .. } })) if a != b
            ))
            };
        let shrunk = shrink(&workload(LONG), 10_000, fails);
        assert!(shrunk.is_minimal);
        assert_eq!(shrunk.workload.sessions, 2);
        assert_eq!(lines(&shrunk.workload), "0 set b k stamp(0.0 4097)\n1 get b k\n");
        assert!(shrunk.executions < 200, "{}", shrunk.executions);
    }

    #[test]
    fn steps_that_hide_each_other_go_in_pairs() {
        let balance = |w: &Workload| {
            let count = |set: bool| {
                let is = |s: &&Step| matches!(s, Step::Call { call, .. } if matches!(call, Call::Set { .. }) == set && call.is_write());
                w.steps.iter().filter(is).count()
            };
            count(true) == count(false) && w.steps.contains(&Step::Quiesce)
        };
        let shrunk = shrink(
            &workload("0 set b k \"x\"\n0 delete b k\n1 set b k \"x\"\n1 delete b k\nquiesce\n"),
            1_000,
            balance,
        );
        assert_eq!(lines(&shrunk.workload), "quiesce\n");
    }

    #[test]
    fn the_bound_holds_and_the_result_still_fails() {
        let mut asked = 0;
        let shrunk = shrink(&workload(LONG), 3, |w| {
            asked += 1;
            w.steps.len() > 2
        });
        assert_eq!((asked, shrunk.executions, shrunk.is_minimal), (3, 3, false));
        assert!(shrunk.workload.steps.len() > 2);
    }

    #[test]
    fn nothing_can_be_taken_from_the_result() {
        let fails = |w: &Workload| w.registers().len() >= 2 && w.sessions >= 2;
        let shrunk = shrink(&workload(LONG), 10_000, fails).workload;
        assert_eq!((shrunk.steps.len(), shrunk.sessions), (2, 2));
        for index in 0..shrunk.steps.len() {
            let mut smaller = shrunk.clone();
            smaller.steps.remove(index);
            assert!(!fails(&smaller));
        }
    }
}
