//! The report for machines. Everything in it is the same for the same seed, but for `real_time`.

use kvspec_reference::judge::Finding;
use kvspec_reference::{Anomaly, History};
use kvspec_suites::{Totals, Verdict, requirement};
use serde::Serialize;

use super::RunHeader;
use crate::run::exploration::{Exploration, Observed};
use crate::run::threads::Concurrency;
use crate::run::{CaseRun, Run};

/// The version of the report's form.
const REPORT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    kvspec_report: u32,
    kvspec: &'static str,
    #[serde(flatten)]
    header: &'a RunHeader,
    totals: Totals,
    conformant: bool,
    cases: Vec<CaseEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    random_workloads: Option<SearchEntry<'a>>,
    /// The only part, besides `real_time`, that depends on when threads run.
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrent_workloads: Option<ConcurrencyEntry<'a>>,
    /// Nanoseconds of the implementation's clock from the last write to the awaited read.
    convergence_ns: Quantiles,
    real_time: RealTime<'a>,
}

#[derive(Serialize)]
struct CaseEntry<'a> {
    name: &'a str,
    requirements: &'a [&'a str],
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    comparisons: u64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    observations: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    anomalies: Vec<AnomalyEntry<'a>>,
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

#[derive(Serialize)]
struct Demand {
    level: String,
    basis: String,
    statement: &'static str,
    text: String,
}

#[derive(Serialize)]
struct SearchEntry<'a> {
    verdict: &'static str,
    workloads: u64,
    operations: u64,
    reads: u64,
    reads_after_convergence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    workload: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    anomalies: Vec<AnomalyEntry<'a>>,
    observed: Vec<LevelEntry>,
}

#[derive(Serialize)]
struct ConcurrencyEntry<'a> {
    verdict: &'static str,
    workloads: u64,
    operations: u64,
    reads: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    anomalies: Vec<AnomalyEntry<'a>>,
    observed: Vec<LevelEntry>,
}

#[derive(Serialize)]
struct LevelEntry {
    level: &'static str,
    finding: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    counterexample: Vec<String>,
}

#[derive(Serialize)]
struct Quantiles {
    count: usize,
    p50: u64,
    p90: u64,
    p99: u64,
    max: u64,
}

impl Quantiles {
    /// Nearest-rank quantiles; all 0 of nothing.
    fn of(mut values: Vec<u64>) -> Self {
        values.sort_unstable();
        let at = |percent: usize| {
            let rank = (values.len() * percent).div_ceil(100);
            values.get(rank.saturating_sub(1)).copied().unwrap_or(0)
        };
        Self { count: values.len(), p50: at(50), p90: at(90), p99: at(99), max: at(100) }
    }
}

#[derive(Serialize)]
struct RealTime<'a> {
    total_ms: f64,
    cases_ms: Vec<(&'a str, f64)>,
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

/// The report as one JSON document with a line end.
pub fn text(header: &RunHeader, run: &Run) -> String {
    let totals = run.totals();
    let runs = &run.cases;
    let milliseconds = |d: std::time::Duration| (d.as_secs_f64() * 1e6).round() / 1e3;
    let report = Report {
        kvspec_report: REPORT_VERSION,
        kvspec: env!("CARGO_PKG_VERSION"),
        header,
        totals,
        conformant: super::exit(&totals) == super::Exit::Conformant,
        cases: runs.iter().map(case_entry).collect(),
        random_workloads: run.exploration.as_ref().map(search_entry),
        concurrent_workloads: run.concurrency.as_ref().map(concurrency_entry),
        convergence_ns: Quantiles::of(runs.iter().flat_map(|run| run.report.convergence_ns.clone()).collect()),
        real_time: RealTime {
            total_ms: milliseconds(runs.iter().map(|run| run.took).sum()),
            cases_ms: runs.iter().map(|run| (run.case.name, milliseconds(run.took))).collect(),
        },
    };
    let mut text = serde_json::to_string_pretty(&report).expect("a report has only strings and numbers");
    text.push('\n');
    text
}

/// One line of JSON for the random workloads, for `--format jsonl`.
pub fn search_line(exploration: &Exploration) -> String {
    serde_json::to_string(&search_entry(exploration)).expect("a report has only strings and numbers")
}

fn search_entry(exploration: &Exploration) -> SearchEntry<'_> {
    let search = &exploration.search;
    let failure = search.failure.as_ref();
    let anomalies =
        failure.map(|failure| failure.anomalies.iter().map(|a| anomaly_entry(a, &failure.history)).collect());
    SearchEntry {
        verdict: verdict_name(&exploration.verdict()),
        workloads: search.cases,
        operations: search.operations,
        reads: search.reads,
        reads_after_convergence: search.settled_reads,
        workload: failure.map(|failure| failure.regression().to_string()),
        anomalies: anomalies.unwrap_or_default(),
        observed: exploration.observed.iter().map(level_entry).collect(),
    }
}

fn concurrency_entry(concurrency: &Concurrency) -> ConcurrencyEntry<'_> {
    let failure = concurrency.failure.as_ref();
    let anomalies =
        failure.map(|failure| failure.anomalies.iter().map(|a| anomaly_entry(a, &failure.history)).collect());
    ConcurrencyEntry {
        verdict: verdict_name(&concurrency.verdict()),
        workloads: concurrency.workloads,
        operations: concurrency.operations,
        reads: concurrency.reads,
        seed: failure.map(|failure| failure.seed),
        anomalies: anomalies.unwrap_or_default(),
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

/// One line of JSON for one case, for `--format jsonl`.
pub fn case_line(run: &CaseRun) -> String {
    serde_json::to_string(&case_entry(run)).expect("a report has only strings and numbers")
}

fn case_entry(run: &CaseRun) -> CaseEntry<'_> {
    let reason = match &run.report.verdict {
        Verdict::Skip(why) | Verdict::Inconclusive(why) | Verdict::Error(why) => Some(why.as_str()),
        Verdict::Pass | Verdict::Fail => None,
    };
    CaseEntry {
        name: run.case.name,
        requirements: run.case.requirements,
        verdict: verdict_name(&run.report.verdict),
        reason,
        comparisons: run.report.comparisons,
        observations: &run.report.observations,
        anomalies: run.report.anomalies.iter().map(|a| anomaly_entry(a, &run.report.history)).collect(),
    }
}

fn anomaly_entry<'a>(anomaly: &'a Anomaly, history: &History) -> AnomalyEntry<'a> {
    let register = anomaly.register.as_ref();
    let demands = requirement::find(anomaly.requirement).map(|r| Demand {
        level: r.level.to_string(),
        basis: r.basis.to_string(),
        statement: r.statement,
        text: r.source_text(),
    });
    AnomalyEntry {
        requirement: anomaly.requirement,
        demands,
        bucket: register.map(|(bucket, _)| bucket.as_str()),
        key: register.map(|(_, key)| key.as_str()),
        expected: &anomaly.expected,
        actual: &anomaly.actual,
        because: &anomaly.because,
        operations: anomaly.operations.iter().map(|i| history.operation_text(*i)).collect(),
    }
}
