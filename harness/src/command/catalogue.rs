//! `kvspec list`, `kvspec explain` and `kvspec selftest`: the suite about itself.

use std::fmt::Write as _;

use kvspec_suites::kill_matrix::{self, Matrix};
use kvspec_suites::mutants::{self, Mutant};
use kvspec_suites::requirement::{self, Requirement};
use kvspec_suites::{Case, cases};

use super::{complain, print};
use crate::report::Exit;
use crate::report::human::quoted;
use crate::selection::{CONCURRENT_WORKLOADS, Pattern, RANDOM_WORKLOADS};

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
        let _ = writeln!(out, "{:width$}  {}", case.name, case.requirements.join(" "));
    }
    let searches =
        [(RANDOM_WORKLOADS, "any that a history can break"), (CONCURRENT_WORKLOADS, "the same, by several processes")];
    for (name, what) in searches {
        if filter.is_empty() || filter.iter().any(|pattern| pattern.matches(name)) {
            let _ = writeln!(out, "{name:width$}  ({what}; of every profile)");
        }
    }
    print(&out);
    Exit::Conformant
}

/// How much of an ID names its group: `KVE-DEL`.
const GROUP_CHARS: usize = 7;

/// Explains a requirement by its ID, or a case by its name.
pub(super) fn explain(id: &str) -> Exit {
    if let Some(requirement) = requirement::all().find(|r| r.id.eq_ignore_ascii_case(id)) {
        print(&requirement_text(requirement));
        return Exit::Conformant;
    }
    if let Some(case) = cases::find(id) {
        print(&case_text(case));
        return Exit::Conformant;
    }
    if let Some(profile) = requirement::PROFILES.iter().find(|profile| profile.name == id) {
        let mut out = format!("{} ({}, commit {})\n\n", profile.name, profile.repository, profile.commit);
        for r in requirement::all().filter(|r| r.profile == *profile) {
            let _ = writeln!(out, "  {}  {}", r.id, r.statement);
        }
        print(&out);
        return Exit::Conformant;
    }
    let group = id.get(..GROUP_CHARS).map(str::to_ascii_uppercase);
    let near = requirement::all().map(|r| r.id).filter(|known| group.as_ref().is_some_and(|g| known.starts_with(g)));
    let near: Vec<&str> = near.collect();
    let hint = if near.is_empty() {
        "`kvspec list` names all cases and IDs".into()
    } else {
        format!("there are {}", near.join(", "))
    };
    complain(Exit::Usage, format_args!("{id:?} is no requirement, case or profile; {hint}"))
}

fn requirement_text(requirement: &Requirement) -> String {
    let mut out = String::new();
    let Requirement { id, level, basis, statement, argument, profile, .. } = requirement;
    let _ = writeln!(out, "{id} ({level}, {basis}), {}\n\n  {statement}\n", profile.name);
    let _ = writeln!(out, "text:     {}, {}", profile.repository, requirement.source_text());
    if !argument.is_empty() {
        let label = if requirement.is_only_observed() { "open:" } else { "argument:" };
        let _ = writeln!(out, "{label:<10}{argument}");
    }
    for (i, case) in requirement.cases().iter().enumerate() {
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
        let statement = requirement::find(id).map_or("", |r| r.statement);
        let _ = writeln!(out, "{id}  {statement}");
    }
    out
}

/// Runs the mutants and the unusual stores of each profile against its cases.
pub(super) fn selftest(seeds: u64) -> Exit {
    let matrices = [
        (requirement::EVENTUAL.name, kill_matrix::run(0..seeds, &cases::all())),
        (requirement::STORE_DRAFT2.name, kill_matrix::run_store_profile(0..seeds)),
    ];
    let mut is_sound = true;
    for (profile, matrix) in &matrices {
        let (survivors, misnamed, alarms) = (matrix.survivors(), matrix.misnamed(), matrix.false_alarms());
        is_sound &= survivors.is_empty() && misnamed.is_empty() && alarms.is_empty();
        print(&matrix_text(profile, matrix, seeds));
    }
    if is_sound { Exit::Conformant } else { Exit::OwnFault }
}

fn matrix_text(profile: &str, matrix: &Matrix, seeds: u64) -> String {
    let mut out = format!("{profile}\n\nmutants: which requirement was named first, and by which case\n\n");
    let _ = writeln!(out, "{}\nunusual stores: all must pass\n\n{}", matrix.mutants_text(), matrix.unusual_text());
    let (survivors, misnamed, alarms) = (matrix.survivors(), matrix.misnamed(), matrix.false_alarms());
    let _ = writeln!(
        out,
        "{} mutants: {} survived, {} were killed only under a wrong name; {} unusual stores: {} false alarms \
         ({} cases, {seeds} seeds)\n",
        matrix.mutants.len(),
        survivors.len(),
        misnamed.len(),
        matrix.unusual.len(),
        alarms.len(),
        matrix.case_count,
    );
    for (title, names) in [("survived", survivors), ("wrong name", misnamed)] {
        if !names.is_empty() {
            let _ = writeln!(out, "{title}: {}", names.join(", "));
        }
    }
    for alarm in &alarms {
        let _ = writeln!(out, "false alarm: {alarm}");
    }
    out
}
