//! How much of a target was really asked and compared: a search that nothing answers finds nothing.

use std::fmt::Write as _;
use std::ops::AddAssign;

use kvspec_reference::History;
use kvspec_reference::history::{Kind, Outcome};

/// What workloads call.
const KINDS: [Kind; Kind::ALL.len()] = Kind::ALL;

/// How the operations of one kind ended. Those that ended in neither way are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Ended {
    results: u64,
    errors: u64,
}

/// How much of the target was really asked and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exercised {
    /// As [`KINDS`].
    ended: [Ended; KINDS.len()],
    /// Reads that were compared with what was ever written.
    pub reads: u64,
    /// Those of them that were settled, and compared with the last writes.
    pub settled_reads: u64,
}

impl Exercised {
    /// What these operations asked, with so many reads compared.
    pub(super) fn by(history: &History, reads: u64, settled_reads: u64) -> Self {
        let mut exercised = Self { reads, settled_reads, ..Self::default() };
        for record in history.records() {
            let ended = KINDS.iter().zip(&mut exercised.ended).find(|(kind, _)| **kind == record.kind);
            match (ended, record.outcome) {
                (Some((_, ended)), Outcome::Ok) => ended.results += 1,
                (Some((_, ended)), Outcome::Error) => ended.errors += 1,
                _ => {}
            }
        }
        exercised
    }

    /// Operations that were answered with a result.
    pub fn operations(&self) -> u64 {
        self.ended.iter().map(|ended| ended.results).sum()
    }

    /// Which operations were answered with errors, by name, and how many. To the model an error is a
    /// legal response, so these are no finds; who knows the store sees whether they should be.
    pub fn errors(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = KINDS.iter().zip(&self.ended).map(|(kind, ended)| (kind.name(), ended.errors));
        counts.filter(|(_, errors)| *errors > 0)
    }

    /// A line on the errors, if there were any.
    pub(super) fn errors_text(&self) -> Option<String> {
        let mut text = String::new();
        for (kind, ended) in KINDS.iter().zip(&self.ended).filter(|(_, ended)| ended.errors > 0) {
            let between = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{between}{} of {} {}", ended.errors, ended.errors + ended.results, kind.name());
        }
        (!text.is_empty()).then(|| format!("answered with errors, which are no finds: {text}"))
    }
}

impl AddAssign for Exercised {
    fn add_assign(&mut self, other: Self) {
        for (sum, ended) in self.ended.iter_mut().zip(other.ended) {
            sum.results += ended.results;
            sum.errors += ended.errors;
        }
        self.reads += other.reads;
        self.settled_reads += other.settled_reads;
    }
}
