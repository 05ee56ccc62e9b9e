//! The last lines of a report: what failed as expected, the causes of the rest, and the verdict.

use std::fmt::Write as _;

use kvspec_suites::Totals;

use super::look::Palette;
use super::page::{INDENT, Page, paragraph};
use crate::expectation::Met;
use crate::report::cause::Cause;
use crate::report::exit::{Exit, exit};
use crate::run::RunHeader;
use crate::run::outcome::{Extent, Run};

/// What failed as expected, and what was expected and did not come.
pub(super) fn expectations(out: &mut Page, met: &Met<'_>, palette: Palette) {
    for (name, expectation) in met.known() {
        let label = format!("{} {name}: ", palette.doubtful("known"));
        paragraph(out, &label, INDENT, &expectation.to_string());
    }
    for expectation in &met.stale {
        paragraph(out, &format!("{} ", palette.bad("STALE")), INDENT, &expectation.stale_text());
    }
    if met.known().len() + met.stale.len() > 0 {
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
    let totals = run.totals();
    let Totals { pass, fail, skip, inconclusive, error, comparisons, .. } = totals;
    let cases = totals.cases();
    let _ = writeln!(
        out,
        "{cases} {}: {pass} passed, {fail} failed, {skip} skipped, {inconclusive} inconclusive, {error} {} \
         ({comparisons} results compared)",
        if cases == 1 { "case" } else { "cases" },
        if error == 1 { "error" } else { "errors" },
    );
    let answers = run.answers();
    if !answers.are_all_results() {
        paragraph(out, "calls without a result: ", "  ", &answers.to_string());
    }
    count_causes(out, causes, palette);
    let Extent { selected, of, is_interrupted } = run.extent;
    let known = met.known().len();
    let conclusion = match exit(&totals) {
        _ if run.is_target_lost() => {
            palette.bad(&format!("the target could not be set up any more: ended after {cases} of {selected} cases"))
        }
        Exit::NotConformant if fail == known && met.stale.is_empty() && !is_interrupted => {
            let times = if known == 1 { "1 known violation".into() } else { format!("{known} known violations") };
            palette.doubtful(&format!("not conformant to {}, by {times} and nothing else", header.profile))
        }
        Exit::NotConformant => palette.bad(&format!("NOT CONFORMANT to {}", header.profile)),
        Exit::OwnFault => palette.bad("kvspec or its adapter is at fault: this says nothing about the implementation"),
        _ if is_interrupted => {
            palette.doubtful(&format!("interrupted: nothing failed so far, after {cases} of {selected} cases"))
        }
        Exit::Conformant if !met.stale.is_empty() => palette.bad("an expectation is stale: see above"),
        Exit::Conformant if run.extent.is_whole() => palette.good(&format!("conformant to {}", header.profile)),
        Exit::Conformant => {
            palette.doubtful(&format!("{selected} of {of} cases were selected: nothing in them failed"))
        }
        Exit::Inconclusive => palette.doubtful("inconclusive: nothing failed, but not everything could be decided"),
        _ => palette.doubtful("no case was run to its end: nothing is known"),
    };
    let _ = writeln!(out, "{conclusion}");
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
