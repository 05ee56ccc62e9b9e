//! The entries of a report: cases, workloads, causes, and what they are made of.

use kvspec_reference::consistency::Finding;
use kvspec_reference::{Anomaly, History};
use kvspec_suites::{Verdict, requirement};
use serde::Serialize;

use crate::expectation::{Expectation, Met};
use crate::report::cause::Cause;
use crate::report::replay::Replay;
use crate::run::answers::Answers;
use crate::run::case::CaseRun;
use crate::run::exploration::{Exploration, Observed};
use crate::run::threads::Concurrency;

#[derive(Serialize)]
pub(super) struct CaseEntry<'a> {
    name: &'a str,
    requirements: Vec<&'a str>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    comparisons: u64,
    /// How its calls were answered, where some gave no result.
    #[serde(skip_serializing_if = "Answers::are_all_results")]
    calls: Answers,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    observations: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    anomalies: Vec<AnomalyEntry<'a>>,
    /// The reason, where the failure was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<String>,
}

#[derive(Serialize)]
struct AnomalyEntry<'a> {
    requirement: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    demands: Option<Demand>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    expected: &'a str,
    actual: &'a str,
    because: &'a [String],
    operations: Vec<String>,
}

/// What is wrong, and who shows it.
#[derive(Serialize)]
pub(super) struct CauseEntry {
    requirement: String,
    kind: &'static str,
    title: String,
    /// The smallest history first.
    shown_by: Vec<&'static str>,
    /// What is expected and what was seen in the smallest history, and the operations that prove it.
    expected: String,
    actual: String,
    operations: Vec<String>,
}

#[derive(Serialize)]
struct Demand {
    level: String,
    basis: String,
    statement: &'static str,
    text: String,
}

/// What many workloads came to: random ones, or those of real threads.
#[derive(Serialize)]
pub(super) struct WorkloadsEntry<'a> {
    name: &'static str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    workloads: u64,
    operations: u64,
    reads: u64,
    reads_after_convergence: u64,
    /// How calls were answered, by operation.
    calls: &'a Answers,
    /// The failing workload, where it shows the violation by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    workload: Option<String>,
    /// The seed of the failing workload, where it takes threads to show the violation.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    anomalies: Vec<AnomalyEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<String>,
    observed: Vec<LevelEntry>,
}

#[derive(Serialize)]
struct LevelEntry {
    level: &'static str,
    finding: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    counterexample: Vec<String>,
}

/// The name of a verdict in reports.
pub fn verdict_name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Skip(_) => "skip",
        Verdict::Inconclusive(_) => "inconclusive",
        Verdict::Error(_) => "error",
    }
}

pub(super) fn case_entry<'a>(run: &'a CaseRun, replay: &Replay<'_>, expected: Option<&Expectation>) -> CaseEntry<'a> {
    CaseEntry {
        name: run.case.name,
        requirements: run.case.requirements.iter().map(|id| id.as_str()).collect(),
        verdict: verdict_name(&run.report.verdict),
        reason: reason(&run.report.verdict),
        comparisons: run.report.comparisons,
        calls: Answers::of(&run.report.history),
        observations: &run.report.observations,
        anomalies: anomaly_entries(&run.report.anomalies, &run.report.history),
        expected: expected.map(ToString::to_string),
        replay: match run.report.verdict {
            Verdict::Pass | Verdict::Skip(_) => None,
            Verdict::Fail | Verdict::Inconclusive(_) | Verdict::Error(_) => Some(replay.of_case(run.case.name)),
        },
    }
}

pub(super) fn cause_entry(cause: &Cause<'_>) -> CauseEntry {
    let smallest = cause.smallest();
    CauseEntry {
        requirement: cause.requirement.to_string(),
        kind: cause.kind.name(),
        title: cause.title(),
        shown_by: cause.showings.iter().map(|showing| showing.name).collect(),
        expected: smallest.anomaly.expected.clone(),
        actual: smallest.anomaly.actual.clone(),
        operations: smallest.anomaly.operations.iter().map(|i| smallest.history.operation_text(*i)).collect(),
    }
}

pub(super) fn search_entry<'a>(exploration: &'a Exploration, replay: &Replay<'_>, met: &Met<'_>) -> WorkloadsEntry<'a> {
    let search = &exploration.search;
    let failure = exploration.failure();
    let verdict = exploration.verdict();
    let kept = match replay {
        Replay::Command { kept_workload, .. } => kept_workload.map(|file| file.display().to_string()),
        Replay::Program { .. } | Replay::CargoTest { .. } => None,
    };
    WorkloadsEntry {
        name: exploration.name,
        verdict: verdict_name(&verdict),
        reason: reason(&verdict).map(str::to_owned),
        workloads: search.cases,
        operations: search.operations,
        reads: search.reads,
        reads_after_convergence: search.settled_reads,
        calls: &exploration.answers,
        workload: failure.map(|failure| failure.regression().to_string()),
        seed: None,
        anomalies: failure.map(|f| anomaly_entries(&f.anomalies, &f.history)).unwrap_or_default(),
        expected: met.expectation_of(exploration.name).map(ToString::to_string),
        kept: kept.filter(|_| failure.is_some()),
        replay: failure.map(|_| replay.of_search(exploration)),
        observed: exploration.observed.iter().map(level_entry).collect(),
    }
}

pub(super) fn concurrency_entry<'a>(
    concurrency: &'a Concurrency,
    replay: &Replay<'_>,
    met: &Met<'_>,
) -> WorkloadsEntry<'a> {
    let failure = concurrency.failure.as_ref();
    let verdict = concurrency.verdict();
    WorkloadsEntry {
        name: concurrency.name,
        verdict: verdict_name(&verdict),
        reason: reason(&verdict).map(str::to_owned),
        workloads: concurrency.workloads,
        operations: concurrency.operations,
        reads: concurrency.reads,
        reads_after_convergence: concurrency.settled_reads,
        calls: &concurrency.answers,
        workload: None,
        seed: failure.map(|failure| failure.seed),
        anomalies: failure.map(|f| anomaly_entries(&f.anomalies, &f.history)).unwrap_or_default(),
        expected: met.expectation_of(concurrency.name).map(ToString::to_string),
        kept: None,
        replay: failure.map(|failure| replay.of_concurrent(failure)),
        observed: concurrency.observed.iter().map(level_entry).collect(),
    }
}

fn level_entry(o: &Observed) -> LevelEntry {
    LevelEntry {
        level: o.level.name(),
        finding: match o.finding {
            Finding::Kept => "kept",
            Finding::Broken(_) => "broken",
            Finding::Unknown(_) => "unknown",
            Finding::NotExercised(_) => "not exercised",
        },
        counterexample: match (&o.finding, &o.counterexample) {
            (Finding::Broken(witness), Some(history)) => {
                witness.operations.iter().map(|i| history.operation_text(*i)).collect()
            }
            _ => Vec::new(),
        },
    }
}

/// Why nothing was compared or decided, where that is so.
fn reason(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Skip(why) | Verdict::Inconclusive(why) | Verdict::Error(why) => Some(why),
        Verdict::Pass | Verdict::Fail => None,
    }
}

fn anomaly_entries<'a>(anomalies: &'a [Anomaly], history: &History) -> Vec<AnomalyEntry<'a>> {
    anomalies.iter().map(|anomaly| anomaly_entry(anomaly, history)).collect()
}

fn anomaly_entry<'a>(anomaly: &'a Anomaly, history: &History) -> AnomalyEntry<'a> {
    let register = anomaly.register.as_ref();
    let r = requirement::find(anomaly.requirement);
    let profile = history.header().profile.parse().unwrap_or(r.profile);
    let demands = Demand {
        level: r.level.to_string(),
        basis: r.grounds_in(profile).basis.to_string(),
        statement: r.statement,
        text: r.source_in(profile),
    };
    AnomalyEntry {
        requirement: anomaly.requirement.as_str(),
        demands: Some(demands),
        bucket: register.map(|(bucket, _)| bucket.as_str()),
        key: register.map(|(_, key)| key.as_str()),
        expected: &anomaly.expected,
        actual: &anomaly.actual,
        because: &anomaly.because,
        operations: anomaly.operations.iter().map(|i| history.operation_text(*i)).collect(),
    }
}
