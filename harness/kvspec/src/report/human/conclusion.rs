//! The last lines of a report: what failed as expected, the causes of the rest, and the verdict.

use std::fmt::Write as _;

use super::look::Palette;
use super::page::{INDENT, Page, paragraph};
use crate::expectation::Met;
use crate::report::cause::Cause;
use crate::report::verdict::{Tone, totals_text, verdict};
use crate::run::RunHeader;
use crate::run::outcome::Run;

/// What failed as expected, and what was expected and did not come.
pub(super) fn expectations(out: &mut Page, met: &Met<'_>, palette: Palette) {
    for (name, expectation) in met.known() {
        let label = format!("{} {name}: ", palette.doubtful("known"));
        paragraph(out, &label, INDENT, &expectation.to_string());
    }
    for expectation in &met.stale {
        paragraph(out, &format!("{} ", palette.bad("STALE")), INDENT, &expectation.stale_text());
    }
    for expectation in &met.expired {
        paragraph(out, &format!("{} ", palette.bad("EXPIRED")), INDENT, &expectation.expired_text());
    }
    if met.known().len() + met.stale.len() + met.expired.len() > 0 {
        out.push('\n');
    }
}

/// The totals, the causes, and the verdict.
pub(super) fn conclusion(
    out: &mut Page,
    header: &RunHeader,
    run: &Run,
    causes: &[Cause<'_>],
    met: &Met<'_>,
    palette: Palette,
) {
    let _ = writeln!(out, "{}", totals_text(&run.totals()));
    let answers = run.answers();
    if !answers.are_all_results() {
        paragraph(out, "calls without a result: ", "  ", &answers.to_string());
    }
    count_causes(out, causes, palette);
    let (tone, text) = verdict(header, run, met);
    let painted = match tone {
        Tone::Good => palette.good(&text),
        Tone::Bad => palette.bad(&text),
        Tone::Doubtful => palette.doubtful(&text),
    };
    let _ = writeln!(out, "{painted}");
}

/// How many causes there are; where they are several, a line each.
fn count_causes(out: &mut Page, causes: &[Cause<'_>], palette: Palette) {
    let failures: usize = causes.iter().map(|cause| cause.showings.len()).sum();
    let of_failures = |count: usize| if count == 1 { "1 failure".to_owned() } else { format!("{count} failures") };
    match causes {
        [] => {}
        [cause] => {
            let label = format!("1 cause of {}: {} ", of_failures(failures), palette.bad(cause.requirement.as_str()));
            paragraph(out, &label, INDENT, &cause.title());
        }
        several => {
            let _ = writeln!(out, "{} causes of {}:", several.len(), of_failures(failures));
            for cause in several {
                let label = format!("  {} ", palette.bad(cause.requirement.as_str()));
                paragraph(out, &label, INDENT, &format!("{} ({})", cause.title(), of_failures(cause.showings.len())));
            }
        }
    }
}
