//! `kvspec-expect.toml`: violations that are known, each with the reason why it is there. A violation
//! that is expected fails no run; an expectation that nothing meets any more does.
//!
//! ```toml
//! [[expect]]
//! id = "eventual::keys::*"                 # a pattern, as for --filter
//! requirement = "KVE-KEY-01"               # another violation than this is a failure
//! reason = "keys are folded to lower case" # required
//! issue = "https://example.org/issues/7"
//! ```

use kvspec_reference::Profile;
use kvspec_reference::RequirementId;
use std::fmt;
use std::path::Path;

use kvspec_reference::Anomaly;
use kvspec_suites::Verdict;
use serde::Deserialize;

use crate::run::case::CaseRun;
use crate::run::outcome::Run;
use crate::selection::Pattern;
use crate::toml_file::{self, TomlFileError};

/// What is expected of a run.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    all: Vec<Expectation>,
}

/// A violation that is known.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Which cases show it, the random workloads among them.
    pub id: Pattern,
    /// The requirement that they break; `None`: any.
    pub requirement: Option<RequirementId>,
    /// Why it is there, and stays.
    pub reason: String,
    /// Where it is discussed.
    pub issue: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expect: Vec<Fields>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    id: String,
    requirement: Option<String>,
    reason: String,
    issue: Option<String>,
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
        let numbered = (1..).zip(file.expect);
        let all =
            numbered.map(|(number, fields)| fields.checked().map_err(|fault| format!("expectation {number}: {fault}")));
        Ok(Self { all: all.collect::<Result<_, _>>()? })
    }

    /// What is wrong with those whose id matches no case of this profile; a line each.
    pub fn faults_for(&self, profile: Profile) -> Vec<String> {
        let fault = |(number, expectation): (usize, &Expectation)| {
            let fault = expectation.id.fault_for(profile)?;
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
        self.all.iter().find(|e| e.id.matches(name) && e.is_met_by(anomalies))
    }

    /// The first expectation that the failure of a case meets.
    pub fn of_case(&self, run: &CaseRun) -> Option<&Expectation> {
        let broken = run.report.anomalies.first().map(|anomaly| anomaly.requirement);
        let is_failure = run.report.verdict == Verdict::Fail;
        self.all.iter().find(|e| is_failure && e.id.matches(run.case.name) && e.is_of(broken))
    }

    /// Whether a violation of this requirement is expected of a case, or of workloads, of this name.
    pub fn expects(&self, name: &str, requirement: RequirementId) -> bool {
        self.all.iter().any(|e| e.id.matches(name) && e.is_of(Some(requirement)))
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
                    if is_first && met.expectation_of(name).is_none() {
                        met.known.push(((*name).to_owned(), expectation));
                    }
                }
            }
        }
        let stale = self.all.iter().enumerate().filter(|(i, _)| was_decided[*i] && !was_met[*i]);
        met.stale = stale.map(|(_, expectation)| expectation).collect();
        met
    }
}

impl FromIterator<Expectation> for Expectations {
    fn from_iter<E: IntoIterator<Item = Expectation>>(all: E) -> Self {
        Self { all: all.into_iter().collect() }
    }
}

/// How a case ended, or workloads did: once for each violation of theirs.
struct End<'r> {
    name: &'r str,
    verdict: Verdict,
    anomalies: &'r [Anomaly],
}

impl Expectation {
    /// Any violation of the cases whose names match, for this reason.
    ///
    /// # Errors
    /// When the pattern is none, or there is no reason.
    pub fn new(id: &str, reason: &str) -> Result<Self, String> {
        Fields { id: id.into(), requirement: None, reason: reason.into(), issue: None }.checked()
    }

    /// Of this requirement only.
    pub fn of(self, requirement: RequirementId) -> Self {
        Self { requirement: Some(requirement), ..self }
    }

    /// Discussed there.
    pub fn discussed_at(self, issue: &str) -> Self {
        Self { issue: Some(issue.into()), ..self }
    }

    /// Whether a failure with these anomalies is what was expected.
    pub fn is_met_by(&self, anomalies: &[Anomaly]) -> bool {
        self.is_of(anomalies.first().map(|anomaly| anomaly.requirement))
    }

    fn is_of(&self, broken: Option<RequirementId>) -> bool {
        self.requirement.is_none_or(|id| broken == Some(id))
    }

    /// What to do about it when nothing meets it any more.
    pub fn stale_text(&self) -> String {
        let what = self.requirement.map_or("any violation", RequirementId::as_str);
        format!("{what} is expected of {}, and did not come: remove the expectation", self.id)
    }
}

impl Fields {
    fn checked(self) -> Result<Expectation, String> {
        let Self { id, requirement, reason, issue } = self;
        let pattern = id.parse().map_err(|fault| format!("id = {id:?}: {fault}"))?;
        let unknown = |text: &str| format!("requirement = {text:?} is not known: `kvspec list` names them");
        let requirement = requirement.map(|text| text.parse().map_err(|_| unknown(&text))).transpose()?;
        if reason.trim().is_empty() {
            return Err("reason is empty: say why the violation is known and stays".into());
        }
        Ok(Expectation { id: pattern, requirement, reason, issue })
    }
}

/// What a run met of what was expected.
#[derive(Debug, Clone, Default)]
pub struct Met<'e> {
    /// Cases that failed as expected, each with the first expectation that says so.
    known: Vec<(String, &'e Expectation)>,
    /// Expectations whose cases were decided, and of which none failed as expected.
    pub stale: Vec<&'e Expectation>,
}

impl<'e> Met<'e> {
    /// The expectation that a case met by its failure.
    pub fn expectation_of(&self, case: &str) -> Option<&'e Expectation> {
        self.known.iter().find(|(name, _)| name == case).map(|(_, expectation)| *expectation)
    }

    /// The cases that failed as expected, with the first expectation that says so.
    pub fn known(&self) -> impl ExactSizeIterator<Item = (&str, &'e Expectation)> {
        self.known.iter().map(|(name, expectation)| (name.as_str(), *expectation))
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        self.issue.as_ref().map_or(Ok(()), |issue| write!(f, " ({issue})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let only = Expectations { all: expectations.all[..1].to_vec() };
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
    fn faults_name_their_place() {
        for (text, said) in [
            ("[[expect]]\nid = \"a\"\n", "reason"),
            ("[[expect]]\nid = \"a\"\nreason = \" \"\n", "expectation 1: reason is empty"),
            ("[[expect]]\nid = \"a[\"\nreason = \"x\"\n", "expectation 1: id"),
            ("[[expect]]\nid = \"a\"\nreason = \"x\"\nrequirement = \"KVE-X\"\n", "expectation 1: requirement"),
            ("[[expect]]\nid = \"a\"\nreason = \"x\"\nwhy = \"x\"\n", "line 4"),
        ] {
            let fault = Expectations::parse(text).unwrap_err();
            assert!(fault.contains(said), "{fault}");
        }
    }
}
