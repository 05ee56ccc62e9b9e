//! The report of a run as one page of HTML: causes first, each with its history on a time line.

use kvspec::report::cause::{Cause, Showing, causes};
use kvspec::report::diagram;
use kvspec::report::human::WIDTH;
use kvspec::report::verdict::{totals_text, verdict};
use kvspec::run::event::Conclusion;
use kvspec::run::exploration::Observed;
use kvspec_reference::anomaly::visible;
use kvspec_reference::consistency::Finding;
use kvspec_reference::{Anomaly, Profile};
use kvspec_suites::{Verdict, requirement};
use serde::Serialize;

use super::page::{page, tone_class};
use super::tally::{self, Reason, Tally};
use super::timeline::{Lit, Timeline};

/// How many operations are drawn of the smallest history of a cause, and of the others.
const OPERATIONS_OF_SMALLEST_MAX: usize = 2_000;
const OPERATIONS_OF_OTHERS_MAX: usize = 300;

#[derive(Serialize)]
struct Content<'a> {
    title: String,
    profile: &'a str,
    target: String,
    tone: &'static str,
    verdict: String,
    totals: String,
    without_result: Option<String>,
    found: Vec<String>,
    again: String,
    causes: Vec<CauseEntry>,
    expired: Vec<String>,
    stale: Vec<String>,
    known: Vec<Known>,
    undecided: Vec<Reason>,
    by_result: Vec<Counted>,
    requirements: Vec<Row>,
    searches: Vec<SearchEntry>,
    skipped: Vec<Reason>,
    observed: Vec<String>,
    declaration: &'a str,
}

#[derive(Serialize)]
struct CauseEntry {
    title: String,
    id: &'static str,
    level: String,
    basis: String,
    statement: &'static str,
    source: String,
    failures: usize,
    expected: String,
    actual: String,
    because: Vec<String>,
    showings: Vec<ShowingEntry>,
}

#[derive(Serialize)]
struct ShowingEntry {
    name: &'static str,
    /// The index of its time line.
    timeline: usize,
    drawing: String,
    workload: Option<String>,
    again: String,
}

#[derive(Serialize)]
struct Known {
    name: String,
    why: String,
}

#[derive(Serialize)]
struct Counted {
    result: &'static str,
    class: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    tally: Tally,
    class: &'static str,
}

#[derive(Serialize)]
struct SearchEntry {
    name: &'static str,
    verdict: String,
    summary: String,
    levels: Vec<LevelsEntry>,
}

#[derive(Serialize)]
struct LevelsEntry {
    finding: &'static str,
    names: Vec<&'static str>,
}

/// The page. `declaration`: as it was used, in TOML.
///
/// # Errors
/// When the template cannot be filled.
pub fn text(conclusion: &Conclusion<'_>, declaration: &str) -> Result<String, String> {
    let Conclusion { header, run, met, replay } = conclusion;
    let causes = causes(run, met);
    let mut timelines = Vec::new();
    let (tone, sentence) = verdict(header, run, met);
    let answers = run.answers();
    let rows: Vec<Row> = tally::tallies(conclusion, &causes).into_iter().map(row).collect();
    let content = Content {
        title: visible(&format!("kvspec: {}", header.target)),
        profile: &header.profile,
        target: visible(&header.target),
        tone: tone_class(tone),
        verdict: sentence,
        totals: totals_text(&run.totals()),
        without_result: (!answers.are_all_results()).then(|| visible(&answers.to_string())),
        found: header.found.iter().map(|line| visible(line)).collect(),
        again: replay.of_whole(),
        causes: causes.iter().map(|cause| cause_entry(cause, conclusion, &mut timelines)).collect(),
        expired: met.expired.iter().map(|expectation| visible(&expectation.expired_text())).collect(),
        stale: met.stale.iter().map(|expectation| visible(&expectation.stale_text())).collect(),
        known: met.known().map(|(name, e)| Known { name: name.into(), why: visible(&e.to_string()) }).collect(),
        undecided: shown(tally::undecided(conclusion)),
        by_result: by_result(&rows),
        requirements: rows,
        searches: searches(conclusion),
        skipped: shown(tally::skipped(conclusion)),
        observed: tally::observed(conclusion).map(visible).collect(),
        declaration,
    };
    page("run.html", content, &timelines)
}

fn cause_entry(cause: &Cause<'_>, conclusion: &Conclusion<'_>, timelines: &mut Vec<Timeline>) -> CauseEntry {
    let smallest = cause.smallest();
    let entry = requirement::find(cause.requirement);
    let profile: Profile = conclusion.header.profile.parse().unwrap_or_default();
    let Anomaly { expected, actual, because, .. } = &smallest.anomaly;
    let mut showing_entries = Vec::new();
    for (i, showing) in cause.showings.iter().enumerate() {
        let operations_max = if i == 0 { OPERATIONS_OF_SMALLEST_MAX } else { OPERATIONS_OF_OTHERS_MAX };
        timelines.push(Timeline::of(showing.history, proofs(showing), operations_max));
        showing_entries.push(showing_entry(showing, conclusion, timelines.len() - 1));
    }
    CauseEntry {
        title: visible(&cause.title()),
        id: cause.requirement.as_str(),
        level: entry.level.to_string(),
        basis: entry.grounds_in(profile).basis.to_string(),
        statement: entry.statement,
        source: entry.source_in(profile),
        failures: cause.showings.len(),
        expected: visible(expected),
        actual: visible(actual),
        because: because.iter().map(|line| visible(line)).collect(),
        showings: showing_entries,
    }
}

/// What is wrong in a history, each requirement once.
fn proofs(showing: &Showing<'_>) -> Vec<Lit> {
    let mut proofs: Vec<Lit> = Vec::new();
    for anomaly in [&showing.anomaly].into_iter().chain(showing.others) {
        let title = anomaly.requirement.to_string();
        if !anomaly.operations.is_empty() && !proofs.iter().any(|proof| proof.title == title) {
            proofs.push(Lit { title, operations: anomaly.operations.clone() });
        }
    }
    proofs
}

fn showing_entry(showing: &Showing<'_>, conclusion: &Conclusion<'_>, timeline: usize) -> ShowingEntry {
    let run = conclusion.run;
    let exploration = run.exploration.as_ref().filter(|exploration| exploration.name == showing.name);
    let failure = exploration.and_then(|exploration| exploration.search.failure.as_ref());
    ShowingEntry {
        name: showing.name,
        timeline,
        drawing: diagram::draw_numbered(showing.history, &showing.anomaly.operations, WIDTH),
        workload: failure.map(|failure| failure.regression().to_string()),
        again: conclusion.replay.of_failure(showing.name, run),
    }
}

fn row(tally: Tally) -> Row {
    Row { class: class_of(tally.result), tally }
}

fn class_of(result: &str) -> &'static str {
    match result {
        "kept" => "good",
        "broken" => "bad",
        "known" | "undecided" => "doubtful",
        _ => "none",
    }
}

/// How many requirements came to what, the worst first.
fn by_result(rows: &[Row]) -> Vec<Counted> {
    let order = ["broken", "known", "undecided", "kept", "observed", "skipped", "not run"];
    let counted = order.map(|result| {
        let count = rows.iter().filter(|row| row.tally.result == result).count();
        Counted { result, class: class_of(result), count }
    });
    counted.into_iter().filter(|counted| counted.count > 0).collect()
}

fn shown(reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.into_iter().map(|reason| Reason { why: visible(&reason.why), ..reason }).collect()
}

fn searches(conclusion: &Conclusion<'_>) -> Vec<SearchEntry> {
    let random = conclusion.run.exploration.iter().map(|exploration| {
        let (search, verdict) = (&exploration.search, verdict_text(&exploration.verdict()));
        let summary = format!(
            "{} workloads, {} operations, {} reads after convergence",
            search.cases, search.operations, search.settled_reads
        );
        SearchEntry { name: exploration.name, verdict, summary, levels: levels(&exploration.observed) }
    });
    let concurrent = conclusion.run.concurrency.iter().map(|concurrency| {
        let verdict = verdict_text(&concurrency.verdict());
        let summary = format!("{} workloads, {} operations", concurrency.workloads, concurrency.operations);
        SearchEntry { name: concurrency.name, verdict, summary, levels: levels(&concurrency.observed) }
    });
    random.chain(concurrent).collect()
}

fn verdict_text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass => "passed".into(),
        Verdict::Fail => "failed".into(),
        Verdict::Skip(why) | Verdict::Inconclusive(why) | Verdict::Error(why) => visible(why),
    }
}

/// The levels of consistency that were seen, by what was found.
fn levels(observed: &[Observed]) -> Vec<LevelsEntry> {
    let of = |finding: &Finding| match finding {
        Finding::Kept => "kept",
        Finding::Broken(_) => "broken",
        Finding::Unknown(_) => "unknown",
        Finding::NotExercised(_) => "not exercised",
    };
    let entries = ["kept", "broken", "unknown", "not exercised"].map(|finding| {
        let names = observed.iter().filter(|o| of(&o.finding) == finding).map(|o| o.level.name()).collect();
        LevelsEntry { finding, names }
    });
    entries.into_iter().filter(|entry| !entry.names.is_empty()).collect()
}
