//! Failures grouped by cause: by what their histories show, not by what the cases set out to try.
//!
//! One bug fails many cases. Each failure is explained by one or several [`Kind`]s; the causes of a run
//! are the fewest kinds that explain all its failures, chosen greedily: first the kind that explains
//! most of them. A bug that damages values leaves sometimes a part of one, sometimes what nobody wrote,
//! sometimes by chance the value of another key: that is one cause, under the name of what is shown most.
//!
//! A cause names the requirement that all its failures name. Where they name several, it names the one
//! that the oracle finds broken in the smallest history.

pub mod kind;
mod line;
mod origin;

use kvspec_reference::RequirementId;
use std::collections::BTreeMap;

use kvspec_reference::history::Value;
use kvspec_reference::{Anomaly, History, eventual};
use kvspec_suites::Verdict;

use crate::expectation::Met;
use crate::run::outcome::Run;

pub use kind::Kind;
pub use line::telling_line;

/// Something that is wrong, with all failures that show it.
#[derive(Debug, Clone)]
pub struct Cause<'r> {
    /// The requirement that is broken.
    pub requirement: RequirementId,
    /// What the histories show.
    pub kind: Kind,
    /// The failures that show it, at least one, the one with the smallest history first.
    pub showings: Vec<Showing<'r>>,
}

/// A failure, and what it shows.
#[derive(Debug, Clone)]
pub struct Showing<'r> {
    /// The name of the case, or of the workloads.
    pub name: &'static str,
    /// What happened.
    pub history: &'r History,
    /// What is wrong with that: what the case says of it, or the oracle where that says more.
    pub anomaly: Anomaly,
    /// What else the case says of it.
    pub others: &'r [Anomaly],
    kinds: Vec<Kind>,
}

impl Cause<'_> {
    /// What is wrong, in a few words.
    pub fn title(&self) -> String {
        self.kind.title(self.showings.iter().map(|showing| (&showing.anomaly, showing.history)))
    }

    /// The failure with the smallest history.
    pub fn smallest(&self) -> &Showing<'_> {
        &self.showings[0]
    }

    /// The names of the other failures, in alphabetical order.
    pub fn others(&self) -> impl ExactSizeIterator<Item = &'static str> + '_ {
        let mut names: Vec<&'static str> = self.showings[1..].iter().map(|showing| showing.name).collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// Whether a failure of this name shows it.
    pub fn is_shown_by(&self, name: &str) -> bool {
        self.showings.iter().any(|showing| showing.name == name)
    }
}

/// The causes of the failures of a run that were not expected; the one with the most failures first.
pub fn causes<'r>(run: &'r Run, met: &Met<'_>) -> Vec<Cause<'r>> {
    let of_cases = run.cases.iter().filter(|run| run.report.verdict == Verdict::Fail);
    let of_cases = of_cases.map(|run| (run.case.name, &run.report.anomalies[..], &run.report.history));
    let search = run.exploration.iter().filter_map(|of| of.search.failure.as_ref().map(|failure| (of.name, failure)));
    let search = search.map(|(name, failure)| (name, &failure.anomalies[..], &failure.history));
    let threads = run.concurrency.iter().filter_map(|of| of.failure.as_ref().map(|failure| (of.name, failure)));
    let threads = threads.map(|(name, failure)| (name, &failure.anomalies[..], &failure.history));
    let failures = of_cases.chain(search).chain(threads).filter(|(name, ..)| met.expectation_of(name).is_none());
    grouped(failures.filter_map(|(name, anomalies, history)| Showing::of(name, anomalies, history)).collect())
}

impl<'r> Showing<'r> {
    fn of(name: &'static str, anomalies: &'r [Anomaly], history: &'r History) -> Option<Self> {
        let (first, others) = anomalies.split_first()?;
        Some(Self { name, history, anomaly: first.clone(), others, kinds: kind::kinds(first, history) })
    }

    /// How much there is to read: the operations that prove it, then all that was called. A history of which
    /// values were cut comes after those that show all.
    fn size(&self) -> (bool, usize, usize) {
        (self.has_cut_values(), self.anomaly.operations.len(), self.history.records().len())
    }

    fn has_cut_values(&self) -> bool {
        self.history.values().iter().any(|value| matches!(value, Value::Cut(_)))
    }

    /// What the oracle says of the history, of the same register where it can. It was judged with its whole
    /// values before: of cut ones, the oracle cannot say what they are made of.
    fn judged(&self) -> Option<Anomaly> {
        if self.has_cut_values() {
            return None;
        }
        let judged = eventual::judge(self.history);
        let of_register = judged.iter().position(|anomaly| anomaly.register == self.anomaly.register);
        judged.into_iter().nth(of_register?)
    }
}

fn grouped(mut left: Vec<Showing<'_>>) -> Vec<Cause<'_>> {
    let mut groups: Vec<(Kind, Vec<Showing<'_>>)> = Vec::new();
    while let Some(kind) = commonest(&left) {
        let (explained, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|showing| showing.kinds.contains(&kind));
        match groups.iter_mut().find(|(larger, _)| larger.also_explains(&kind)) {
            Some((_, showings)) => showings.extend(explained),
            None => groups.push((kind, explained)),
        }
        left = others;
    }
    groups.into_iter().map(|(kind, showings)| cause(kind, showings)).collect()
}

/// The kind that explains most; of equals, the more specific one.
fn commonest(showings: &[Showing<'_>]) -> Option<Kind> {
    let mut counts: BTreeMap<&Kind, usize> = BTreeMap::new();
    for kind in showings.iter().flat_map(|showing| &showing.kinds) {
        *counts.entry(kind).or_default() += 1;
    }
    // Kinds are ordered from the specific to the general.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(kind, _)| kind.clone())
}

fn cause(kind: Kind, mut showings: Vec<Showing<'_>>) -> Cause<'_> {
    // What reads gave is understood from a drawing, and where no operation is named, none is made.
    let is_undrawn = |showing: &Showing<'_>| kind.is_of_states() && showing.anomaly.operations.is_empty();
    showings.sort_by_key(|showing| (is_undrawn(showing), showing.size()));
    let named = showings[0].anomaly.requirement;
    if showings.iter().all(|showing| showing.anomaly.requirement == named) {
        return Cause { requirement: named, kind, showings };
    }
    // The oracle looks at one key alone: that others are to blame is what only the cases say.
    let is_judged = kind.is_of_states() && kind != Kind::OtherKey;
    for showing in showings.iter_mut().filter(|_| is_judged) {
        if let Some(judged) = showing.judged() {
            showing.anomaly = judged;
        }
    }
    showings.sort_by_key(|showing| (says_little(&kind, &showing.anomaly), is_undrawn(showing), showing.size()));
    Cause { requirement: showings[0].anomaly.requirement, kind, showings }
}

/// Of several requirements, those that fit what is shown say most. That a key fails while others are
/// written says less than that it fails alone, and what only a case says comes last.
fn says_little(kind: &Kind, anomaly: &Anomaly) -> u8 {
    let id = anomaly.requirement;
    let is_of = |groups: &[&str]| groups.contains(&id.group());
    match kind {
        Kind::Trap(_) | Kind::Error(_) | Kind::Requirement(_) => 0,
        Kind::OtherKey => u8::from(!is_of(&["KVE-KEY", "KVE-BKT"])),
        _ if id == RequirementId::KveCon04 => 1,
        _ if is_of(&["KVE-CON", "KVE-INT"]) => 0,
        _ => 2,
    }
}
