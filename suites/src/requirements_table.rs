//! The registry of requirements as a page for people to read.

use std::fmt::Write;

use kvspec_reference::{Profile, RequirementId};

use crate::cases;
use crate::requirement::{Requirement, Text, all};

/// The registry in Markdown. `mutants` are pairs of a mutant's name and the requirement it breaks.
pub fn markdown(mutants: &[(&str, RequirementId)]) -> String {
    let mut out = String::from(
        "# Requirements\n\n\
         This page is made from the registry in `suites/src/requirement/` and kept current by a test: change the \
         registry, then run `KVSPEC_BLESS=1 cargo test -p kvspec-suites requirement`.\n\n\
         **Level**: must, or may. **Basis**: explicit (a sentence of the text says it), derived (it follows; \
         the argument is given), contested or unspecified (reported, never a failure). **Text**: the file, the \
         commit and the item, with the few words that the requirement rests on.\n",
    );
    for &profile in Profile::ALL {
        let Text { repository, commit, .. } = Text::of(profile);
        let _ = writeln!(out, "\n## {profile} ({repository}, commit {commit})");
        for requirement in all().filter(|r| r.profile == profile) {
            write_requirement(&mut out, requirement, mutants);
        }
    }
    out
}

fn write_requirement(out: &mut String, requirement: &Requirement, mutants: &[(&str, RequirementId)]) {
    let Requirement { id, level, statement, grounds, .. } = requirement;
    let _ = writeln!(out, "\n### {id} ({level}, {})\n\n{}.", grounds.basis, capitalised(statement));
    if let Some(why) = requirement.retired {
        let _ = writeln!(out, "\n* retired: {why}");
    }
    let _ = writeln!(out, "\n* text: {}", requirement.source_text());
    let why = if requirement.is_only_observed() { "open" } else { "argument" };
    if !grounds.argument.is_empty() {
        let _ = writeln!(out, "* {why}: {}", grounds.argument);
    }
    write_shared(out, requirement, why);
    let list = |names: Vec<&str>| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let _ = writeln!(out, "* cases: {}", list(cases::testing(*id).map(|case| case.name).collect()));
    let shown_by: Vec<&str> = mutants.iter().filter(|(_, broken)| broken == id).map(|(name, _)| *name).collect();
    if !shown_by.is_empty() {
        let _ = writeln!(out, "* mutants: {}", list(shown_by));
    }
}

/// What it rests on in `store@0.2.0`, where that demands it too.
fn write_shared(out: &mut String, requirement: &Requirement, why: &str) {
    let Some(shared) = requirement.shared_with_store else { return };
    let basis = match shared.basis == requirement.grounds.basis {
        true => String::new(),
        false => format!(" ({})", shared.basis),
    };
    let _ = writeln!(out, "* in {}{basis}: {}", Profile::StoreDraft, requirement.source_in(Profile::StoreDraft));
    if shared.argument != requirement.grounds.argument {
        let _ = writeln!(out, "* {why} there: {}", shared.argument);
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kvspec_reference::RequirementId::KveSet01;

    use super::*;

    #[test]
    fn the_page_of_requirements_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("REQUIREMENTS.md");
        let of_store = crate::stores::mutants::store::all();
        let mutants = crate::stores::mutants::all().iter().chain(&of_store);
        let shown: Vec<(&str, RequirementId)> = mutants.flat_map(|m| m.breaks.iter().map(|id| (m.name, *id))).collect();
        let current = markdown(&shown);
        if std::env::var_os("KVSPEC_BLESS").is_some_and(|v| v == "1") {
            std::fs::write(&path, &current).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == current, "suites/REQUIREMENTS.md is not current: run this test with KVSPEC_BLESS=1");
    }

    #[test]
    fn the_page_names_mutants() {
        let text = markdown(&[("forgets_everything", KveSet01)]);
        let (_, after) = text.split_once("### KVE-SET-01").unwrap();
        let (section, _) = after.split_once("###").unwrap();
        assert!(section.contains("* mutants: `forgets_everything`"), "{section}");
    }

    #[test]
    fn a_basis_that_differs_between_profiles_is_shown() {
        let text = markdown(&[]);
        let (_, after) = text.split_once("### KVE-CON-02 (must, explicit)").unwrap();
        let (section, _) = after.split_once("###").unwrap();
        assert!(section.contains("* in store@0.2.0-draft (derived): wit/store.wit@219ea36, store: \""), "{section}");
        assert!(section.contains("* argument there: "), "{section}");
    }
}
