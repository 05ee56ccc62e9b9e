//! What a campaign found, for people and for machines.

use std::fmt::Write as _;

use kvspec_reference::workload::text::WorkloadFile;
use serde::Serialize;

use super::campaign::{Campaign, Outcome};
use super::component::Instrumentation;
use super::find::Find;
use super::kept::Kept;
use crate::configuration::DEFAULT_PROFILE;
use crate::report::human::Palette;

/// The version of the report's form.
const REPORT_VERSION: u32 = 1;

/// What a report needs.
pub struct Report<'a> {
    /// The target as the user named it, with what changes its behaviour.
    pub target: &'a str,
    /// What was told.
    pub campaign: &'a Campaign,
    /// What instrumenting came to.
    pub instrumentation: &'a Instrumentation,
    /// What it came to.
    pub outcome: &'a Outcome,
}

#[derive(Serialize)]
struct Document<'a> {
    kvspec_fuzz_report: u32,
    kvspec: &'static str,
    profile: &'static str,
    target: &'a str,
    seed: u64,
    feedback: bool,
    jobs: u32,
    renew_after: usize,
    executions: u64,
    shrink_executions: u64,
    edges_taken: usize,
    edges: usize,
    comparisons: usize,
    features: usize,
    corpus: usize,
    counted_modules: &'a [String],
    untouched_modules: &'a [String],
    finds: Vec<Entry<'a>>,
    real_time: RealTime,
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
    workload: String,
}

/// What differs from run to run.
#[derive(Serialize)]
struct RealTime {
    total_ms: f64,
    executions_per_second: f64,
}

impl Report<'_> {
    /// One JSON document with a line end. All but `real_time` is the same for the same seed and
    /// number of executions.
    pub fn json(&self) -> String {
        let Outcome { progress, finds, took, .. } = self.outcome;
        let document = Document {
            kvspec_fuzz_report: REPORT_VERSION,
            kvspec: env!("CARGO_PKG_VERSION"),
            profile: DEFAULT_PROFILE,
            target: self.target,
            seed: self.campaign.options.seed,
            feedback: self.campaign.options.feedback,
            jobs: self.campaign.jobs,
            renew_after: self.campaign.renew_after,
            executions: progress.executions,
            shrink_executions: progress.shrink_executions,
            edges_taken: progress.edges,
            edges: self.instrumentation.edges,
            comparisons: self.instrumentation.comparisons,
            features: progress.features,
            corpus: progress.corpus,
            counted_modules: &self.instrumentation.counted,
            untouched_modules: &self.instrumentation.untouched,
            finds: finds.iter().map(entry).collect(),
            real_time: RealTime {
                total_ms: (took.as_secs_f64() * 1e6).round() / 1e3,
                executions_per_second: self.executions_per_second().round(),
            },
        };
        let mut text = serde_json::to_string_pretty(&document).expect("a report has only strings and numbers");
        text.push('\n');
        text
    }

    /// The report for a terminal.
    pub fn human(&self, palette: Palette) -> String {
        let mut out = String::new();
        let (campaign, Outcome { progress, finds, took, corpus_files, faults: _ }) = (self.campaign, self.outcome);
        let _ = writeln!(
            out,
            "kvspec {}: fuzzing {} for {DEFAULT_PROFILE}, seed {}\n",
            env!("CARGO_PKG_VERSION"),
            self.target,
            campaign.options.seed
        );
        self.instrumentation_text(&mut out, palette);
        finds.iter().for_each(|kept| self.find_text(&mut out, kept, palette));
        let _ = writeln!(
            out,
            "\n{} executions in {:.1} s ({:.0} a second), and {} to make finds small",
            progress.executions,
            took.as_secs_f64(),
            self.executions_per_second(),
            progress.shrink_executions
        );
        if campaign.options.feedback {
            let (taken, edges) = (progress.edges, self.instrumentation.edges);
            let _ = writeln!(out, "{taken} of {edges} edges taken, {} workloads in the corpus", progress.corpus);
        }
        if let Some(folder) = &campaign.corpus_folder {
            let _ = writeln!(out, "{corpus_files} workloads written to {}", folder.display());
        }
        let _ = match finds.len() {
            0 => writeln!(out, "{}", palette.doubtful("nothing was found: that proves nothing")),
            1 => writeln!(out, "{}", palette.bad("1 find")),
            count => writeln!(out, "{}", palette.bad(&format!("{count} finds"))),
        };
        out
    }

    fn instrumentation_text(&self, out: &mut String, palette: Palette) {
        let Instrumentation { edges, comparisons, counted, untouched } = self.instrumentation;
        if *edges == 0 {
            let blind = palette.doubtful("no code that could be counted in: the search is blind");
            let _ = writeln!(out, "  {blind}");
        } else {
            let _ = writeln!(out, "  {edges} edges and {comparisons} comparisons in {} modules", counted.len());
        }
        for module in untouched {
            let _ = writeln!(out, "  not counted: {module}");
        }
    }

    fn find_text(&self, out: &mut String, kept: &Kept, palette: Palette) {
        let found = &kept.found;
        let _ = writeln!(
            out,
            "\n{} {} after {} executions",
            palette.bad("FIND"),
            palette.strong(found.find.requirement()),
            found.executions
        );
        match &found.find {
            Find::Anomaly(anomaly) => {
                let _ = writeln!(out, "  expected  {}", palette.good(&anomaly.expected));
                let _ = writeln!(out, "  actual    {}", palette.bad(&anomaly.actual));
                listed(out, "because", anomaly.because.iter());
                let operations = anomaly.operations.iter().filter(|i| **i < found.history.records.len());
                listed(out, "history", operations.map(|i| found.history.operation_text(*i)));
            }
            other => {
                let _ = writeln!(out, "  actual    {}", palette.bad(&other.to_string()));
            }
        }
        let size = format!("workload ({} steps, of {})", found.workload.steps.len(), found.steps_before);
        let _ = writeln!(out, "  {size}");
        for step in &found.workload.steps {
            let _ = writeln!(out, "    {step}");
        }
        if found.earlier_workloads > 0 {
            let earlier = format!("it depends on what the instance ran before: {} workloads", found.earlier_workloads);
            let _ = writeln!(out, "  {}", palette.doubtful(&earlier));
        }
        if found.is_cut_short {
            let _ = writeln!(out, "  {}", palette.doubtful("not made small: the search ended first"));
        } else if !found.repeats {
            let _ = writeln!(out, "  {}", palette.doubtful("it did not show itself a second time"));
        }
        let Some(file) = &kept.file else {
            let _ = writeln!(out, "  {}", palette.doubtful("not saved: copy the workload from above"));
            return;
        };
        let file = file.display();
        let _ = writeln!(out, "  saved     {file}");
        let _ = match found.find {
            Find::Leak { .. } => writeln!(out, "  replay    kvspec fuzz {} --replay {file}", self.target),
            _ => writeln!(out, "  replay    kvspec replay {file} {}", self.target),
        };
    }

    fn executions_per_second(&self) -> f64 {
        let progress = &self.outcome.progress;
        let seconds = self.outcome.took.as_secs_f64();
        if seconds == 0.0 { 0.0 } else { (progress.executions + progress.shrink_executions) as f64 / seconds }
    }
}

fn listed(out: &mut String, title: &str, lines: impl Iterator<Item = impl std::fmt::Display>) {
    for (number, line) in lines.enumerate() {
        let _ = writeln!(out, "  {:8}  {line}", if number == 0 { title } else { "" });
    }
}

fn entry(kept: &Kept) -> Entry<'_> {
    let found = &kept.found;
    let (because, operations) = match &found.find {
        Find::Anomaly(anomaly) => {
            let in_history = anomaly.operations.iter().filter(|i| **i < found.history.records.len());
            (&anomaly.because[..], in_history.map(|i| found.history.operation_text(*i)).collect())
        }
        _ => (&[][..], Vec::new()),
    };
    let file = WorkloadFile { profile: DEFAULT_PROFILE.into(), workload: found.workload.clone() };
    Entry {
        kind: found.find.kind(),
        requirement: found.find.requirement(),
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
        workload: file.to_string(),
    }
}
