//! The ladder: what of each level a history kept, without contradictions.
//!
//! Each level has a checker. What one finding settles is not checked again: a level that is kept
//! keeps all it implies, and a level that is broken breaks all that imply it, with the same witness.

use std::collections::BTreeMap;

use crate::consistency::{Finding, Level};
use crate::history::History;

/// The function that judges one level.
pub type Checker = fn(&History) -> Finding;

/// The checker of a level.
pub fn checker(level: Level) -> Checker {
    use crate::consistency::causal::session_order;
    use crate::consistency::convergence;
    use crate::consistency::register::sessions;
    match level {
        Level::Linearizable => crate::consistency::register::linearizable::check,
        Level::Sequential => crate::consistency::causal::sequential::check,
        Level::CausalConvergent => crate::consistency::causal::causal_convergent::check,
        Level::CausalMemory => crate::consistency::causal::causal_memory::check,
        Level::Causal => crate::consistency::causal::causal_consistency::check,
        Level::Pram => crate::consistency::causal::pram::check,
        Level::Coherent => crate::consistency::causal::coherent::check,
        Level::Regular => crate::consistency::register::regular::check,
        Level::ReadYourWrites => sessions::check_read_your_writes,
        Level::MonotonicReads => sessions::check_monotonic_reads,
        Level::MonotonicWrites => session_order::check_monotonic_writes,
        Level::WritesFollowReads => session_order::check_writes_follow_reads,
        Level::LastWrite => convergence::check_last_write,
        Level::Convergent => convergence::check,
        Level::Integrity => crate::consistency::integrity::check,
    }
}

/// What to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The levels wanted. Others may be judged on the way.
    pub levels: Vec<Level>,
}

impl Default for Options {
    fn default() -> Self {
        Self { levels: Level::ALL.to_vec() }
    }
}

/// A finding for each level that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ladder {
    findings: BTreeMap<Level, Finding>,
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

    /// Writes down a finding and what it settles.
    fn settle(&mut self, level: Level, finding: Finding) {
        match &finding {
            Finding::Kept => {
                for weaker in Level::ALL.into_iter().filter(|&weaker| level.implies(weaker)) {
                    // What was left undecided is decided now.
                    if matches!(self.findings.get(&weaker), None | Some(Finding::Unknown(_))) {
                        self.findings.insert(weaker, Finding::Kept);
                    }
                }
            }
            Finding::Broken(_) => {
                for stronger in Level::ALL.into_iter().filter(|stronger| stronger.implies(level)) {
                    let known = self.findings.get(&stronger);
                    if !matches!(known, Some(Finding::Broken(_))) {
                        self.findings.insert(stronger, finding.clone());
                    }
                }
            }
            _ => {}
        }
        self.findings.entry(level).or_insert(finding);
    }
}

/// Judges a history on the levels asked for.
///
/// The order of the work: linearizable, which if kept settles everything; then from the cheap and
/// weak levels to the dear and strong ones, so that a broken level names the smallest thing that is
/// wrong and spares the work on those above it. Causal convergence comes before plain causal and
/// PRAM, which it spares where it is kept.
pub fn judge(history: &History, options: &Options) -> Ladder {
    const ORDER: [Level; 15] = [
        Level::Linearizable,
        Level::Integrity,
        Level::Convergent,
        Level::LastWrite,
        Level::ReadYourWrites,
        Level::MonotonicReads,
        Level::Regular,
        Level::MonotonicWrites,
        Level::WritesFollowReads,
        Level::Coherent,
        Level::CausalConvergent,
        Level::Causal,
        Level::Pram,
        Level::CausalMemory,
        Level::Sequential,
    ];
    let mut ladder = Ladder::default();
    for level in ORDER {
        let is_wanted = |wanted: &Level| *wanted == level || level.implies(*wanted) && level == Level::Linearizable;
        if ladder.findings.contains_key(&level) || !options.levels.iter().any(is_wanted) {
            continue;
        }
        let is_known = |weaker: &Level| ladder.findings.contains_key(weaker);
        let check = match level {
            // Were one of the weaker ones broken, this one would be settled.
            Level::Sequential if crate::consistency::causal::sequential::WEAKER.iter().all(is_known) => {
                crate::consistency::causal::sequential::check_after_weaker
            }
            _ => checker(level),
        };
        ladder.settle(level, check(history));
    }
    ladder.findings.retain(|level, _| options.levels.contains(level));
    ladder
}
