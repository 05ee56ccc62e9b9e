//! The report for machines. Everything in it is the same for the same seed, but for `real_time`.
//! The schema in JSON Schema is [`SCHEMA`].

mod entry;

use std::time::Duration;

use kvspec_suites::Totals;
use serde::Serialize;

use super::cause::causes;
use super::exit::{Exit, exit, exit_of};
use super::replay::Replay;
use crate::expectation::Met;
use crate::run::RunHeader;
use crate::run::answers::Answers;
use crate::run::event::{Conclusion, Ended, Event, Listener};
use crate::run::outcome::Run;
use entry::{CaseEntry, CauseEntry, WorkloadsEntry, case_entry, cause_entry, concurrency_entry, search_entry};

pub use entry::verdict_name;

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

impl<P: FnMut(&str) + Send> Listener for Json<P> {
    fn hear(&mut self, event: &Event<'_>) {
        if let Event::Concluded(Conclusion { header, run, met, replay }) = event {
            (self.print)(&text(header, run, replay, met));
        }
    }
}

impl<P: FnMut(&str) + Send> Listener for JsonLines<P> {
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    expired_expectations: Vec<String>,
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
        expired_expectations: met.expired.iter().map(|expectation| expectation.expired_text()).collect(),
        exit: exit_of(run, met) as u8,
        causes: causes(run, met).iter().map(cause_entry).collect(),
        calls: run.answers(),
        convergence_ns: Quantiles::of(run.cases.iter().flat_map(|run| run.report.convergence_ns.clone()).collect()),
    }
}
