//! The report for machines: one document, or lines.

use std::collections::BTreeMap;

use kvspec_reference::workload::text::WorkloadFile;
use serde::Serialize;

use super::{Head, Ran, Report};
use crate::find::Find;
use crate::kept::Kept;

/// What [`Report::json`] writes, as JSON Schema.
pub const SCHEMA: &str = include_str!("../../schema/fuzz-report.schema.json");

/// The version of the report's form.
const REPORT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: HeadPart<'a>,
    #[serde(flatten)]
    conclusion: Conclusion,
    finds: Vec<Entry<'a>>,
    real_time: RealTime,
}

/// A part of the report as a line of its own.
#[derive(Serialize)]
#[serde(tag = "part", rename_all = "snake_case")]
enum Part<'a> {
    Head(HeadPart<'a>),
    Find(Entry<'a>),
    Conclusion(Conclusion),
}

impl Part<'_> {
    fn line(&self) -> String {
        serde_json::to_string(self).expect("a report has only strings and numbers") + "\n"
    }
}

#[derive(Serialize)]
struct HeadPart<'a> {
    kvspec_fuzz_report: u32,
    kvspec: &'static str,
    profile: &'static str,
    target: &'a str,
    seed: u64,
    /// The file, where one workload was run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<String>,
    #[serde(flatten)]
    search: Option<SearchHead>,
    memory_mib: u32,
    call_timeout_s: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored_leaks: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    found: &'a [String],
    edges: usize,
    comparisons: usize,
    counted_modules: &'a [String],
    untouched_modules: &'a [String],
}

#[derive(Serialize)]
struct SearchHead {
    feedback: bool,
    jobs: u32,
    /// Which part of how many, where it is not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
    renew_after: usize,
    /// The most steps of a workload.
    steps: usize,
}

#[derive(Serialize)]
struct Conclusion {
    executions: u64,
    shrink_executions: u64,
    #[serde(flatten)]
    search: Option<SearchConclusion>,
    operations: u64,
    /// How many operations of a kind were answered with an error.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<&'static str, u64>,
    reads: u64,
    reads_after_convergence: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
    /// Why nothing was decided, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    undecided: Option<&'static str>,
    /// Whether a search ended because it had as many finds as are kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    has_enough_finds: bool,
    interrupted: bool,
    exit: u8,
}

#[derive(Serialize)]
struct SearchConclusion {
    edges_taken: usize,
    features: usize,
    corpus: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    kind: &'static str,
    requirement: &'static str,
    signature: String,
    summary: String,
    because: &'a [String],
    operations: Vec<String>,
    executions: u64,
    seed: u64,
    earlier_workloads: usize,
    steps_before: usize,
    is_minimal: bool,
    is_cut_short: bool,
    repeats: bool,
    /// Null where it could not be written.
    file: Option<String>,
    replay: Option<String>,
    workload: String,
}

/// What differs from run to run.
#[derive(Serialize)]
struct RealTime {
    total_ms: f64,
    executions_per_second: f64,
}

impl Head<'_> {
    /// The head as a line of JSON.
    pub fn json_line(&self) -> String {
        Part::Head(self.part()).line()
    }

    fn part(&self) -> HeadPart<'_> {
        let (replayed, search) = match self.ran {
            Ran::Search(campaign) => {
                let feedback = campaign.options.feedback;
                (
                    None,
                    Some(SearchHead {
                        feedback,
                        jobs: campaign.jobs,
                        shard: self.shard(),
                        renew_after: campaign.renew_after,
                        steps: campaign.options.bounds.steps,
                    }),
                )
            }
            Ran::Replay { file, .. } => (Some(file.display().to_string()), None),
        };
        HeadPart {
            kvspec_fuzz_report: REPORT_VERSION,
            kvspec: env!("CARGO_PKG_VERSION"),
            profile: self.profile.name(),
            target: self.again.target,
            seed: self.seed(),
            replayed,
            search,
            memory_mib: self.again.memory_mib,
            call_timeout_s: self.again.call_timeout_s,
            ignored_leaks: self.again.ignored_leaks.iter().map(|leak| leak.word()).collect(),
            found: self.found,
            edges: self.instrumentation.edges,
            comparisons: self.instrumentation.comparisons,
            counted_modules: &self.instrumentation.counted,
            untouched_modules: &self.instrumentation.untouched,
        }
    }
}

impl Report<'_> {
    /// One JSON document with a line end. All but `real_time` is the same for the same seed and
    /// number of executions.
    pub fn json(&self) -> String {
        let document = Document {
            head: self.head.part(),
            conclusion: self.conclusion(),
            finds: self.outcome.finds.iter().map(|kept| self.entry(kept)).collect(),
            real_time: RealTime {
                total_ms: (self.outcome.took.as_secs_f64() * 1e6).round() / 1e3,
                executions_per_second: self.executions_per_second().round(),
            },
        };
        let mut text = serde_json::to_string_pretty(&document).expect("a report has only strings and numbers");
        text.push('\n');
        text
    }

    /// The report as lines of JSON, after its head: each find, and the conclusion. The same for the
    /// same seed and number of executions.
    pub fn json_lines(&self) -> String {
        let finds = self.outcome.finds.iter().map(|kept| Part::Find(self.entry(kept)));
        finds.chain([Part::Conclusion(self.conclusion())]).map(|part| part.line()).collect()
    }

    fn conclusion(&self) -> Conclusion {
        let (progress, exercised) = (&self.outcome.progress, &self.outcome.exercised);
        let (edges_taken, features, corpus) = (progress.edges, progress.features, progress.corpus);
        let is_search = matches!(self.head.ran, Ran::Search(_));
        Conclusion {
            executions: progress.executions,
            shrink_executions: progress.shrink_executions,
            search: is_search.then_some(SearchConclusion { edges_taken, features, corpus }),
            operations: exercised.operations(),
            errors: exercised.errors().collect(),
            reads: exercised.reads,
            reads_after_convergence: exercised.settled_reads,
            faults: self.outcome.faults.iter().map(ToString::to_string).collect(),
            undecided: self.undecided(),
            has_enough_finds: self.outcome.has_enough_finds,
            interrupted: self.is_interrupted,
            exit: self.exit() as u8,
        }
    }

    fn entry<'k>(&self, kept: &'k Kept) -> Entry<'k> {
        let found = &kept.found;
        let (because, operations) = match &found.find {
            Find::Anomaly(anomaly) => {
                let in_history = anomaly.operations.iter().filter(|i| **i < found.history.records().len());
                (&anomaly.because[..], in_history.map(|i| found.history.operation_text(*i)).collect())
            }
            _ => (&[][..], Vec::new()),
        };
        let file = WorkloadFile { profile: self.head.profile.name().into(), workload: found.workload.clone() };
        Entry {
            kind: found.find.kind(),
            requirement: found.find.requirement().as_str(),
            signature: found.find.signature(),
            summary: found.find.to_string(),
            because,
            operations,
            executions: found.executions,
            seed: kept.seed,
            earlier_workloads: found.earlier_workloads,
            steps_before: found.steps_before,
            is_minimal: found.is_minimal,
            is_cut_short: found.is_cut_short,
            repeats: found.repeats,
            file: kept.file.as_ref().map(|file| file.display().to_string()),
            replay: self.again_text(kept),
            workload: file.to_string(),
        }
    }
}
