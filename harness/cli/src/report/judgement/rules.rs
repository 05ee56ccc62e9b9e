//! The rules by which findings are to be understood that the levels' definitions alone do not give.

use kvspec_reference::Outcome;
use kvspec_reference::consistency::{Finding, Level};

use super::Judgement;

/// A rule, which reports name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    ThinAir,
    NotExercised,
    Implied,
    CertainlyOlder,
}

impl Rule {
    const ALL: [Rule; 4] = [Rule::ThinAir, Rule::NotExercised, Rule::Implied, Rule::CertainlyOlder];

    pub(super) fn name(self) -> &'static str {
        match self {
            Rule::ThinAir => "thin-air",
            Rule::NotExercised => "not-exercised",
            Rule::Implied => "implied",
            Rule::CertainlyOlder => "certainly-older",
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Rule::ThinAir => {
                "a read of what nothing wrote breaks integrity, and every level that explains each read by a write; the \
                 guarantees of a session that compare what it saw say nothing of it"
            }
            Rule::NotExercised => "nothing in the history could have broken the level, which is no pass",
            Rule::Implied => {
                "a level was not judged by itself: a stronger one is kept, or the proof of another breaks it"
            }
            Rule::CertainlyOlder => {
                "a write is older than another only where it ended before that began, or so in their session; of writes \
                 that overlap, each session may have seen an order of its own"
            }
        }
    }
}

impl Judgement<'_> {
    /// The rule by which the finding of a level is to be understood, and the level that it rests on.
    pub(super) fn rule(&self, level: Level) -> Option<(Rule, Option<Level>)> {
        let finding = self.ladder.finding(level)?;
        let proved_by = self.ladder.proved_by(level).filter(|by| *by != level);
        match finding {
            Finding::Broken(_) if proved_by == Some(Level::Integrity) && self.is_of_thin_air() => {
                Some((Rule::ThinAir, proved_by))
            }
            Finding::Broken(_) if proved_by.is_some() => Some((Rule::Implied, proved_by)),
            Finding::Kept if self.ladder.implied_by(level).is_some() => {
                Some((Rule::Implied, self.ladder.implied_by(level)))
            }
            Finding::Kept | Finding::Broken(_) => level.assumption().map(|_| (Rule::CertainlyOlder, None)),
            Finding::NotExercised(_) if !self.needs_bound(level) => Some((Rule::NotExercised, None)),
            _ => None,
        }
    }

    /// Whether integrity is broken by what nothing wrote, and not by what was written only later.
    fn is_of_thin_air(&self) -> bool {
        let Some(Finding::Broken(witness)) = self.ladder.finding(Level::Integrity) else { return false };
        let records = self.history.records();
        let may_write = |&index: &usize| records[index].kind.is_write() && records[index].outcome != Outcome::Failed;
        !witness.operations.iter().any(may_write)
    }

    /// The rules that some finding needs.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        let used: Vec<Rule> =
            Level::ALL.into_iter().filter_map(|level| self.rule(level)).map(|(rule, _)| rule).collect();
        Rule::ALL.into_iter().filter(move |rule| used.contains(rule))
    }
}
