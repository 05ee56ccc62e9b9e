//! `kvspec run --propose`: a configuration that declares what was found by trying.

use std::fmt::Write as _;

use kvspec_suites::Declaration;
use kvspec_suites::declaration::Proposal;

use super::target::Target;
use super::{complain, print};
use kvspec::report::Exit;
use kvspec::run::RealClock;

pub(super) fn main(target: &Target) -> Exit {
    let clock = RealClock::starting_now();
    let proposal = match Declaration::probe(&*target.subject, &clock, &target.declaration) {
        Ok(proposal) => proposal,
        Err(failure) => return complain(Exit::Inconclusive, format_args!("nothing can be proposed: {failure}")),
    };
    let faults = proposal.declaration.faults();
    if !faults.is_empty() {
        // Most of it was never tried: to print it would be to propose defaults as if found.
        let lines = proposal.findings.iter().cloned().chain(faults.iter().map(ToString::to_string));
        let lines: Vec<String> = lines.collect();
        let mend = format!("write what is missing into {} and try again", target.configuration());
        return complain(Exit::Inconclusive, format_args!("nothing can be proposed: {}\n{mend}", lines.join("\n")));
    }
    match text(target.subject.profile(), &proposal) {
        Ok(text) => print(&text),
        Err(error) => return complain(Exit::OwnFault, error),
    }
    Exit::Conformant
}

/// The configuration. What could not be tried is left open, so that a run tries it again.
fn text(profile: &str, proposal: &Proposal) -> Result<String, toml::ser::Error> {
    let mut out = String::from("# Found by trying, not promised: read it, mend it, keep it as kvspec.toml.\n");
    for finding in &proposal.findings {
        let _ = writeln!(out, "# {}", one_line(finding));
    }
    let _ = writeln!(out, "\nprofile = \"{profile}\"");
    let mut sections = toml::Table::try_from(&proposal.declaration)?;
    for section in ["implementation", "capabilities", "limits", "consistency"] {
        let Some(toml::Value::Table(mut fields)) = sections.remove(section) else { continue };
        let mut comments = String::new();
        for (field, why) in &proposal.untried {
            if let Some((_, field)) = field.split_once('.').filter(|(of, _)| *of == section) {
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
        let text = text("store@0.2.0-draft", &proposal).unwrap();
        let read = Configuration::parse(&text).unwrap();
        assert_eq!(read.profile.as_deref(), Some("store@0.2.0-draft"), "{text}");
        assert_eq!((read.capabilities.size_known, read.capabilities.streaming), (None, Some(true)), "{text}");
        assert_eq!(read.consistency.convergence_ms, None, "{text}");
        for line in ["# seen\n", "# size_known could not be tried: no value showed\n", "# convergence_ms = 0 "] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
