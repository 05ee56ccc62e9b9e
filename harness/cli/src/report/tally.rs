//! What a run says of each requirement, and of what was not compared.

use std::collections::BTreeSet;

use kvspec::report::cause::Cause;
use kvspec::run::event::Conclusion;
use kvspec_reference::{Profile, RequirementId};
use kvspec_suites::{Verdict, requirement};
use serde::Serialize;

/// What a run says of one requirement.
#[derive(Debug, Serialize)]
pub struct Tally {
    /// Its ID.
    pub id: &'static str,
    /// How strongly it is demanded.
    pub level: String,
    /// What it rests on.
    pub basis: String,
    /// What it says.
    pub statement: &'static str,
    /// In a word: broken, known, undecided, kept, observed, skipped or not run.
    pub result: &'static str,
    /// How many of the cases that test it passed.
    pub passed: usize,
    /// How many failed, by this requirement or another.
    pub failed: usize,
    /// How many were skipped.
    pub skipped: usize,
    /// How many decided nothing.
    pub undecided: usize,
}

/// A tally of each requirement of the profile, in their order.
pub fn tallies(conclusion: &Conclusion<'_>, causes: &[Cause<'_>]) -> Vec<Tally> {
    let profile: Profile = conclusion.header.profile.parse().unwrap_or_default();
    let broken = broken(conclusion, causes);
    let known = known(conclusion);
    let demanded = requirement::all().filter(|entry| entry.is_of(profile) && entry.retired.is_none());
    demanded.map(|entry| tally(entry, profile, conclusion, &broken, &known)).collect()
}

/// The requirements that unexpected failures name.
fn broken(conclusion: &Conclusion<'_>, causes: &[Cause<'_>]) -> BTreeSet<RequirementId> {
    let of_causes = causes.iter().map(|cause| cause.requirement);
    let showings = causes.iter().flat_map(|cause| &cause.showings);
    let cases = conclusion.run.cases.iter();
    let unexpected = cases.filter(|run| run.report.verdict == Verdict::Fail);
    let unexpected = unexpected.filter(|run| conclusion.met.expectation_of(run.case.name).is_none());
    let of_cases = unexpected.filter_map(|run| run.report.anomalies.first());
    of_causes
        .chain(showings.map(|showing| showing.anomaly.requirement))
        .chain(of_cases.map(|anomaly| anomaly.requirement))
        .collect()
}

/// The requirements that failures name which were expected.
fn known(conclusion: &Conclusion<'_>) -> BTreeSet<RequirementId> {
    let cases = conclusion.run.cases.iter();
    let expected = cases.filter(|run| conclusion.met.expectation_of(run.case.name).is_some());
    let of_cases = expected.filter_map(|run| run.report.anomalies.first()).map(|anomaly| anomaly.requirement);
    let search = conclusion.run.exploration.iter().flat_map(|exploration| &exploration.known);
    of_cases.chain(search.filter_map(|known| known.anomalies.first()).map(|anomaly| anomaly.requirement)).collect()
}

fn tally(
    entry: &requirement::Requirement,
    profile: Profile,
    conclusion: &Conclusion<'_>,
    broken: &BTreeSet<RequirementId>,
    known: &BTreeSet<RequirementId>,
) -> Tally {
    let mut tally = Tally {
        id: entry.id.as_str(),
        level: entry.level.to_string(),
        basis: entry.grounds_in(profile).basis.to_string(),
        statement: entry.statement,
        result: "",
        passed: 0,
        failed: 0,
        skipped: 0,
        undecided: 0,
    };
    for run in conclusion.run.cases.iter().filter(|run| run.case.requirements.contains(&entry.id)) {
        match run.report.verdict {
            Verdict::Pass => tally.passed += 1,
            Verdict::Fail => tally.failed += 1,
            Verdict::Skip(_) => tally.skipped += 1,
            Verdict::Inconclusive(_) | Verdict::Error(_) => tally.undecided += 1,
        }
    }
    tally.result = match () {
        () if broken.contains(&entry.id) => "broken",
        () if known.contains(&entry.id) => "known",
        () if tally.undecided > 0 => "undecided",
        () if tally.passed > 0 && entry.is_only_observed() => "observed",
        () if tally.passed > 0 => "kept",
        () if tally.failed > 0 => "undecided",
        () if tally.skipped > 0 => "skipped",
        () => "not run",
    };
    tally
}

/// Names of cases with what they have in common.
#[derive(Debug, Serialize)]
pub struct Reason {
    /// Such as why they were skipped.
    pub why: String,
    /// The cases.
    pub cases: Vec<&'static str>,
}

/// The cases that were skipped, by their reason.
pub fn skipped(conclusion: &Conclusion<'_>) -> Vec<Reason> {
    by_reason(conclusion, |verdict| match verdict {
        Verdict::Skip(why) => Some(why.clone()),
        _ => None,
    })
}

/// The cases that decided nothing, by their reason.
pub fn undecided(conclusion: &Conclusion<'_>) -> Vec<Reason> {
    by_reason(conclusion, |verdict| match verdict {
        Verdict::Inconclusive(why) => Some(format!("inconclusive: {why}")),
        Verdict::Error(why) => Some(format!("error: {why}")),
        _ => None,
    })
}

fn by_reason(conclusion: &Conclusion<'_>, why: impl Fn(&Verdict) -> Option<String>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for run in &conclusion.run.cases {
        let Some(why) = why(&run.report.verdict) else { continue };
        match reasons.iter_mut().find(|reason| reason.why == why) {
            Some(reason) => reason.cases.push(run.case.name),
            None => reasons.push(Reason { why, cases: vec![run.case.name] }),
        }
    }
    reasons
}

/// What was seen of matters that the interface leaves open.
pub fn observed<'c>(conclusion: &'c Conclusion<'_>) -> impl Iterator<Item = &'c str> {
    conclusion.run.cases.iter().flat_map(|run| &run.report.observations).map(String::as_str)
}
