//! What random workloads showed, for a terminal.

use std::fmt::Write as _;

use kvspec_reference::anomaly::visible;
use kvspec_reference::consistency::Finding;
use kvspec_suites::Verdict;

use super::anomaly::anomaly_text;
use super::look::Palette;
use super::page::{Page, draw, labelled, paragraph};
use crate::configuration::promised;
use crate::report::replay::Replay;
use crate::run::answers::Answers;
use crate::run::exploration::{Exploration, Observed};
use crate::run::threads::Concurrency;

/// A line for the search, and what was seen of the ladder.
pub(super) fn summary(out: &mut Page, exploration: &Exploration, palette: Palette) {
    let search = &exploration.search;
    let verdict = match exploration.verdict() {
        Verdict::Pass => palette.good("passed"),
        Verdict::Fail => palette.bad("failed"),
        Verdict::Skip(why) | Verdict::Inconclusive(why) | Verdict::Error(why) => palette.doubtful(&visible(&why)),
    };
    let _ = writeln!(
        out,
        "  {}: {verdict} ({} workloads, {} operations, {} reads after convergence)",
        exploration.name, search.cases, search.operations, search.settled_reads
    );
    if let Some(tried) = exploration.answers.tried() {
        paragraph(out, "    calls: ", "      ", &tried);
    }
    incomplete(out, &exploration.answers);
    ladder(out, &exploration.observed, "random workloads", palette);
}

/// As [`summary`], for sessions in processes of their own.
pub(super) fn concurrency_summary(out: &mut Page, concurrency: &Concurrency, palette: Palette) {
    let verdict = match concurrency.verdict() {
        Verdict::Pass => palette.good("passed"),
        Verdict::Fail => palette.bad("failed"),
        Verdict::Skip(why) | Verdict::Inconclusive(why) | Verdict::Error(why) => palette.doubtful(&why),
    };
    let Concurrency { name, workloads, operations, .. } = concurrency;
    let _ = writeln!(
        out,
        "  {name}: {verdict} ({workloads} workloads, {operations} operations, sessions in processes of \
         their own)"
    );
    incomplete(out, &concurrency.answers);
    ladder(out, &concurrency.observed, "concurrent workloads", palette);
}

/// The calls that gave no result: legal as far as they are errors, and they prove nothing.
fn incomplete(out: &mut Page, answers: &Answers) {
    if !answers.are_all_results() {
        paragraph(out, "    calls without a result, which prove nothing: ", "      ", &answers.to_string());
    }
}

/// What was seen of the ladder.
fn ladder(out: &mut Page, observed: &[Observed], who: &str, palette: Palette) {
    if observed.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", palette.strong(&format!("consistency that {who} saw, strongest first")));
    let broken = |o: &&Observed| matches!(o.finding, Finding::Broken(_));
    for (title, wanted) in [("kept", "kept"), ("broken", "broken"), ("unknown", "unknown"), ("not exercised", "none")] {
        let names: Vec<&str> = observed.iter().filter(|o| name(&o.finding) == wanted).map(|o| o.level.name()).collect();
        if !names.is_empty() {
            labelled(out, title, &names.join(", "));
        }
    }
    // The strongest promise that falls short says most of what a client can see.
    let first = observed.iter().filter(broken).rfind(|o| o.counterexample.is_some());
    if let Some((o, history)) = first.and_then(|o| o.counterexample.as_ref().map(|history| (o, history)))
        && let Finding::Broken(witness) = &o.finding
    {
        let profile = &history.header().profile;
        let allowed = if promised(profile.parse().unwrap_or_default()).contains(&o.level) {
            String::new()
        } else {
            format!(" (which {profile} allows)")
        };
        let _ = writeln!(out, "  for example, {} is not kept{allowed}:", o.level.name());
        draw(out, history, &witness.operations);
    }
}

fn name(finding: &Finding) -> &'static str {
    match finding {
        Finding::Kept => "kept",
        Finding::Broken(_) => "broken",
        Finding::Unknown(_) => "unknown",
        Finding::NotExercised(_) => "none",
    }
}

/// The failing workload, shrunk, and why it fails.
pub(super) fn failure(out: &mut Page, exploration: &Exploration, replay: &Replay<'_>, palette: Palette) {
    let Some(failure) = exploration.failure() else { return };
    let _ = writeln!(out, "\n{} {}", palette.bad("FAIL"), palette.strong(exploration.name));
    if let Some(anomaly) = failure.anomalies.first() {
        anomaly_text(out, anomaly, &failure.history, palette);
    }
    workload(out, exploration, replay);
}

/// The failing workload, shrunk, and how it is run again.
pub(super) fn workload(out: &mut Page, exploration: &Exploration, replay: &Replay<'_>) {
    let Some(failure) = exploration.failure() else { return };
    let from = failure.found.operation_count();
    let minimal = if failure.is_minimal { "nothing can be taken from it" } else { "it may not be the smallest" };
    let _ = writeln!(out, "  workload  (shrunk from {from} operations; {minimal})");
    for step in &failure.workload.steps {
        let _ = writeln!(out, "    {step}");
    }
    let _ = writeln!(out, "  replay    {}", replay.of_search(exploration));
}
