//! What did not pass, for a terminal: causes once each, then what was not decided.

use std::fmt::Write as _;

use kvspec_reference::anomaly::visible;
use kvspec_suites::Verdict;

use super::anomaly::anomaly_text;
use super::exploration;
use super::look::Palette;
use super::page::{self, INDENT, Page, WIDTH, labelled, paragraph};
use crate::report::cause::Cause;
use crate::report::replay::Replay;
use crate::run::case::CaseRun;
use crate::run::exploration::Exploration;
use crate::run::outcome::Run;
use crate::run::threads::ConcurrentFailure;

/// Every cause in full by its smallest history, with the names of the other failures that show it.
pub(super) fn causes(out: &mut Page, causes: &[Cause<'_>], run: &Run, replay: &Replay<'_>, palette: Palette) {
    for (number, cause) in (1..).zip(causes) {
        let heading = match causes.len() {
            1 => palette.bad("FAIL"),
            of => palette.bad(&format!("FAIL {number} of {of}")),
        };
        out.push('\n');
        paragraph(out, &format!("{heading} "), INDENT, &cause.title());
        let smallest = cause.smallest();
        anomaly_text(out, &smallest.anomaly, smallest.history, palette);
        for other in smallest.others.iter().filter(|other| other.requirement != smallest.anomaly.requirement) {
            anomaly_text(out, other, smallest.history, palette);
        }
        labelled(out, "seen in", smallest.name);
        how(out, smallest.name, run, replay);
        let others: Vec<&str> = cause.others().collect();
        if !others.is_empty() {
            page::names(out, "also in", &others);
        }
    }
}

/// How a failure came about, and how it is run again.
fn how(out: &mut Page, name: &str, run: &Run, replay: &Replay<'_>) {
    let exploration = run.exploration.as_ref().filter(|exploration| name == exploration.name);
    let concurrency = run.concurrency.as_ref().filter(|concurrency| name == concurrency.name);
    match (exploration, concurrency.and_then(|concurrency| concurrency.failure.as_ref())) {
        (Some(exploration), _) => exploration::workload(out, exploration, replay),
        (None, Some(failure)) => {
            let _ = writeln!(out, "  workload  that of seed {}, run by real threads", failure.seed);
            let _ = writeln!(out, "  replay    {}", replay.of_concurrent(failure));
        }
        (None, None) => {
            let _ = writeln!(out, "  replay    {}", replay.of_case(name));
        }
    }
}

/// The cases that decided nothing, those with the same reason together.
pub(super) fn undecided(out: &mut Page, runs: &[CaseRun], replay: &Replay<'_>, palette: Palette) {
    let mut reasons: Vec<(String, &str, Vec<&str>)> = Vec::new();
    for run in runs {
        let (word, why) = match &run.report.verdict {
            Verdict::Inconclusive(why) => (palette.doubtful("INCONCLUSIVE"), why),
            Verdict::Error(why) => (palette.bad("ERROR"), why),
            Verdict::Pass | Verdict::Fail | Verdict::Skip(_) => continue,
        };
        match reasons.iter_mut().find(|(of, reason, _)| *of == word && reason == why) {
            Some((_, _, names)) => names.push(run.case.name),
            None => reasons.push((word, why, vec![run.case.name])),
        }
    }
    for (word, why, names) in reasons {
        let (first, others) = (names[0], &names[1..]);
        let _ = writeln!(out, "\n{word} {}\n  {}", palette.strong(first), visible(why));
        let _ = writeln!(out, "  replay    {}", replay.of_case(first));
        if !others.is_empty() {
            page::names(out, "also", others);
        }
    }
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
