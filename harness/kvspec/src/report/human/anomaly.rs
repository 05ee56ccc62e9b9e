//! A violation: the requirement, and the part of the history that shows it.

use std::fmt::Write as _;

use kvspec_reference::{Anomaly, History, Profile, RequirementId};
use kvspec_suites::requirement;

use super::look::Palette;
use super::page::{INDENT, Page, indent, labelled, paragraph};
use crate::report::diagram;

/// What a requirement says, and where.
pub fn requirement_text(out: &mut Page, id: RequirementId, profile: Option<Profile>, palette: Palette) {
    let requirement = requirement::find(id);
    let profile = profile.unwrap_or(requirement.profile);
    let (level, basis) = (requirement.level, requirement.grounds_in(profile).basis);
    let label = format!("  {} ", palette.bad(id.as_str()));
    paragraph(out, &label, INDENT, &format!("({level}, {basis}) {}", requirement.statement));
    labelled(out, "text", &requirement.source_in(profile));
}

/// An anomaly, with the part of the history that shows it.
pub fn anomaly_text(out: &mut Page, anomaly: &Anomaly, history: &History, palette: Palette) {
    requirement_text(out, anomaly.requirement, history.header().profile.parse().ok(), palette);
    labelled(out, "expected", &anomaly.expected);
    labelled(out, "actual", &anomaly.actual);
    for (i, line) in anomaly.because.iter().enumerate() {
        labelled(out, if i == 0 { "because" } else { "" }, line);
    }
    if !anomaly.operations.is_empty() {
        let _ = writeln!(out, "  history");
        let texts = anomaly.because.iter().chain([&anomaly.expected, &anomaly.actual]);
        let speaks_of_numbers = texts.flat_map(|text| text.split('#').skip(1)).any(starts_with_digit);
        let drawn = if speaks_of_numbers { diagram::draw_numbered } else { diagram::draw };
        indent(out, &drawn(history, &anomaly.operations, out.drawing_width()));
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}
