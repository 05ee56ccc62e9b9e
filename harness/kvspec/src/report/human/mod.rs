//! The report for a terminal: terse when good, evidence when not.

mod anomaly;
mod exploration;
mod look;
mod page;
mod replay;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kvspec_reference::Anomaly;
use kvspec_reference::anomaly::visible;
use kvspec_suites::{Totals, Verdict, requirement};

use super::exit::{Exit, exit};
use super::header::RunHeader;
use crate::expectation::Met;
use crate::run::exploration::Exploration;
use crate::run::threads::ConcurrentFailure;
use crate::run::{CaseRun, Extent, Run};
use crate::selection::{CONCURRENT_WORKLOADS, RANDOM_WORKLOADS};

pub use anomaly::{anomaly_text, requirement_text};
pub use look::{Look, Palette};
use page::{INDENT, paragraph};
pub use page::{Page, labelled};
pub use replay::{Replay, replay_text};

/// How wide a report is where nothing else is known, and the widest it is, in columns.
pub const WIDTH: usize = 100;

/// The whole report of a run.
pub fn text(header: &RunHeader, run: &Run, replay: &Replay<'_>, met: &Met<'_>, look: Look, verbose: bool) -> String {
    let Look { palette, width } = look;
    let out = &mut Page::of_width(width);
    let runs = &run.cases;
    let version = env!("CARGO_PKG_VERSION");
    let _ = writeln!(out, "kvspec {version}: {} against {}, seed {}", header.profile, header.target, header.seed);
    for found in &header.found {
        let _ = writeln!(out, "{}", palette.doubtful(found));
    }
    out.push('\n');
    groups(out, runs, palette, verbose);
    if let Some(exploration) = &run.exploration {
        exploration::summary(out, exploration, palette);
    }
    if let Some(concurrency) = &run.concurrency {
        exploration::concurrency_summary(out, concurrency, palette);
    }
    observations(out, runs, palette);
    let failed = runs.iter().filter(|run| !matches!(run.report.verdict, Verdict::Pass | Verdict::Skip(_)));
    for run in failed.filter(|run| met.expectation_of(run.case.name).is_none()) {
        out.push('\n');
        painted_failure(out, run, replay, palette);
    }
    if let Some(exploration) = run.exploration.as_ref().filter(|_| met.expectation_of(RANDOM_WORKLOADS).is_none()) {
        exploration::failure(out, exploration, replay, palette);
    }
    let concurrent = run.concurrency.as_ref().and_then(|concurrency| concurrency.failure.as_ref());
    if let Some(failure) = concurrent.filter(|_| met.expectation_of(CONCURRENT_WORKLOADS).is_none()) {
        let _ = writeln!(out, "\n{} {}", palette.bad("FAIL"), palette.strong("concurrent workloads"));
        painted_concurrent(out, failure, replay, palette);
    }
    out.push('\n');
    expectations(out, met, palette);
    broken_requirements(out, run, met, palette);
    conclusion(out, header, run, met, palette);
    out.take()
}

fn totals_of(runs: &[CaseRun]) -> Totals {
    Totals::of(runs.iter().map(|run| &run.report))
}

/// A line a group of cases; with `verbose`, a line a case.
fn groups(out: &mut Page, runs: &[CaseRun], palette: Palette, verbose: bool) {
    let group_of = |run: &CaseRun| run.case.name.rsplit_once("::").map_or("", |(group, _)| group).to_owned();
    let width = runs.iter().map(|run| group_of(run).len()).max().unwrap_or(0);
    for chunk in runs.chunk_by(|a, b| group_of(a) == group_of(b)) {
        let totals = totals_of(chunk);
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
        let _ = writeln!(out, "  {:width$}  {}", group_of(&chunk[0]), parts.join(", "));
        skips(out, chunk, palette);
        for run in chunk.iter().filter(|run| verbose && run.report.verdict == Verdict::Pass) {
            let requirements = run.case.requirements.join(", ");
            let _ = writeln!(out, "    {} {} ({requirements})", palette.good("pass"), claim(run));
        }
    }
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
fn observations(out: &mut Page, runs: &[CaseRun], palette: Palette) {
    let observed: Vec<_> = runs.iter().flat_map(|run| &run.report.observations).collect();
    if !observed.is_empty() {
        let _ = writeln!(out, "\n{}", palette.strong("observed (the interface leaves it open)"));
    }
    for line in observed {
        paragraph(out, "  - ", "    ", line);
    }
}

/// What failed as expected, and what was expected and did not come.
fn expectations(out: &mut Page, met: &Met<'_>, palette: Palette) {
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

/// One bug fails many cases: at the end of a long report stands which requirements they name.
fn broken_requirements(out: &mut Page, run: &Run, met: &Met<'_>, palette: Palette) {
    let unexpected = run.cases.iter().filter(|case| met.expectation_of(case.case.name).is_none());
    let of_cases = unexpected.map(|case| case.report.anomalies.as_slice());
    let is_unexpected = met.expectation_of(RANDOM_WORKLOADS).is_none();
    let search =
        run.exploration.as_ref().filter(|_| is_unexpected).and_then(|exploration| exploration.search.failure.as_ref());
    let of_search = search.map(|failure| failure.anomalies.as_slice());
    let is_unexpected = met.expectation_of(CONCURRENT_WORKLOADS).is_none();
    let concurrency = run.concurrency.as_ref().filter(|_| is_unexpected);
    let concurrent = concurrency.and_then(|concurrency| concurrency.failure.as_ref());
    let of_concurrent = concurrent.map(|failure| failure.anomalies.as_slice());
    let mut failures_by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for anomaly in of_cases.chain(of_search).chain(of_concurrent).filter_map(<[Anomaly]>::first) {
        *failures_by_id.entry(anomaly.requirement).or_default() += 1;
    }
    let is_any = !failures_by_id.is_empty();
    for (id, failures) in failures_by_id {
        let statement = requirement::find(id).map_or("", |r| r.statement);
        let times = if failures == 1 { "once".into() } else { format!("{failures} times") };
        let label = format!("{} ", palette.bad(id));
        paragraph(out, &label, INDENT, &format!("is broken {times}: {statement}"));
    }
    if is_any {
        out.push('\n');
    }
}

fn conclusion(out: &mut Page, header: &RunHeader, run: &Run, met: &Met<'_>, palette: Palette) {
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
    let Extent { selected, of, is_interrupted } = run.extent;
    let known = met.known().len();
    let conclusion = match exit(&totals) {
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

/// What one case that did not pass has to say, without colours.
pub fn failure_text(run: &CaseRun, replay: &Replay<'_>) -> String {
    let mut out = Page::of_width(WIDTH);
    painted_failure(&mut out, run, replay, Palette::PLAIN);
    out.take()
}

/// What real threads did wrong, without colours.
pub fn concurrent_text(failure: &ConcurrentFailure, replay: &Replay<'_>) -> String {
    let mut out = Page::of_width(WIDTH);
    painted_concurrent(&mut out, failure, replay, Palette::PLAIN);
    out.take()
}

fn painted_concurrent(out: &mut Page, failure: &ConcurrentFailure, replay: &Replay<'_>, palette: Palette) {
    let _ = writeln!(out, "workload of seed {}, run by real threads:", failure.seed);
    if let Some(anomaly) = failure.anomalies.first() {
        anomaly_text(out, anomaly, &failure.history, palette);
    }
    let _ = writeln!(out, "  replay    {}", replay.of_concurrent(failure));
}

/// What random workloads have to say, without colours.
pub fn exploration_text(exploration: &Exploration, replay: &Replay<'_>) -> String {
    let mut out = Page::of_width(WIDTH);
    exploration::summary(&mut out, exploration, Palette::PLAIN);
    exploration::failure(&mut out, exploration, replay, Palette::PLAIN);
    out.take()
}

fn painted_failure(out: &mut Page, run: &CaseRun, replay: &Replay<'_>, palette: Palette) {
    let name = palette.strong(run.case.name);
    match &run.report.verdict {
        Verdict::Fail => {
            let _ = writeln!(out, "{} {name}", palette.bad("FAIL"));
            for anomaly in &run.report.anomalies {
                anomaly_text(out, anomaly, &run.report.history, palette);
            }
        }
        Verdict::Inconclusive(why) => {
            let _ = writeln!(out, "{} {name}\n  {}", palette.doubtful("INCONCLUSIVE"), visible(why));
        }
        Verdict::Error(why) => {
            let _ = writeln!(out, "{} {name}\n  {}", palette.bad("ERROR"), visible(why));
        }
        Verdict::Pass | Verdict::Skip(_) => {}
    }
    let _ = writeln!(out, "  replay    {}", replay.of_case(run.case.name));
}
