//! The registry as a table for people to read.

use std::fmt::Write;

use super::{PROFILES, Requirement, all};

/// The registry in Markdown. `mutants` are pairs of a mutant's name and the ID it breaks.
pub fn markdown(mutants: &[(&str, &str)]) -> String {
    let mut out = String::from(
        "# Requirements\n\n\
         This page is made from the registry in `suites/src/requirement/` and kept current by a test: change the \
         registry, then run `KVSPEC_BLESS=1 cargo test -p kvspec-suites requirement`.\n\n\
         **Level**: must, should or may. **Basis**: explicit (a sentence of the text says it), derived (it follows; \
         the argument is given), contested or unspecified (reported, never a failure).\n",
    );
    for profile in PROFILES {
        let own: Vec<&Requirement> = all().filter(|r| r.profile == *profile).collect();
        if own.is_empty() {
            continue;
        }
        let (repository, commit) = (profile.repository, profile.commit);
        let _ = writeln!(out, "\n## {} ({repository}, commit {commit})", profile.name);
        for requirement in own {
            write_requirement(&mut out, requirement, mutants);
        }
    }
    out
}

fn write_requirement(out: &mut String, requirement: &Requirement, mutants: &[(&str, &str)]) {
    let Requirement { id, level, basis, statement, argument, .. } = requirement;
    let _ = writeln!(out, "\n### {id} ({level}, {basis})\n\n{}.", capitalised(statement));
    if let Some(why) = requirement.retired {
        let _ = writeln!(out, "\n* retired: {why}");
    }
    let _ = writeln!(out, "\n* text: {}", requirement.source_text());
    if !argument.is_empty() {
        let _ = writeln!(out, "* {}: {argument}", if requirement.is_only_observed() { "open" } else { "argument" });
    }
    let list = |names: Vec<&str>| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let _ = writeln!(out, "* cases: {}", list(requirement.cases().iter().map(|case| case.name).collect()));
    let shown_by: Vec<&str> = mutants.iter().filter(|(_, broken)| broken == id).map(|(name, _)| *name).collect();
    if !shown_by.is_empty() {
        let _ = writeln!(out, "* mutants: {}", list(shown_by));
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
