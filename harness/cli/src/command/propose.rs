//! `kvspec run --propose`: a configuration that declares what was found by trying.

use kvspec_reference::Profile;
use std::fmt::Write as _;

use kvspec_suites::declaration::{KeyCharacters, Limits, Proposal};
use kvspec_suites::{Case, Declaration, Verdict, cases};

use super::target::Target;
use super::{complain, print};
use kvspec::report::Exit;
use kvspec::run::{RealClock, run_one};

pub(super) fn main(target: &Target) -> Exit {
    match proposal(target) {
        Ok(text) => {
            print(&text);
            Exit::Conformant
        }
        Err(exit) => exit,
    }
}

/// A configuration that declares what was found by trying.
///
/// # Errors
/// The exit code, after the complaint was made: too little could be tried.
pub(super) fn proposal(target: &Target) -> Result<String, Exit> {
    let clock = RealClock::starting_now();
    let proposal = match Declaration::probe(&*target.subject, &clock, &target.declaration) {
        Ok(proposal) => proposal,
        Err(failure) => return Err(complain(Exit::Inconclusive, format_args!("nothing can be proposed: {failure}"))),
    };
    let faults = proposal.declaration.faults();
    if !faults.is_empty() {
        // Most of it was never tried: to print it would be to propose defaults as if found.
        let lines = proposal.findings.iter().cloned().chain(faults.iter().map(ToString::to_string));
        let lines: Vec<String> = lines.collect();
        let help = format!("write what is missing into {} and try again", target.configuration());
        let why = lines.join("\n");
        return Err(complain(Exit::Inconclusive, format_args!("nothing can be proposed: {why}\n{help}")));
    }
    let proposal = at_least_where_more_is_accepted(target, proposal);
    let refuted = refuted(target, &proposal.declaration);
    text(target.subject.profile(), &proposal, &refuted).map_err(|error| complain(Exit::OwnFault, error))
}

/// The proposal with limits that are a least, where the cases that fail with exact ones do not then.
fn at_least_where_more_is_accepted(target: &Target, mut proposal: Proposal) -> Proposal {
    let failed = failing(target, cases::of(target.subject.profile()), &proposal.declaration);
    let mut least = proposal.declaration.clone();
    least.limits.at_least = true;
    if !failed.is_empty() && least != proposal.declaration && failing(target, failed.clone(), &least).is_empty() {
        let case = failed[0].name;
        proposal.findings.push(format!("more than these limits is accepted ({case}): limits.at_least = true"));
        proposal.declaration = least;
    }
    proposal
}

/// Those of the cases that fail, as a run with this declaration would.
fn failing(target: &Target, cases: Vec<&'static Case>, declaration: &Declaration) -> Vec<&'static Case> {
    let failed =
        |case: &&'static Case| run_one(case, &*target.subject, declaration, SEED).report.verdict == Verdict::Fail;
    cases.into_iter().filter(failed).collect()
}

/// A field of the proposal that a case refutes.
struct Refuted {
    field: &'static str,
    case: &'static str,
}

/// The limits of a proposal that the cases refute, as a run with it would: each is left open on its own,
/// and the cases that fail are tried again.
fn refuted(target: &Target, proposed: &Declaration) -> Vec<Refuted> {
    let all = failing(target, cases::of(target.subject.profile()), proposed);
    let mut refuted = Vec::new();
    for (field, open) in OPEN {
        let mut declaration = proposed.clone();
        open(&mut declaration.limits);
        if declaration.limits == proposed.limits {
            continue;
        }
        let left: Vec<&str> = failing(target, all.clone(), &declaration).iter().map(|case| case.name).collect();
        if let Some(case) = all.iter().find(|case| !left.contains(&case.name)) {
            refuted.push(Refuted { field, case: case.name });
        }
    }
    refuted
}

/// The seed with which a proposal is tried: that of a run.
const SEED: u64 = 1;

/// Leaves a limit open.
type Opener = fn(&mut Limits);

/// The limits, each with what leaves it open.
const OPEN: [(&str, Opener); 6] = [
    ("max_key_bytes", |limits| limits.max_key_bytes = None),
    ("max_value_bytes", |limits| limits.max_value_bytes = None),
    ("max_buckets", |limits| limits.max_buckets = None),
    ("max_keys", |limits| limits.max_keys = None),
    ("max_handles", |limits| limits.max_handles = None),
    ("key_characters", |limits| limits.key_characters = KeyCharacters::Any),
];

/// Fields that only one profile has.
const OF_VALUES: [&str; 2] = ["streaming", "size_known"];

/// The configuration. What could not be tried is left open, so that a run tries it again; so is what
/// the profile does not have, or a case refutes.
fn text(profile: Profile, proposal: &Proposal, refuted: &[Refuted]) -> Result<String, toml::ser::Error> {
    let mut out = String::from("# Found by trying, not promised: check it, correct it, keep it as kvspec.toml.\n");
    for finding in &proposal.findings {
        let _ = writeln!(out, "# {}", one_line(finding));
    }
    let _ = writeln!(out, "\nprofile = \"{profile}\"");
    let mut sections = toml::Table::try_from(&proposal.declaration)?;
    for section in ["implementation", "capabilities", "limits", "consistency", "errors"] {
        let Some(toml::Value::Table(mut fields)) = sections.remove(section) else { continue };
        let mut comments = String::new();
        if profile != Profile::Eventual {
            OF_VALUES.iter().for_each(|field| drop(fields.remove(*field)));
        }
        for Refuted { field, case } in refuted {
            if fields.remove(*field).is_some() {
                let _ = writeln!(comments, "# {field} is left open: with what was found, {case} fails");
            }
        }
        for (field, why) in &proposal.untried {
            let named = field
                .split_once('.')
                .filter(|(of, field)| *of == section && (profile == Profile::Eventual || !OF_VALUES.contains(field)));
            if let Some((_, field)) = named {
                fields.remove(field);
                let _ = writeln!(comments, "# {field} could not be tried: {}", one_line(why));
            }
        }
        if section == "consistency" && proposal.shows_at_once {
            comments.push_str("# convergence_ms = 0  # was so each time; declare it if it always is\n");
        }
        if !fields.is_empty() || !comments.is_empty() {
            let _ = write!(out, "\n[{section}]\n{}{comments}", toml::to_string(&fields)?);
        }
    }
    Ok(out)
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec::configuration::Configuration;

    #[test]
    fn what_could_not_be_tried_is_left_open() {
        let proposal = Proposal {
            declaration: Declaration::default(),
            findings: vec!["seen".into()],
            untried: vec![("capabilities.size_known", "no value showed".into())],
            shows_at_once: true,
        };
        let text = text(Profile::Eventual, &proposal, &[]).unwrap();
        let read = Configuration::parse(&text).unwrap();
        assert_eq!(read.profile, Some(Profile::Eventual), "{text}");
        assert_eq!((read.capabilities.size_known, read.capabilities.streaming), (None, Some(true)), "{text}");
        assert_eq!(read.consistency.convergence_ms, None, "{text}");
        for line in ["# seen\n", "# size_known could not be tried: no value showed\n", "# convergence_ms = 0 "] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn what_the_profile_has_not_or_a_case_refutes_is_not_proposed() {
        let mut declaration = Declaration::default();
        declaration.limits.max_keys = Some(7);
        let proposal = Proposal { declaration, findings: vec![], untried: vec![], shows_at_once: false };
        let refuted = [Refuted { field: "max_keys", case: "eventual::keys::a" }];
        let text = text(Profile::StoreDraft, &proposal, &refuted).unwrap();
        let read = Configuration::parse(&text).unwrap();
        assert_eq!((read.capabilities.size_known, read.capabilities.streaming), (None, None), "{text}");
        assert_eq!(read.limits.max_keys, None, "{text}");
        assert!(text.contains("# max_keys is left open: with what was found, eventual::keys::a fails\n"), "{text}");
    }
}
