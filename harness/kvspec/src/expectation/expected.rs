//! All that is expected of a run.

use std::path::Path;

use kvspec_reference::{Anomaly, Profile, RequirementId};
use kvspec_suites::Verdict;
use serde::Deserialize;

use super::circumstances::Circumstances;
use super::known::{Expectation, Fields};
use super::met::Met;
use crate::run::case::CaseRun;
use crate::run::outcome::Run;
use crate::toml_file::{self, TomlFileError};

/// What is expected of a run.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    all: Vec<Expectation>,
    /// The cases that other shards of the same run have.
    in_other_shards: Vec<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expect: Vec<Fields>,
}

impl Expectations {
    /// Reads a file of expectations.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML, or has a field that is unknown, missing or cannot be
    /// meant.
    pub fn load(file: &Path) -> Result<Self, TomlFileError> {
        toml_file::load(file, Self::parse)
    }

    /// Reads expectations from their text.
    ///
    /// # Errors
    /// What is wrong: with line and column where the text is at fault, else with the number of the
    /// expectation.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let checked = |(number, fields): (usize, Fields)| {
            fields.checked(text).map_err(|fault| format!("expectation {number}: {fault}"))
        };
        (1..).zip(file.expect).map(checked).collect()
    }

    /// Those that are meant where a run is made; what is over by then excuses nothing.
    pub fn in_force(self, circumstances: &Circumstances<'_>) -> Self {
        let meant = self.all.into_iter().filter(|expectation| expectation.when.holds(circumstances));
        Self { all: meant.map(|expectation| expectation.on_day_of(circumstances)).collect(), ..self }
    }

    /// These in a shard of a run, of which other shards have these cases: there, too, an expectation may be
    /// met. So one is stale only where no case that it names is elsewhere.
    pub fn in_shard(self, in_other_shards: Vec<&'static str>) -> Self {
        Self { in_other_shards, ..self }
    }

    /// What is wrong with those whose id matches no case of this profile; a line each.
    pub fn faults_for(&self, profile: Profile) -> Vec<String> {
        let fault = |(number, expectation): (usize, &Expectation)| {
            let fault = expectation.id.fault_for(profile).filter(|_| expectation.when.is_of(profile))?;
            Some(format!("expectation {number}: id = \"{}\" {fault}", expectation.id))
        };
        (1..).zip(&self.all).filter_map(fault).collect()
    }

    /// These, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Expectation> {
        self.all.iter()
    }

    /// The first expectation that a failure of this name meets.
    pub fn of(&self, name: &str, anomalies: &[Anomaly]) -> Option<&Expectation> {
        self.in_time().find(|e| e.id.matches(name) && e.is_met_by(anomalies))
    }

    /// The first expectation that the failure of a case meets.
    pub fn of_case(&self, run: &CaseRun) -> Option<&Expectation> {
        let broken = run.report.anomalies.first().map(|anomaly| anomaly.requirement);
        let is_failure = run.report.verdict == Verdict::Fail;
        self.in_time().find(|e| is_failure && e.id.matches(run.case.name) && e.is_of(broken))
    }

    /// Whether a violation of this requirement is expected of a case, or of workloads, of this name.
    pub fn expects(&self, name: &str, requirement: RequirementId) -> bool {
        self.in_time().any(|e| e.id.matches(name) && e.is_of(Some(requirement)))
    }

    /// Those that excuse a failure: their last day is not over.
    fn in_time(&self) -> impl Iterator<Item = &Expectation> {
        self.all.iter().filter(|e| !e.is_over)
    }

    /// What a run met of them.
    pub fn met_by(&self, run: &Run) -> Met<'_> {
        let mut ends: Vec<End<'_>> = Vec::new();
        for CaseRun { case, report, .. } in &run.cases {
            ends.push(End { name: case.name, verdict: report.verdict.clone(), anomalies: &report.anomalies });
        }
        if let Some(exploration) = &run.exploration {
            let name = exploration.name;
            // What nobody expects comes first: it decides whether the whole is known.
            let unexpected = exploration.search.failure.iter().map(|failure| &failure.anomalies[..]);
            let all: Vec<_> = unexpected.chain(exploration.known.iter().map(|known| &known.anomalies[..])).collect();
            let of = |anomalies| End { name, verdict: exploration.verdict(), anomalies };
            ends.extend(if all.is_empty() { vec![of(&[])] } else { all.into_iter().map(of).collect() });
        }
        if let Some(concurrency) = &run.concurrency {
            let anomalies = concurrency.failure.as_ref().map_or(&[][..], |failure| &failure.anomalies);
            ends.push(End { name: concurrency.name, verdict: concurrency.verdict(), anomalies });
        }
        self.met_by_ends(&ends)
    }

    fn met_by_ends(&self, ends: &[End<'_>]) -> Met<'_> {
        let mut met = Met::default();
        let mut was_met = vec![false; self.all.len()];
        let mut was_decided = vec![false; self.all.len()];
        let mut decided: Vec<&str> = Vec::new();
        for End { name, verdict, anomalies } in ends {
            let is_failure = *verdict == Verdict::Fail;
            let broken = anomalies.first().map(|anomaly| anomaly.requirement);
            let is_first = !decided.contains(name);
            decided.push(name);
            for (i, expectation) in self.all.iter().enumerate().filter(|(_, e)| e.id.matches(name)) {
                was_decided[i] |= is_failure || *verdict == Verdict::Pass;
                if is_failure && expectation.is_of(broken) {
                    was_met[i] = true;
                    if is_first && !expectation.is_over && met.expectation_of(name).is_none() {
                        met.known.push(((*name).to_owned(), expectation));
                    }
                }
            }
        }
        let chosen = |is_chosen: &dyn Fn(usize) -> bool| {
            self.all.iter().enumerate().filter(|(i, _)| is_chosen(*i)).map(|(_, expectation)| expectation).collect()
        };
        let may_be_met_elsewhere = |i: usize| self.in_other_shards.iter().any(|name| self.all[i].id.matches(name));
        met.stale = chosen(&|i| was_decided[i] && !was_met[i] && !may_be_met_elsewhere(i));
        met.expired = chosen(&|i| was_met[i] && self.all[i].is_over);
        met
    }
}

impl FromIterator<Expectation> for Expectations {
    fn from_iter<E: IntoIterator<Item = Expectation>>(all: E) -> Self {
        Self { all: all.into_iter().collect(), in_other_shards: Vec::new() }
    }
}

/// How a case ended, or workloads did: once for each violation of theirs.
struct End<'r> {
    name: &'r str,
    verdict: Verdict,
    anomalies: &'r [Anomaly],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expectation::date::Date;
    use crate::selection::random_workloads;

    fn anomaly(requirement: RequirementId) -> Vec<Anomaly> {
        let text = String::new;
        vec![Anomaly {
            requirement,
            register: None,
            expected: text(),
            actual: text(),
            operations: vec![],
            because: vec![],
        }]
    }

    const TEXT: &str = r#"
        [[expect]]
        id = "eventual::keys::*"
        requirement = "KVE-KEY-01"
        reason = "keys are folded"
        issue = "https://example.org/7"
        [[expect]]
        id = "**::random_workloads"
        reason = "see above"
    "#;

    #[test]
    fn a_known_violation_is_told_apart_from_others() {
        let expectations = Expectations::parse(TEXT).unwrap();
        let (key, other) = (anomaly(RequirementId::KveKey01), anomaly(RequirementId::KveInt01));
        let failed = |name, anomalies| End { name, verdict: Verdict::Fail, anomalies };
        let met = expectations.met_by_ends(&[
            failed("eventual::keys::a", &key),
            failed("eventual::keys::b", &other),
            failed("eventual::get::c", &key),
        ]);
        let known: Vec<&str> = met.known().map(|(name, _)| name).collect();
        assert_eq!(known, ["eventual::keys::a"]);
        assert_eq!(
            met.expectation_of("eventual::keys::a").unwrap().to_string(),
            "keys are folded (https://example.org/7)"
        );
        assert!(met.stale.is_empty(), "what was not run is not stale");
    }

    #[test]
    fn a_search_that_also_found_the_unexpected_is_not_known() {
        let expectations =
            Expectations::parse(&TEXT.replace("eventual::keys::*", "eventual::random_workloads")).unwrap();
        let (key, other) = (anomaly(RequirementId::KveKey01), anomaly(RequirementId::KveInt01));
        let found = |anomalies| End { name: random_workloads(Profile::StoreDraft), verdict: Verdict::Fail, anomalies };
        let only = Expectations { all: expectations.all[..1].to_vec(), ..Expectations::default() };
        let met = only.met_by_ends(&[found(&other), found(&key)]);
        assert_eq!((met.known().len(), met.stale.len()), (0, 0));
        let met = only.met_by_ends(&[found(&key)]);
        assert_eq!((met.known().len(), met.stale.len()), (1, 0));
    }

    #[test]
    fn what_is_not_met_any_more_is_stale() {
        let expectations = Expectations::parse(TEXT).unwrap();
        let stale = |verdict: Verdict, anomalies: &[Anomaly]| {
            let met = expectations.met_by_ends(&[End { name: "eventual::keys::a", verdict, anomalies }]);
            met.stale.iter().map(|expectation| expectation.reason.clone()).collect::<Vec<_>>()
        };
        assert_eq!(stale(Verdict::Pass, &[]), ["keys are folded"]);
        assert_eq!(stale(Verdict::Fail, &anomaly(RequirementId::KveInt01)), ["keys are folded"]);
        assert!(stale(Verdict::Fail, &anomaly(RequirementId::KveKey01)).is_empty());
        for undecided in [Verdict::Skip("x".into()), Verdict::Inconclusive("x".into()), Verdict::Error("x".into())] {
            assert!(stale(undecided, &[]).is_empty());
        }
    }

    #[test]
    fn an_id_that_matches_no_case_is_a_fault() {
        let text = "[[expect]]\nid = \"eventual::nope::*\"\nreason = \"x\"\n";
        let faults = Expectations::parse(&format!("{TEXT}{text}")).unwrap().faults_for(Profile::Eventual);
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        assert!(fault.starts_with("expectation 3: id = \"eventual::nope::*\" matches no case"), "{fault}");
        assert!(Expectations::parse(TEXT).unwrap().faults_for(Profile::StoreDraft).is_empty(), "shared cases");
    }

    #[test]
    fn what_another_shard_may_meet_is_not_stale() {
        let text = "[[expect]]\nid = \"eventual::keys::*\"\nreason = \"x\"\n";
        let ends = [End { name: "eventual::keys::a", verdict: Verdict::Pass, anomalies: &[] }];
        for (elsewhere, stale) in [("eventual::keys::b", 0), ("eventual::get::b", 1)] {
            let expectations = Expectations::parse(text).unwrap().in_shard(vec![elsewhere]);
            assert_eq!(expectations.met_by_ends(&ends).stale.len(), stale, "{elsewhere}");
        }
    }

    const TODAY: &str = "[[expect]]\nid = \"**\"\nreason = \"x\"\n";

    fn circumstances(target: &str) -> Circumstances<'_> {
        Circumstances { profile: Profile::Eventual, target: Some(target), today: Date::today() }
    }

    #[test]
    fn what_is_over_excuses_nothing_and_is_named() {
        let key = anomaly(RequirementId::KveKey01);
        let ends = [End { name: "eventual::keys::a", verdict: Verdict::Fail, anomalies: &key }];
        for (expires, is_known) in [("1999-12-31", false), ("9999-12-31", true)] {
            let expectations = Expectations::parse(&format!("{TODAY}expires = {expires}\n")).unwrap();
            let expectations = expectations.in_force(&circumstances("a"));
            let met = expectations.met_by_ends(&ends);
            assert_eq!((met.known().len() == 1, met.expired.is_empty()), (is_known, is_known), "{expires}");
            assert_eq!(expectations.of("eventual::keys::a", &key).is_some(), is_known);
            assert_eq!(expectations.expects("eventual::keys::a", RequirementId::KveKey01), is_known);
        }
    }

    #[test]
    fn the_last_day_is_still_expected() {
        let today = Date::today();
        let on = |expires: Date| {
            let expectations = Expectations::parse(&format!("{TODAY}expires = {expires}\n")).unwrap();
            !expectations.in_force(&Circumstances { today, ..circumstances("a") }).all[0].is_over
        };
        assert!(on(today));
    }

    #[test]
    fn what_is_meant_for_elsewhere_is_neither_met_nor_stale() {
        let os = std::env::consts::OS;
        let other = if os == "windows" { "linux" } else { "windows" };
        for (when, is_meant) in [
            (format!("{{ os = \"{os}\" }}"), true),
            (format!("{{ os = \"{other}\" }}"), false),
            ("{ target = \"*disk*\" }".into(), true),
            (format!("{{ os = \"{os}\", target = \"*memory*\" }}"), false),
            ("{ profile = \"store@0.2.0-draft\" }".into(), false),
            ("{ profile = \"eventual@0.1.0\" }".into(), true),
        ] {
            let expectations = Expectations::parse(&format!("{TODAY}when = {when}\n")).unwrap();
            let in_force = expectations.in_force(&circumstances("a-disk.wasm"));
            assert_eq!(in_force.iter().len(), usize::from(is_meant), "{when}");
        }
    }

    #[test]
    fn expectations_know_their_lines() {
        let expectations = Expectations::parse(TEXT).unwrap();
        let lines: Vec<_> = expectations.iter().map(|expectation| expectation.line).collect();
        assert_eq!(lines, [Some(3), Some(8)]);
        assert_eq!(Expectation::new("a", "b").unwrap().line, None);
    }

    #[test]
    fn faults_name_their_place() {
        for (text, said) in [
            ("[[expect]]\nid = \"a\"\n", "reason"),
            ("[[expect]]\nid = \"a\"\nreason = \" \"\n", "expectation 1: reason is empty"),
            ("[[expect]]\nid = \"a[\"\nreason = \"x\"\n", "expectation 1: id"),
            ("[[expect]]\nid = \"a\"\nreason = \"x\"\nrequirement = \"KVE-X\"\n", "expectation 1: requirement"),
            ("[[expect]]\nid = \"a\"\nreason = \"x\"\nwhy = \"x\"\n", "line 4"),
            ("[[expect]]\nid = \"a\"\nreason = \"x\"\nexpires = \"2027-03-31\"\n", "line 4"),
            ("[[expect]]\nid = \"a\"\nreason = \"x\"\nexpires = 2027-03-31T00:00:00Z\n", "expectation 1: expires"),
            ("[[expect]]\nid = \"a\"\nreason = \"x\"\nwhen = { os = \"osx\" }\n", "expectation 1: when.os"),
            ("[[expect]]\nid = \"a\"\nreason = \"x\"\nwhen = { cpu = \"x\" }\n", "line 4"),
        ] {
            let fault = Expectations::parse(text).unwrap_err();
            assert!(fault.contains(said), "{fault}");
        }
    }
}
