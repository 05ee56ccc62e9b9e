//! Shrinking: from a failing workload to a small one that still fails.
//!
//! Delta debugging (Zeller, Hildebrandt 2002) over the steps, then passes that know what a workload
//! is: whole sessions and registers are dropped or merged, values, names and pauses made plain.
//! The passes repeat until none of them finds anything: a local minimum, where no step, no two
//! steps, no session and no register can be taken away and no value, name or pause made simpler.
//!
//! There is one shrinker and two ways to it: [`shrink`] asks it in a loop; [`Shrinker`] is asked by
//! whoever has a loop of his own, such as proptest's runner.

mod edit;
mod pass;
mod shrinker;
mod simpler;
mod simpler_calls;
mod simpler_values;

pub use shrinker::Shrinker;

use crate::workload::step::Workload;

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

/// Makes a failing workload small. `still_fails` says whether a candidate shows the same failure;
/// it is asked at most `executions_max` times, and never twice for the same candidate.
pub fn shrink(workload: &Workload, executions_max: u64, mut still_fails: impl FnMut(&Workload) -> bool) -> Shrunk {
    let mut shrinker = Shrinker::new(workload.clone());
    let mut executions = 0;
    while executions < executions_max {
        let Some(candidate) = shrinker.propose() else { break };
        executions += 1;
        let fails = still_fails(candidate);
        shrinker.answer(fails);
    }
    Shrunk { workload: shrinker.smallest().clone(), executions, is_minimal: executions < executions_max }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::step::{Call, Step};
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
