//! Which cases are run: `--filter` and `--skip`.

use kvspec_reference::Profile;
use std::collections::BTreeSet;

use kvspec_suites::{Case, cases, requirement};

use crate::shell::quoted;

/// The name of the random workloads of a profile among its cases, for `--filter` and `--skip`.
pub fn random_workloads(profile: Profile) -> &'static str {
    SEARCHES[usize::from(profile.is_store())][0]
}

/// The name of those whose sessions are processes of their own.
pub fn concurrent_workloads(profile: Profile) -> &'static str {
    SEARCHES[usize::from(profile.is_store())][1]
}

/// What the searches are called in each family of profiles.
const SEARCHES: [[&str; 2]; 2] = [
    ["eventual::random_workloads", "eventual::concurrent_workloads"],
    ["store::random_workloads", "store::concurrent_workloads"],
];

/// What a search was called when all profiles had one name for it: still said in files and commands.
fn former_name(name: &str) -> Option<&'static str> {
    let [eventual, store] = SEARCHES;
    store.iter().position(|of_store| *of_store == name).map(|search| eventual[search])
}

/// A pattern over case names. With `*`, `?` or `[…]` it is a glob on whole parts between `::`
/// (`*` stays inside a part, `**` spans parts, and `*` alone means all); without, it selects the case of
/// that name, or every name that contains it. One that matches the ID of a requirement selects the cases of it. `{a, b}` stands
/// for either, as reports write names of one group.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    glob: Option<glob::Pattern>,
    /// The cases whose requirements it names.
    of_requirements: BTreeSet<&'static str>,
    /// What it stands for, where it has braces; else empty.
    alternatives: Vec<Pattern>,
}

impl std::str::FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = &written_out(text);
        if let Some(alternatives) = alternatives(text) {
            let alternatives = alternatives.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
            return Ok(Self { text: text.clone(), glob: None, of_requirements: BTreeSet::new(), alternatives });
        }
        let of_parts = if text == "*" { "**".into() } else { text.replace("::", "/") };
        let glob = text.contains(['*', '?', '[']).then(|| glob::Pattern::new(&of_parts)).transpose();
        let glob = glob.map_err(|e| format!("{} at character {}", e.msg, e.pos + 1))?;
        let names = |id: &str| match &glob {
            Some(glob) => glob.matches(id),
            None => id.eq_ignore_ascii_case(text),
        };
        let named = requirement::all().filter(|requirement| names(requirement.id.as_str()));
        let of_requirements =
            named.flat_map(|requirement| cases::testing(requirement.id)).map(|case| case.name).collect();
        Ok(Self { text: text.to_owned(), glob, of_requirements, alternatives: Vec::new() })
    }
}

/// What a text with braces stands for: one text for each part between them.
fn alternatives(text: &str) -> Option<Vec<String>> {
    let (start, rest) = text.split_once('{')?;
    let (parts, end) = rest.split_once('}')?;
    Some(parts.split(',').map(|part| format!("{start}{}{end}", part.trim())).collect())
}

/// With the IDs of the searches in the place of what people call them.
fn written_out(text: &str) -> String {
    text.replace("random workloads", "random_workloads").replace("concurrent workloads", "concurrent_workloads")
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    /// Whether the name of a case, or of a search, matches.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_name(name) || former_name(name).is_some_and(|former| self.matches_name(former))
    }

    fn matches_name(&self, name: &str) -> bool {
        let options = glob::MatchOptions { require_literal_separator: true, ..Default::default() };
        match &self.glob {
            _ if !self.alternatives.is_empty() => self.alternatives.iter().any(|pattern| pattern.matches(name)),
            _ if self.of_requirements.contains(name) => true,
            Some(glob) => glob.matches_with(&name.replace("::", "/"), options),
            None if cases::find(&self.text).is_some() => name == self.text,
            None => name.contains(&self.text),
        }
    }

    /// Whether a case of any profile matches, or one of the random workloads.
    pub fn matches_any(&self) -> bool {
        let names = cases::of_any_profile().map(|case| case.name);
        names.chain(SEARCHES.concat()).any(|name| self.matches(name))
    }

    /// What is wrong with it where the cases of a profile are meant, and how to fix it: none of them
    /// matches, nor do the random workloads.
    pub fn fault_for(&self, profile: Profile) -> Option<String> {
        let names = cases::of(profile).into_iter().map(|case| case.name);
        if names.chain(SEARCHES.concat()).any(|name| self.matches(name)) {
            return None;
        }
        let mut fault = format!("matches no case of {profile}; `kvspec list` names them");
        if self.matches_any() {
            fault.push_str(", those of other profiles too");
        } else if self.glob.is_some() && !self.text.contains("**") {
            fault.push_str(" (`*` stays inside one part between `::`, `**` spans parts)");
        }
        Some(fault)
    }
}

/// The cases of a run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// A case is selected when one of these matches; all are when there is none.
    pub filter: Vec<Pattern>,
    /// A case is left out when one of these matches.
    pub skip: Vec<Pattern>,
}

impl Selection {
    /// Whether a case is selected.
    pub fn selects(&self, name: &str) -> bool {
        (self.filter.is_empty() || self.filter.iter().any(|p| p.matches(name)))
            && !self.skip.iter().any(|p| p.matches(name))
    }

    /// The selected cases of a profile, in the order of the suite.
    pub fn cases(&self, profile: Profile) -> Vec<&'static Case> {
        cases::of(profile).into_iter().filter(|case| self.selects(case.name)).collect()
    }

    /// What is wrong with patterns that match no case of this profile, with their option; a line each.
    pub fn faults_for(&self, profile: Profile) -> Vec<String> {
        let filters = self.filter.iter().map(|pattern| ("--filter", pattern));
        let skips = self.skip.iter().map(|pattern| ("--skip", pattern));
        let fault = |(option, pattern): (&str, &Pattern)| {
            pattern.fault_for(profile).map(|fault| format!("{option} {}: {fault}", quoted(&pattern.text)))
        };
        filters.chain(skips).filter_map(fault).collect()
    }
}

#[cfg(test)]
mod tests {
    use kvspec_reference::RequirementId;

    use super::*;

    #[test]
    fn globs_match_whole_parts_and_words_match_anywhere() {
        for (pattern, name, expected) in [
            ("delete", "eventual::delete::absent_key_is_ok", true),
            ("eventual::*::absent*", "eventual::delete::absent_key_is_ok", true),
            ("eventual::*", "eventual::delete::absent_key_is_ok", false),
            ("**::absent_key_is_ok", "eventual::delete::absent_key_is_ok", true),
            ("*", "eventual::delete::absent_key_is_ok", true),
            ("*::delete", "eventual::delete::absent_key_is_ok", false),
            ("random_workloads", "store::random_workloads", true),
            ("store::*", "store::random_workloads", true),
            ("eventual::random_workloads", "store::random_workloads", true),
            ("store::random_workloads", "eventual::random_workloads", false),
            ("eventual::random_workloads", "store::concurrent_workloads", false),
        ] {
            let parsed: Pattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(name), expected, "{pattern} on {name}");
        }
        assert!("a[".parse::<Pattern>().is_err());
    }

    #[test]
    fn whatever_names_a_case_selects_it() {
        for profile in [Profile::Eventual, Profile::StoreDraft, Profile::StoreDraft2] {
            let names = cases::of(profile).into_iter().map(|case| case.name);
            for name in names.chain(SEARCHES.concat()) {
                let pattern: Pattern = name.parse().unwrap();
                assert!(pattern.matches(name) && pattern.fault_for(profile).is_none(), "{name}");
                let others = cases::of(profile).into_iter().filter(|case| case.name != name);
                assert_eq!(others.filter(|case| pattern.matches(case.name)).count(), 0, "{name} alone");
            }
        }
    }

    #[test]
    fn names_of_one_group_are_written_in_braces() {
        let pattern: Pattern = "eventual::delete::{absent_key_is_ok, deleting_twice_is_ok}".parse().unwrap();
        let selected: Vec<&str> =
            cases::all().into_iter().map(|case| case.name).filter(|n| pattern.matches(n)).collect();
        assert_eq!(selected, ["eventual::delete::absent_key_is_ok", "eventual::delete::deleting_twice_is_ok"]);
        let globs: Pattern = "eventual::{delete, get}::*".parse().unwrap();
        assert!(globs.matches("eventual::get::absent_key_gives_none") && !globs.matches("eventual::set::x"));
    }

    #[test]
    fn a_requirement_selects_its_cases() {
        let of = |text: &str| {
            let pattern: Pattern = text.parse().unwrap();
            let all = cases::of_any_profile().filter(|case| pattern.matches(case.name));
            all.map(|case| case.name).collect::<Vec<_>>()
        };
        let expected: Vec<_> = cases::of_any_profile()
            .filter(|case| case.requirements.contains(&RequirementId::KveDel01))
            .map(|c| c.name)
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(of("KVE-DEL-01"), expected);
        assert_eq!(of("kve-del-01"), expected);
        assert!(of("KVE-DEL-*").len() > expected.len());
        assert!(of("KVE-DEL-99").is_empty() && of("KVE-DEL").is_empty());
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_refused_with_advice() {
        let fault = |text: &str| text.parse::<Pattern>().unwrap().fault_for(Profile::Eventual);
        for text in ["delete", "*", "**::random_workloads", "random workloads", "concurrent", "KVE-DEL-01"] {
            assert_eq!(fault(text), None, "{text}");
        }
        for (text, said) in [
            ("eventual::nope::*", "`**` spans parts"),
            ("*::delete", "`**` spans parts"),
            ("KVS-CAS-01", "those of other profiles too"),
            ("no-such", "kvspec list"),
        ] {
            assert!(fault(text).is_some_and(|fault| fault.contains(said)), "{text}: {:?}", fault(text));
        }
        let selection = Selection { filter: vec!["get".parse().unwrap()], skip: vec!["a b".parse().unwrap()] };
        let faults = selection.faults_for(Profile::Eventual);
        assert!(faults.len() == 1 && faults[0].starts_with("--skip 'a b': matches no case"), "{faults:?}");
    }
}
