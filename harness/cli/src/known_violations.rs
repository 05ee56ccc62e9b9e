//! The file of expectations that says of all that fails now that it is known.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kvspec::report::cause::causes;
use kvspec::run::event::Conclusion;
use kvspec::run::{Event, Listener};
use kvspec_reference::RequirementId;
use kvspec_reference::anomaly::visible;

/// What failed in runs, each without being expected.
#[derive(Debug, Default)]
pub struct Violations {
    /// What is wrong, by the name of the failure and the requirement that it names.
    by_name: BTreeMap<(&'static str, RequirementId), String>,
}

impl Violations {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

impl Listener for Violations {
    fn hear(&mut self, event: &Event<'_>) {
        let Event::Concluded(conclusion) = event else { return };
        for cause in causes(conclusion.run, conclusion.met) {
            let named = cause.showings.iter().filter_map(|s| Some((s.name, broken(s.name, conclusion)?)));
            self.by_name.extend(named.map(|key| (key, cause.title())));
        }
    }
}

/// The requirement by which a failure is known: the first that it names.
fn broken(name: &str, conclusion: &Conclusion<'_>) -> Option<RequirementId> {
    let run = conclusion.run;
    let case = run.cases.iter().find(|run| run.case.name == name).map(|run| &run.report.anomalies);
    let search = run.exploration.as_ref().filter(|exploration| exploration.name == name);
    let search = search.and_then(|exploration| exploration.search.failure.as_ref()).map(|failure| &failure.anomalies);
    case.or(search)?.first().map(|anomaly| anomaly.requirement)
}

/// The file: an entry for each requirement and group of cases.
pub fn text(violations: &Violations) -> String {
    let mut out = String::from(
        "# Violations that are known, which fail no run until they are gone. Written by `kvspec init`.\n\
         # Say in `reason` why one stays, or fix it and remove its entry. `expires = 2030-12-31` ends one.\n",
    );
    let mut entries: BTreeMap<(RequirementId, &str), (Vec<&str>, &str)> = BTreeMap::new();
    for ((name, requirement), title) in &violations.by_name {
        let (group, claim) = name.rsplit_once("::").unwrap_or(("", name));
        entries.entry((*requirement, group)).or_insert_with(|| (Vec::new(), title)).0.push(claim);
    }
    for ((requirement, group), (claims, title)) in entries {
        let claims = if let [claim] = claims[..] { claim.to_owned() } else { format!("{{{}}}", claims.join(", ")) };
        let reason = toml::Value::String(visible(&format!("found by kvspec init: {title}")));
        let _ = write!(
            out,
            "\n[[expect]]\nid = \"{group}::{claims}\"\nrequirement = \"{requirement}\"\nreason = {reason}\n"
        );
    }
    out
}
