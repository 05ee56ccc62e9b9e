//! The report for machines. Everything in it is the same for the same seed, but for `real_time`.
//! The schema in JSON Schema is [`SCHEMA`].

use std::time::Duration;

use kvspec_reference::consistency::Finding;
use kvspec_reference::{Anomaly, History};
use kvspec_suites::{Totals, Verdict, requirement};
use serde::Serialize;

use super::cause::{Cause, causes};
use super::exit::{Exit, exit, exit_of};
use super::replay::Replay;
use crate::expectation::{Expectation, Met};
use crate::run::RunHeader;
use crate::run::answers::Answers;
use crate::run::case::CaseRun;
use crate::run::event::{Conclusion, Ended, Event, Listener};
use crate::run::exploration::{Exploration, Observed};
use crate::run::outcome::Run;
use crate::run::threads::Concurrency;
use crate::selection::{CONCURRENT_WORKLOADS, RANDOM_WORKLOADS};

/// The schema of a report, as JSON Schema (draft 2020-12).
pub const SCHEMA: &str = include_str!("../../../schema/report.schema.json");

/// The version of the report's form.
const REPORT_VERSION: u32 = 1;

/// Reports a run as one document, when it has ended.
pub struct Json<P> {
    /// Where it goes.
    pub print: P,
}

/// Reports a run in lines, each when what it says is known.
pub struct JsonLines<P> {
    /// Where they go.
    pub print: P,
}

impl<P: FnMut(&str)> Listener for Json<P> {
    fn hear(&mut self, event: &Event<'_>) {
        if let Event::Concluded(Conclusion { header, run, met, replay }) = event {
            (self.print)(&text(header, run, replay, met));
        }
    }
}

impl<P: FnMut(&str)> Listener for JsonLines<P> {
    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted(header) => (self.print)(&Part::Head(head(header)).line()),
            Event::CaseEnded(Ended { run, expected, replay }) => {
                (self.print)(&Part::Case(case_entry(run, replay, *expected)).line());
            }
            Event::Concluded(Conclusion { run, met, replay, .. }) => {
                let random = run.exploration.iter().map(|e| Part::RandomWorkloads(search_entry(e, replay, met)));
                let several = run.concurrency.iter();
                let several = several.map(|c| Part::ConcurrentWorkloads(concurrency_entry(c, replay, met)));
                random.chain(several).for_each(|part| (self.print)(&part.line()));
                (self.print)(&Part::Conclusion(conclusion(run, met)).line());
            }
            _ => {}
        }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    conclusion: ConclusionEntry,
    cases: Vec<CaseEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    random_workloads: Option<WorkloadsEntry<'a>>,
    /// The only part, besides `real_time`, that depends on when threads run.
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrent_workloads: Option<WorkloadsEntry<'a>>,
    real_time: RealTime<'a>,
}

#[derive(Serialize)]
struct Head<'a> {
    kvspec_report: u32,
    kvspec: &'static str,
    #[serde(flatten)]
    header: &'a RunHeader,
}

#[derive(Serialize)]
struct ConclusionEntry {
    totals: Totals,
    /// How many cases were selected, and how many there are; random workloads count as one.
    selected: usize,
    of: usize,
    interrupted: bool,
    /// Null where it is not known: something was undecided, or the suite did not run as a whole.
    conformant: Option<bool>,
    /// How many of those that failed were expected to.
    expected_failures: usize,
    stale_expectations: Vec<String>,
    exit: u8,
    /// What is wrong, each once: the one with the most failures first.
    causes: Vec<CauseEntry>,
    /// How calls were answered, by operation.
    calls: Answers,
    /// Nanoseconds of the implementation's clock from the last write to the awaited read.
    convergence_ns: Quantiles,
}

/// A part of the report as a line of its own.
#[derive(Serialize)]
#[serde(tag = "part", rename_all = "snake_case")]
enum Part<'a> {
    Head(Head<'a>),
    Case(CaseEntry<'a>),
    RandomWorkloads(WorkloadsEntry<'a>),
    ConcurrentWorkloads(WorkloadsEntry<'a>),
    Conclusion(ConclusionEntry),
}

impl Part<'_> {
    fn line(&self) -> String {
        serde_json::to_string(self).expect("a report has only strings and numbers") + "\n"
    }
}

#[derive(Serialize)]
struct CaseEntry<'a> {
    name: &'a str,
    requirements: &'a [&'a str],
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
struct CauseEntry {
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
struct WorkloadsEntry<'a> {
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
    random_workloads_ms: f64,
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
pub fn text(header: &RunHeader, run: &Run, replay: &Replay<'_>, met: &Met<'_>) -> String {
    let runs = &run.cases;
    let milliseconds = |d: Duration| (d.as_secs_f64() * 1e6).round() / 1e3;
    let searching = run.exploration.as_ref().map_or(Duration::ZERO, |exploration| exploration.took);
    let report = Report {
        head: head(header),
        conclusion: conclusion(run, met),
        cases: runs.iter().map(|run| case_entry(run, replay, met.expectation_of(run.case.name))).collect(),
        random_workloads: run.exploration.as_ref().map(|exploration| search_entry(exploration, replay, met)),
        concurrent_workloads: run.concurrency.as_ref().map(|concurrency| concurrency_entry(concurrency, replay, met)),
        real_time: RealTime {
            total_ms: milliseconds(runs.iter().map(|run| run.took).sum::<Duration>() + searching),
            random_workloads_ms: milliseconds(searching),
            cases_ms: runs.iter().map(|run| (run.case.name, milliseconds(run.took))).collect(),
        },
    };
    let mut text = serde_json::to_string_pretty(&report).expect("a report has only strings and numbers");
    text.push('\n');
    text
}

fn head(header: &RunHeader) -> Head<'_> {
    Head { kvspec_report: REPORT_VERSION, kvspec: env!("CARGO_PKG_VERSION"), header }
}

fn conclusion(run: &Run, met: &Met<'_>) -> ConclusionEntry {
    let totals = run.totals();
    let conformant = match exit(&totals) {
        Exit::NotConformant => Some(false),
        Exit::Conformant if run.extent.is_whole() => Some(true),
        _ => None,
    };
    ConclusionEntry {
        totals,
        selected: run.extent.selected,
        of: run.extent.of,
        interrupted: run.extent.is_interrupted,
        conformant,
        expected_failures: met.known().len(),
        stale_expectations: met.stale.iter().map(|expectation| expectation.stale_text()).collect(),
        exit: exit_of(run, met) as u8,
        causes: causes(run, met).iter().map(cause_entry).collect(),
        calls: run.answers(),
        convergence_ns: Quantiles::of(run.cases.iter().flat_map(|run| run.report.convergence_ns.clone()).collect()),
    }
}

fn cause_entry(cause: &Cause<'_>) -> CauseEntry {
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

fn search_entry<'a>(exploration: &'a Exploration, replay: &Replay<'_>, met: &Met<'_>) -> WorkloadsEntry<'a> {
    let search = &exploration.search;
    let failure = exploration.failure();
    let verdict = exploration.verdict();
    let kept = match replay {
        Replay::Command { kept_workload, .. } => kept_workload.map(|file| file.display().to_string()),
        Replay::CargoTest { .. } => None,
    };
    WorkloadsEntry {
        name: RANDOM_WORKLOADS,
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
        expected: met.expectation_of(RANDOM_WORKLOADS).map(ToString::to_string),
        kept: kept.filter(|_| failure.is_some()),
        replay: failure.map(|_| replay.of_search(exploration)),
        observed: exploration.observed.iter().map(level_entry).collect(),
    }
}

/// Why nothing was compared or decided, where that is so.
fn reason(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Skip(why) | Verdict::Inconclusive(why) | Verdict::Error(why) => Some(why),
        Verdict::Pass | Verdict::Fail => None,
    }
}

fn concurrency_entry<'a>(concurrency: &'a Concurrency, replay: &Replay<'_>, met: &Met<'_>) -> WorkloadsEntry<'a> {
    let failure = concurrency.failure.as_ref();
    let verdict = concurrency.verdict();
    WorkloadsEntry {
        name: CONCURRENT_WORKLOADS,
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
        expected: met.expectation_of(CONCURRENT_WORKLOADS).map(ToString::to_string),
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

fn case_entry<'a>(run: &'a CaseRun, replay: &Replay<'_>, expected: Option<&Expectation>) -> CaseEntry<'a> {
    CaseEntry {
        name: run.case.name,
        requirements: run.case.requirements,
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

fn anomaly_entries<'a>(anomalies: &'a [Anomaly], history: &History) -> Vec<AnomalyEntry<'a>> {
    anomalies.iter().map(|anomaly| anomaly_entry(anomaly, history)).collect()
}

fn anomaly_entry<'a>(anomaly: &'a Anomaly, history: &History) -> AnomalyEntry<'a> {
    let register = anomaly.register.as_ref();
    let demands = requirement::find(anomaly.requirement).map(|r| Demand {
        level: r.level.to_string(),
        basis: r.basis.to_string(),
        statement: r.statement,
        text: r.source_in(&history.header.profile),
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
