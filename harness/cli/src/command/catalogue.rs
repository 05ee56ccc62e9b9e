//! `kvspec list` and `kvspec explain`: the suite about itself.

use std::fmt::Write as _;

use kvspec_reference::consistency::Level;
use kvspec_reference::stores::simulated::Bug;
use kvspec_reference::{Profile, RequirementId};
use kvspec_suites::requirement::{self, Requirement, Text};
use kvspec_suites::stores::legal;
use kvspec_suites::stores::mutants::{self, Mutant};
use kvspec_suites::{Case, cases};

use super::{complain, print};
use kvspec::report::Exit;
use kvspec::selection::{Pattern, concurrent_workloads, random_workloads};
use kvspec::shell::quoted;

/// Names every case and the requirements it tests.
pub(super) fn list(filter: &[Pattern]) -> Exit {
    if let Some(unknown) = filter.iter().find(|pattern| !pattern.matches_any()) {
        let why = "matches no case; without --filter, all are named";
        return complain(Exit::Usage, format_args!("--filter {}: {why}", quoted(&unknown.to_string())));
    }
    let selected = |case: &&&Case| filter.is_empty() || filter.iter().any(|pattern| pattern.matches(case.name));
    let all: Vec<&Case> = cases::of_any_profile().collect();
    let width = all.iter().map(|case| case.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for case in all.iter().filter(selected) {
        let _ = writeln!(out, "{:width$}  {}", case.name, joined(case.requirements, " "));
    }
    for (name, what, _) in SEARCHES {
        for name in FAMILIES.map(name) {
            if filter.is_empty() || filter.iter().any(|pattern| pattern.matches(name)) {
                let _ = writeln!(out, "{name:width$}  ({what})");
            }
        }
    }
    print(&out);
    Exit::Conformant
}

/// A profile of each family: those of one share the names of their searches.
const FAMILIES: [Profile; 2] = [Profile::Eventual, Profile::StoreDraft];

/// A search: its name in a profile, what of it a list says, and what an explanation.
type Search = (fn(Profile) -> &'static str, &'static str, &'static str);

/// The random workloads.
const SEARCHES: [Search; 2] = [
    (
        random_workloads,
        "any that a history can break",
        "Workloads of several sessions, drawn from --seed and run one call at a time; the model judges each\n  \
         history, and the ladder says which levels of consistency were kept. One that fails is made as small\n  as can \
         be and kept as a file. --cases says how many are tried, --budget for how long.",
    ),
    (
        concurrent_workloads,
        "the same, by several processes",
        "As the random workloads, but each session is a process of its own and calls when it likes; for --host\n  with \
         --processes.",
    ),
];

/// How many near names are proposed.
const NEAR_MAX: usize = 5;

/// How much of an ID names its group: `KVE-DEL`.
const GROUP_CHARS: usize = 7;

/// Explains whatever has this ID or name: one name may stand for several things.
pub(super) fn explain(id: &str) -> Exit {
    let mut texts: Vec<String> = Vec::new();
    texts.extend(id.to_ascii_uppercase().parse().ok().map(|id| requirement_text(requirement::find(id))));
    texts.extend(cases::find(id).map(case_text));
    texts.extend(id.parse().ok().map(|profile: Profile| {
        let text = Text::of(profile);
        let mut out = format!("{profile} ({}, commit {})\n\n", text.repository, text.commit);
        for r in requirement::all().filter(|r| r.is_of(profile)) {
            let _ = writeln!(out, "  {}  {}", r.id, r.statement);
        }
        out
    }));
    texts.extend(SEARCHES.into_iter().filter_map(|(name, _, text)| {
        let is_meant = |name: &&str| *name == id || name.ends_with(&format!("::{id}"));
        let names: Vec<&str> = FAMILIES.map(name).into_iter().filter(is_meant).collect();
        (!names.is_empty()).then(|| format!("{}\n\n  {text}\n", names.join(", ")))
    }));
    let store = mutants::store::all();
    let mutants = mutants::all().iter().chain(&store).filter(|mutant| mutant.name == id);
    texts.extend(mutants.map(|mutant| {
        format!("{} (a mutant: breaks {})\n\n  {}\n", mutant.name, joined(mutant.breaks, ", "), mutant.story)
    }));
    let unusual = legal::all().iter().chain(legal::store::all()).filter(|store| store.name == id);
    texts.extend(unusual.map(|store| format!("{} (odd but correct)\n\n  {}\n", store.name, store.story)));
    texts.extend(id.parse().ok().map(|bug: Bug| {
        format!("{bug} (a bug of the built-in store; `kvspec --bug {bug}` shows it)\n\n  {}\n", bug.story())
    }));
    texts.extend(Level::from_name(id).map(level_text));
    if texts.is_empty() {
        return complain(Exit::Usage, format_args!("{id:?}: unknown ID or name; {}", near(id)));
    }
    print(&texts.join("\n"));
    Exit::Conformant
}

/// What may have been meant.
fn near(id: &str) -> String {
    let group = id.get(..GROUP_CHARS).map(str::to_ascii_uppercase);
    let of_group =
        requirement::all().map(|r| r.id.as_str()).filter(|known| group.as_ref().is_some_and(|g| known.starts_with(g)));
    let ids: Vec<&str> = of_group.collect();
    let mut names: Vec<&str> = cases::of_any_profile().map(|case| case.name).filter(|name| name.contains(id)).collect();
    // The claim alone is the likeliest.
    names.sort_by_key(|name| !name.ends_with(&format!("::{id}")));
    let (shown, more) = match ids.is_empty() {
        true => (&names[..names.len().min(NEAR_MAX)], names.len().saturating_sub(NEAR_MAX)),
        false => (&ids[..], 0),
    };
    match (shown, more) {
        ([], _) => "`kvspec list` names all cases and IDs".into(),
        ([one], _) => format!("there is {one}"),
        (_, 0) => format!("there are {}", shown.join(", ")),
        _ => format!("there are {} and {more} more: `kvspec list` names them", shown.join(", ")),
    }
}

fn level_text(level: Level) -> String {
    let implied = Level::ALL.into_iter().filter(|other| *other != level && level.implies(*other));
    let implied: Vec<&str> = implied.map(Level::name).collect();
    let implied = if implied.is_empty() { "no other level".into() } else { implied.join(", ") };
    format!(
        "{} (a level of consistency; `kvspec judge FILE --require {0}`)\n\n  {}\n\nimplies:  {implied}\n",
        level.name(),
        level.definition()
    )
}

fn requirement_text(requirement: &Requirement) -> String {
    let mut out = String::new();
    let Requirement { id, level, statement, profile, grounds, .. } = requirement;
    let _ = writeln!(out, "{id} ({level}, {}), {profile}\n\n  {statement}\n", grounds.basis);
    let _ = writeln!(out, "text:     {}, {}", Text::of(*profile).repository, requirement.source_text());
    let argument = grounds.argument;
    if !argument.is_empty() {
        let label = if requirement.is_only_observed() { "open:" } else { "argument:" };
        let _ = writeln!(out, "{label:<10}{argument}");
    }
    for (i, case) in cases::testing(*id).enumerate() {
        let _ = writeln!(out, "{:<10}{}", if i == 0 { "cases:" } else { "" }, case.name);
    }
    let store = mutants::store::all();
    let breaking = mutants::all().iter().chain(&store).filter(|m| m.breaks.contains(id));
    let breaking: Vec<&Mutant> = breaking.collect();
    for (i, mutant) in breaking.iter().enumerate() {
        let _ = writeln!(out, "{:<10}{}: {}", if i == 0 { "mutants:" } else { "" }, mutant.name, mutant.story);
    }
    out
}

fn case_text(case: &Case) -> String {
    let mut out = format!("{}\n\n  catches a store that {}\n\n", case.name, case.catches);
    for id in case.requirements {
        let statement = requirement::find(*id).statement;
        let _ = writeln!(out, "{id}  {statement}");
    }
    out
}

fn joined(ids: &[RequirementId], between: &str) -> String {
    ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(between)
}
