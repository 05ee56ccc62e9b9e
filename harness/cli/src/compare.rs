//! What changed between two reports of `kvspec run --format json`: a new version of a runtime, or of a store.
//!
//! Cases are compared by name. One that failed before and passes now is fixed; one that was decided before and
//! is not now, skipped, undecided or not there, is gone: it counts neither as fixed nor as a pass.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use kvspec::report::Exit;
use kvspec::report::human::Palette;
use kvspec_reference::anomaly::visible;
use serde::{Deserialize, Serialize};

/// The version of reports that this reads.
const REPORT_VERSION: u32 = 1;

/// What is compared of a report; its schema has more.
#[derive(Debug, Deserialize)]
pub struct Report {
    kvspec_report: u32,
    profile: String,
    target: String,
    #[serde(default)]
    interrupted: bool,
    cases: Vec<Entry>,
    random_workloads: Option<Entry>,
    concurrent_workloads: Option<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    name: String,
    verdict: Verdict,
    reason: Option<String>,
    #[serde(default)]
    anomalies: Vec<Anomaly>,
    /// The reason, where the failure was expected.
    expected: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Pass,
    Fail,
    Skip,
    Inconclusive,
    Error,
}

#[derive(Debug, Deserialize)]
struct Anomaly {
    requirement: String,
}

/// What changed.
#[derive(Debug, Default, Serialize)]
pub struct Comparison {
    profile: String,
    old: String,
    new: String,
    /// Fails now, and did not before.
    newly_failing: Vec<Change>,
    /// Failed before, and passes now.
    fixed: Vec<Change>,
    /// Fails as before.
    still_failing: Vec<Change>,
    /// Was decided before, and is not now.
    gone: Vec<Change>,
}

/// One case that changed, or still fails.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Change {
    name: String,
    /// The requirement that it broke, or breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement: Option<String>,
    /// What more there is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Whether the new report says that it was expected.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    expected: bool,
}

impl Report {
    /// Reads a report.
    ///
    /// # Errors
    /// When it cannot be read or is none; the text names the file, and the place in it.
    pub fn load(file: &Path) -> Result<Self, String> {
        let named = visible(&file.display().to_string());
        let text = std::fs::read_to_string(file).map_err(|error| format!("{named}: cannot be read: {error}"))?;
        let report: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{named}: is no report of `kvspec run --format json`: {error}"))?;
        if report.kvspec_report != REPORT_VERSION {
            let version = report.kvspec_report;
            return Err(format!("{named}: is a report of version {version}; this kvspec reads {REPORT_VERSION}"));
        }
        Ok(report)
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.cases.iter().chain(&self.random_workloads).chain(&self.concurrent_workloads)
    }
}

impl Entry {
    fn requirement(&self) -> Option<String> {
        self.anomalies.first().map(|anomaly| anomaly.requirement.clone())
    }

    fn is_decided(&self) -> bool {
        matches!(self.verdict, Verdict::Pass | Verdict::Fail)
    }

    fn change(&self, note: Option<String>) -> Change {
        let name = self.name.clone();
        Change { name, requirement: self.requirement(), note, expected: self.expected.is_some() }
    }
}

impl Comparison {
    /// Compares a report with the one before.
    ///
    /// # Errors
    /// When they are of different profiles.
    pub fn of(old: &Report, new: &Report) -> Result<Self, String> {
        if old.profile != new.profile {
            let (old, new) = (visible(&old.profile), visible(&new.profile));
            return Err(format!(
                "the reports are of different profiles, {old} and {new}: they have no cases in common"
            ));
        }
        let mut comparison =
            Self { profile: new.profile.clone(), old: old.target.clone(), new: new.target.clone(), ..Self::default() };
        let before: BTreeMap<&str, &Entry> = old.entries().map(|entry| (entry.name.as_str(), entry)).collect();
        let now: BTreeMap<&str, &Entry> = new.entries().map(|entry| (entry.name.as_str(), entry)).collect();
        for entry in new.entries() {
            comparison.sort_in(before.get(entry.name.as_str()).copied(), entry);
        }
        for entry in old.entries().filter(|entry| entry.is_decided() && !now.contains_key(entry.name.as_str())) {
            let why = if new.interrupted { "not run: the run was interrupted" } else { "not run" };
            comparison.gone.push(Change { expected: false, ..entry.change(Some(why.into())) });
        }
        Ok(comparison)
    }

    fn sort_in(&mut self, before: Option<&Entry>, now: &Entry) {
        let failed = before.is_some_and(|before| before.verdict == Verdict::Fail);
        match now.verdict {
            Verdict::Fail if failed => {
                let of = before.and_then(Entry::requirement);
                let note = (of != now.requirement())
                    .then(|| format!("before, by {}", of.as_deref().unwrap_or("nothing named")));
                self.still_failing.push(now.change(note));
            }
            Verdict::Fail => {
                let note = match before {
                    None => Some("was not run before".into()),
                    Some(before) if !before.is_decided() => Some("was not decided before".into()),
                    Some(_) => None,
                };
                self.newly_failing.push(now.change(note));
            }
            Verdict::Pass => {
                if let Some(before) = before.filter(|_| failed) {
                    self.fixed.push(Change { expected: false, ..before.change(None) });
                }
            }
            Verdict::Skip | Verdict::Inconclusive | Verdict::Error => {
                if let Some(before) = before.filter(|before| before.is_decided()) {
                    let why = now.reason.clone().unwrap_or_else(|| "undecided".into());
                    self.gone.push(Change { expected: false, ..before.change(Some(why)) });
                }
            }
        }
    }

    /// Not conformant: something fails that did not, and nobody expected it. Inconclusive: nothing does, but
    /// something that was decided is not any more.
    pub fn exit(&self) -> Exit {
        match () {
            () if self.newly_failing.iter().any(|change| !change.expected) => Exit::NotConformant,
            () if !self.gone.is_empty() => Exit::Inconclusive,
            () => Exit::Conformant,
        }
    }

    /// For people.
    pub fn human(&self, palette: Palette) -> String {
        let mut out =
            format!("{}: {} before, {} now\n", visible(&self.profile), visible(&self.old), visible(&self.new));
        let paint = |how: fn(Palette, &str) -> String, text: &str| how(palette, text);
        for (title, changes, how) in [
            ("newly failing", &self.newly_failing, Palette::bad as fn(Palette, &str) -> String),
            ("gone: decided before, and not now", &self.gone, Palette::doubtful),
            ("fixed", &self.fixed, Palette::good),
            ("still failing", &self.still_failing, Palette::doubtful),
        ] {
            if changes.is_empty() {
                continue;
            }
            let _ = writeln!(out, "\n{} ({})", paint(how, title), changes.len());
            changes.iter().for_each(|change| line(&mut out, change));
        }
        let counts = [self.newly_failing.len(), self.fixed.len(), self.still_failing.len(), self.gone.len()];
        let [newly, fixed, still, gone] = counts;
        let _ = writeln!(out, "\n{newly} newly failing, {fixed} fixed, {still} still failing, {gone} gone");
        out
    }

    /// For machines.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a comparison has only strings") + "\n"
    }
}

fn line(out: &mut String, change: &Change) {
    let _ = write!(out, "  {}", visible(&change.name));
    let requirement = change.requirement.as_deref().map(visible);
    let expected = change.expected.then(|| "expected".to_owned());
    let notes: Vec<String> =
        requirement.into_iter().chain(change.note.as_deref().map(visible)).chain(expected).collect();
    let _ = if notes.is_empty() { writeln!(out) } else { writeln!(out, " ({})", notes.join("; ")) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(cases: &[(&str, &str, &str)]) -> Report {
        let cases: Vec<_> = cases
            .iter()
            .map(|(name, verdict, requirement)| {
                let anomalies: Vec<_> = Some(requirement).filter(|id| !id.is_empty()).into_iter().collect();
                let anomalies: Vec<_> = anomalies.iter().map(|id| serde_json::json!({ "requirement": id })).collect();
                serde_json::json!({ "name": name, "verdict": verdict, "anomalies": anomalies })
            })
            .collect();
        let whole = serde_json::json!({ "kvspec_report": 1, "profile": "p", "target": "t", "cases": cases });
        serde_json::from_value(whole).unwrap()
    }

    fn names(changes: &[Change]) -> Vec<&str> {
        changes.iter().map(|change| change.name.as_str()).collect()
    }

    #[test]
    fn each_change_is_in_its_place() {
        let old = report(&[
            ("passes", "pass", ""),
            ("breaks", "pass", ""),
            ("heals", "fail", "A"),
            ("stays", "fail", "A"),
            ("moves", "fail", "A"),
            ("skipped", "fail", "A"),
            ("lost", "pass", ""),
            ("never", "skip", ""),
        ]);
        let new = report(&[
            ("passes", "pass", ""),
            ("breaks", "fail", "B"),
            ("heals", "pass", ""),
            ("stays", "fail", "A"),
            ("moves", "fail", "B"),
            ("skipped", "skip", ""),
            ("fresh", "fail", "C"),
        ]);
        let comparison = Comparison::of(&old, &new).unwrap();
        assert_eq!(names(&comparison.newly_failing), ["breaks", "fresh"]);
        assert_eq!(names(&comparison.fixed), ["heals"]);
        assert_eq!(names(&comparison.still_failing), ["stays", "moves"]);
        assert_eq!(names(&comparison.gone), ["skipped", "lost"], "neither fixed nor a pass");
        assert_eq!(comparison.still_failing[1].note.as_deref(), Some("before, by A"));
        assert_eq!(comparison.exit(), Exit::NotConformant);
        assert!(comparison.human(Palette::PLAIN).ends_with("2 newly failing, 1 fixed, 2 still failing, 2 gone\n"));
    }

    #[test]
    fn the_exit_code_is_for_gates() {
        let (good, bad) = (report(&[("a", "pass", "")]), report(&[("a", "fail", "A")]));
        let none = report(&[("a", "inconclusive", "")]);
        for (old, new, exit) in [
            (&good, &good, Exit::Conformant),
            (&bad, &good, Exit::Conformant),
            (&bad, &bad, Exit::Conformant),
            (&good, &bad, Exit::NotConformant),
            (&none, &bad, Exit::NotConformant),
            (&good, &none, Exit::Inconclusive),
            (&bad, &none, Exit::Inconclusive),
        ] {
            assert_eq!(Comparison::of(old, new).unwrap().exit(), exit);
        }
    }

    #[test]
    fn what_is_expected_now_gates_nothing() {
        let mut bad = report(&[("a", "fail", "A")]);
        bad.cases[0].expected = Some("known".into());
        assert_eq!(Comparison::of(&report(&[("a", "pass", "")]), &bad).unwrap().exit(), Exit::Conformant);
    }
}
