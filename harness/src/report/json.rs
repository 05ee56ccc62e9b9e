//! The report for machines. Everything in it is the same for the same seed, but for `real_time`.

use kvspec_reference::Anomaly;
use kvspec_suites::Verdict;
use serde::Serialize;

use super::{RunHeader, Totals};
use crate::run::CaseRun;

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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    anomalies: Vec<AnomalyEntry<'a>>,
}

#[derive(Serialize)]
struct AnomalyEntry<'a> {
    requirement: &'a str,
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
pub fn text(header: &RunHeader, runs: &[CaseRun]) -> String {
    let totals = Totals::of(runs);
    let milliseconds = |d: std::time::Duration| (d.as_secs_f64() * 1e6).round() / 1e3;
    let report = Report {
        kvspec_report: REPORT_VERSION,
        kvspec: env!("CARGO_PKG_VERSION"),
        header,
        totals,
        conformant: totals.exit() == super::Exit::Conformant,
        cases: runs.iter().map(case_entry).collect(),
        real_time: RealTime {
            total_ms: milliseconds(runs.iter().map(|run| run.took).sum()),
            cases_ms: runs.iter().map(|run| (run.case.name, milliseconds(run.took))).collect(),
        },
    };
    let mut text = serde_json::to_string_pretty(&report).expect("a report has only strings and numbers");
    text.push('\n');
    text
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
        anomalies: run.report.anomalies.iter().map(|anomaly| anomaly_entry(anomaly, run)).collect(),
    }
}

fn anomaly_entry<'a>(anomaly: &'a Anomaly, run: &CaseRun) -> AnomalyEntry<'a> {
    let register = anomaly.register.as_ref();
    AnomalyEntry {
        requirement: anomaly.requirement,
        bucket: register.map(|(bucket, _)| bucket.as_str()),
        key: register.map(|(_, key)| key.as_str()),
        expected: &anomaly.expected,
        actual: &anomaly.actual,
        because: &anomaly.because,
        operations: anomaly.operations.iter().map(|i| run.report.history.operation_text(*i)).collect(),
    }
}
