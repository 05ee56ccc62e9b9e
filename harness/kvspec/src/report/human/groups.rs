//! How the cases ended, a line a group.

use std::fmt::Write as _;

use kvspec_suites::{Totals, Verdict};

use super::look::Palette;
use super::page::{Page, paragraph};
use crate::run::case::CaseRun;

/// How much is said of the cases that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// How many there are: something else failed.
    Count,
    /// A line a group, with what was skipped and why.
    Groups,
    /// A line a case.
    Cases,
}

/// A line a group of cases.
pub(super) fn groups(out: &mut Page, runs: &[CaseRun], palette: Palette, detail: Detail) {
    let width = runs.iter().map(|run| group_of(run).len()).max().unwrap_or(0);
    let is_clean = |run: &CaseRun| matches!(run.report.verdict, Verdict::Pass | Verdict::Skip(_));
    let mut left_out: Vec<&[CaseRun]> = Vec::new();
    for chunk in runs.chunk_by(|a, b| group_of(a) == group_of(b)) {
        if detail == Detail::Count && chunk.iter().all(is_clean) {
            left_out.push(chunk);
            continue;
        }
        line(out, group_of(&chunk[0]), width, &Totals::of(chunk.iter().map(|run| &run.report)), palette);
        if detail != Detail::Count {
            skips(out, chunk, palette);
        }
        for run in chunk.iter().filter(|run| detail == Detail::Cases && run.report.verdict == Verdict::Pass) {
            let requirements: Vec<&str> = run.case.requirements.iter().map(|id| id.as_str()).collect();
            let requirements = requirements.join(", ");
            let _ = writeln!(out, "    {} {} ({requirements})", palette.good("pass"), claim(run));
        }
    }
    if !left_out.is_empty() {
        let totals = Totals::of(left_out.iter().flat_map(|chunk| *chunk).map(|run| &run.report));
        line(out, &format!("{} more", left_out.len()), width, &totals, palette);
    }
}

fn line(out: &mut Page, group: &str, width: usize, totals: &Totals, palette: Palette) {
    let mut parts = vec![format!("{:3} passed", totals.pass)];
    let mut add = |count: usize, what: &str, paint: &dyn Fn(&str) -> String| {
        if count > 0 {
            parts.push(paint(&format!("{count} {what}")));
        }
    };
    add(totals.fail, "failed", &|text| palette.bad(text));
    add(totals.skip, "skipped", &|text| palette.doubtful(text));
    add(totals.inconclusive, "inconclusive", &|text| palette.doubtful(text));
    add(totals.error, "errors", &|text| palette.bad(text));
    let _ = writeln!(out, "  {group:width$}  {}", parts.join(", "));
}

fn group_of(run: &CaseRun) -> &'static str {
    run.case.name.rsplit_once("::").map_or("", |(group, _)| group)
}

fn claim(run: &CaseRun) -> &str {
    run.case.name.rsplit_once("::").map_or(run.case.name, |(_, claim)| claim)
}

/// Skipped cases by their reason: which declaration says so.
fn skips(out: &mut Page, runs: &[CaseRun], palette: Palette) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for run in runs {
        let Verdict::Skip(why) = &run.report.verdict else { continue };
        match reasons.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, claims)) => claims.push(claim(run)),
            None => reasons.push((why, vec![claim(run)])),
        }
    }
    for (reason, claims) in reasons {
        let label = format!("    {} ", palette.doubtful("skip"));
        paragraph(out, &label, "         ", &format!("{reason}: {}", claims.join(", ")));
    }
}

/// What was seen of matters that the interface leaves open.
pub(super) fn observations(out: &mut Page, runs: &[CaseRun], palette: Palette) {
    let observed: Vec<_> = runs.iter().flat_map(|run| &run.report.observations).collect();
    if !observed.is_empty() {
        let _ = writeln!(out, "\n{}", palette.strong("observed (the interface leaves it open)"));
    }
    for line in observed {
        paragraph(out, "  - ", "    ", line);
    }
}
