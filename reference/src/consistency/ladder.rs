//! The ladder: what of each level a history kept, without contradictions.
//!
//! Each level has a checker. What one finding settles is not checked again: a level that is kept
//! keeps all it implies, and a level that is broken breaks all that imply it, with the same proof.
//!
//! The order of the work is that of its cost. First the levels that take linear time. Then
//! linearizable, which if kept settles everything else, and mostly takes linear time too. Then those
//! that repeated values make NP-complete, the cheaper ones first, each with an equal share of what is
//! left of one [`Budget`]; a share not used is for those that come after. A level whose share is
//! spent is unknown. Before a level is judged on the whole history, the small proofs found so far
//! are: one fault has one proof.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use crate::consistency::budget::{Budget, DEFAULT_STEPS};
use crate::consistency::causal::sequential;
pub use crate::consistency::checkers::{Checker, check_within, checker};
use crate::consistency::closed::closed;
use crate::consistency::finding::{Finding, Witness};
use crate::consistency::level::Level;
use crate::consistency::register::linearizable::{self, Decision};
use crate::history::History;
use crate::history::effect::{self, Seen};
use crate::history::sub_history::sub_history;

/// What to judge.
#[derive(Debug, Clone)]
pub struct Options {
    /// The levels wanted. No other is judged, but for linearizable: where it is kept, it settles
    /// all. What the findings imply of other levels is in the ladder too.
    pub levels: Vec<Level>,
    /// What all levels together may cost, in steps of a [`Budget`]. Levels of linear time, and the
    /// work on proofs, come on top; both have bounds of their own.
    pub steps: u64,
    /// A flag by which the user ends the judgement: what is not decided then is unknown.
    pub stop: Option<&'static AtomicBool>,
}

impl Default for Options {
    fn default() -> Self {
        Self { levels: Level::ALL.to_vec(), steps: DEFAULT_STEPS, stop: None }
    }
}

/// A finding for each level that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ladder {
    findings: BTreeMap<Level, Finding>,
    /// For each level broken, the one whose proof it has.
    proved_by: BTreeMap<Level, Level>,
    /// For each level kept because a stronger one is, that one.
    implied_by: BTreeMap<Level, Level>,
    steps: u64,
}

impl Ladder {
    /// The finding of a level; `None` when it was not asked for.
    pub fn finding(&self, level: Level) -> Option<&Finding> {
        self.findings.get(&level)
    }

    /// All findings, the strongest level first.
    pub fn findings(&self) -> impl Iterator<Item = (Level, &Finding)> {
        self.findings.iter().map(|(&level, finding)| (level, finding))
    }

    /// For a level that is broken, the level whose proof shows the fault: itself, or another one. Levels
    /// that name the same one are broken by one fault: the one implies the other, or the operations
    /// that break the one break the other, or their proofs end in the same read.
    pub fn proved_by(&self, level: Level) -> Option<Level> {
        self.proved_by.get(&level).copied()
    }

    /// For a level that was not judged by itself, as a stronger one is kept, that stronger one.
    pub fn implied_by(&self, level: Level) -> Option<Level> {
        self.implied_by.get(&level).copied()
    }

    /// The steps of the budget that were spent.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The levels kept that no stronger level kept implies, strongest first. More than one where
    /// they cannot be compared.
    pub fn strongest_kept(&self) -> Vec<Level> {
        let kept = |level: &Level| self.findings.get(level) == Some(&Finding::Kept);
        let is_implied = |level: Level| self.findings.keys().any(|&s| s != level && s.implies(level) && kept(&s));
        self.findings.keys().copied().filter(kept).filter(|&level| !is_implied(level)).collect()
    }

    /// The weakest levels broken: those that imply no other broken one. These say best what went
    /// wrong.
    pub fn first_broken(&self) -> Vec<Level> {
        let broken = |level: &Level| matches!(self.findings.get(level), Some(Finding::Broken(_)));
        let has_weaker = |level: Level| Level::ALL.iter().any(|&w| w != level && level.implies(w) && broken(&w));
        self.findings.keys().copied().filter(broken).filter(|&level| !has_weaker(level)).collect()
    }

    /// Whether a level needs no checker any more.
    fn is_settled(&self, level: Level) -> bool {
        matches!(self.findings.get(&level), Some(Finding::Kept | Finding::Broken(_)))
    }

    /// The level whose proof ends in the read in which this proof ends.
    fn with_same_fault(&self, history: &History, witness: &Witness) -> Option<Level> {
        let read = last_read(history, witness)?;
        self.proved_by.iter().filter(|(level, by)| level == by).map(|(&level, _)| level).find(|level| {
            let finding = self.findings.get(level);
            matches!(finding, Some(Finding::Broken(other)) if last_read(history, other) == Some(read))
        })
    }

    /// Writes down a finding and what it settles. That a level is broken stands against whatever a
    /// stronger one seems to keep.
    fn settle(&mut self, history: &History, level: Level, finding: Finding) {
        match &finding {
            Finding::Kept => {
                for weaker in Level::ALL.into_iter().filter(|&weaker| level.implies(weaker)) {
                    if !self.is_settled(weaker) {
                        if weaker != level {
                            self.implied_by.insert(weaker, level);
                        }
                        self.findings.insert(weaker, Finding::Kept);
                    }
                }
            }
            Finding::Broken(witness) => {
                let proved_by = self.with_same_fault(history, witness).unwrap_or(level);
                for stronger in Level::ALL.into_iter().filter(|stronger| stronger.implies(level)) {
                    if !matches!(self.findings.get(&stronger), Some(Finding::Broken(_))) {
                        self.implied_by.remove(&stronger);
                        self.findings.insert(stronger, finding.clone());
                        self.proved_by.insert(stronger, proved_by);
                    }
                }
            }
            Finding::Unknown(_) | Finding::NotExercised(_) => {
                self.findings.entry(level).or_insert(finding);
            }
        }
    }
}

/// The operation in a proof that saw something and was invoked last: what went wrong shows there.
fn last_read(history: &History, witness: &Witness) -> Option<usize> {
    let sees = |i: &usize| effect::seen(history, &history.records()[*i]) != Seen::Nothing;
    witness.operations.iter().copied().filter(sees).max()
}

/// Judges a history on the levels asked for.
pub fn judge(history: &History, options: &Options) -> Ladder {
    let budget = Budget::until(options.steps, options.stop);
    let mut judge = Judge { history, wanted: &options.levels, budget, ladder: Ladder::default() };
    judge.levels_of_linear_time();
    judge.linearizable();
    judge.other_levels();
    let mut ladder = judge.ladder;
    ladder.steps = judge.budget.spent();
    ladder.findings.retain(|level, finding| {
        options.levels.contains(level) || matches!(finding, Finding::Kept | Finding::Broken(_))
    });
    ladder
}

const OF_LINEAR_TIME: [Level; 6] = [
    Level::Integrity,
    Level::Convergent,
    Level::LastWrite,
    Level::ReadYourWrites,
    Level::MonotonicReads,
    Level::Regular,
];

/// The others but linearizable, the cheaper ones first.
const BY_COST: [Level; 8] = [
    Level::MonotonicWrites,
    Level::WritesFollowReads,
    Level::Coherent,
    Level::CausalConvergent,
    Level::Causal,
    Level::Pram,
    Level::CausalMemory,
    Level::Sequential,
];

/// What linearizable may spend of the whole budget before the others.
const LINEARIZABLE_SHARE: u64 = 4;
/// Why a level is unknown that the user did not wait for.
const STOPPED: &str = "the judgement was ended before it was decided";
/// The most operations of a proof that is tried on other levels.
const PROOF_TRIED_MAX: usize = 64;

struct Judge<'a> {
    history: &'a History,
    wanted: &'a [Level],
    budget: Budget,
    ladder: Ladder,
}

impl Judge<'_> {
    fn is_open(&self, level: Level) -> bool {
        self.wanted.contains(&level) && !self.ladder.is_settled(level)
    }

    fn levels_of_linear_time(&mut self) {
        for level in OF_LINEAR_TIME {
            if self.is_open(level) && !self.has_known_fault(level) {
                let finding = match self.budget.is_stopped() {
                    true => Finding::Unknown(STOPPED.into()),
                    false => check_within(level, self.history, &self.budget),
                };
                self.settle(level, finding);
            }
        }
    }

    fn settle(&mut self, level: Level, finding: Finding) {
        let finding = match finding {
            Finding::Unknown(_) if self.budget.is_stopped() => Finding::Unknown(STOPPED.into()),
            other => other,
        };
        self.ladder.settle(self.history, level, finding);
    }

    fn linearizable(&mut self) {
        if !Level::ALL.into_iter().any(|level| self.is_open(level)) || self.ladder.is_settled(Level::Linearizable) {
            return;
        }
        let share = if BY_COST.into_iter().any(|level| self.is_open(level)) { LINEARIZABLE_SHARE } else { 1 };
        let part = self.budget.part(self.budget.left() / share);
        let decision = linearizable::decide(self.history, &part);
        self.budget.settle(&part);
        let finding = match decision {
            Decision::Kept => Finding::Kept,
            Decision::NotExercised(missing) => Finding::NotExercised(missing),
            Decision::Unknown(why) => Finding::Unknown(why),
            Decision::Broken(_) if !self.is_open(Level::Linearizable) => return,
            Decision::Broken(fault) => Finding::Broken(fault.prove(self.history, &self.budget)),
        };
        self.settle(Level::Linearizable, finding);
    }

    fn other_levels(&mut self) {
        for (number, level) in BY_COST.into_iter().enumerate() {
            if !self.is_open(level) || self.has_known_fault(level) {
                continue;
            }
            let still_open = BY_COST[number..].iter().filter(|&&level| self.is_open(level)).count() as u64;
            let share = self.budget.part(self.budget.left() / still_open);
            let finding = match level {
                // Nothing is gained by asking the levels before it once more.
                Level::Sequential if self.weaker_are_known() => sequential::check_after_weaker(self.history, &share),
                _ => check_within(level, self.history, &share),
            };
            self.budget.settle(&share);
            if level == Level::Coherent && self.is_one_register() && !matches!(finding, Finding::NotExercised(_)) {
                // On one register, that is the same as sequential.
                self.settle(Level::Sequential, finding.clone());
            }
            self.settle(level, finding);
        }
    }

    fn weaker_are_known(&self) -> bool {
        let weaker = [Level::Coherent, Level::CausalConvergent, Level::CausalMemory];
        weaker.iter().all(|level| self.ladder.findings.contains_key(level))
    }

    fn is_one_register(&self) -> bool {
        self.history.records().windows(2).all(|pair| pair[0].register == pair[1].register)
    }

    /// Tries the small proofs of other levels; settles the level when one of them breaks it too.
    fn has_known_fault(&mut self, level: Level) -> bool {
        let proofs: BTreeSet<Level> = self.ladder.proved_by.values().copied().collect();
        for other in proofs {
            let Some(Finding::Broken(witness)) = self.ladder.findings.get(&other) else { continue };
            if self.breaks(level, witness) {
                let finding = Finding::Broken(witness.clone());
                self.settle(level, finding);
                return true;
            }
        }
        false
    }

    /// Whether the operations of another level's proof, which must prove something of the whole by
    /// themselves, break this level.
    fn breaks(&self, level: Level, witness: &Witness) -> bool {
        // What is quiescent depends on writes that nothing read.
        let needs_all = |level| matches!(level, Level::Convergent | Level::LastWrite);
        if needs_all(level) || witness.operations.len() > PROOF_TRIED_MAX {
            return false;
        }
        let everything: Vec<usize> = (0..self.history.records().len()).collect();
        let kept: BTreeSet<usize> = witness.operations.iter().copied().collect();
        let operations: Vec<usize> = closed(self.history, &everything, kept.clone()).into_iter().collect();
        let is_small = operations.len() == kept.len();
        let part = self.budget.part(1 << 20);
        let breaks = |part: &Budget| check_within(level, &sub_history(self.history, &operations), part);
        is_small && matches!(breaks(&part), Finding::Broken(_))
    }
}
