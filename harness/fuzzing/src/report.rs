//! What a campaign found, or what a workload showed that was run again, for people and for machines.

pub mod json;

use std::fmt::Write as _;
use std::path::Path;

use super::campaign::{Campaign, CampaignError, Outcome};
use super::engine::FINDS_MAX;
use super::find::Find;
use super::kept::Kept;
use super::prototype::Instrumentation;
use super::replay::Again;

use kvspec::report::Exit;
use kvspec::report::human::{Look, Page, Palette, anomaly_text, labelled, requirement_text};
use kvspec_reference::Profile;

/// What was run.
#[derive(Debug, Clone, Copy)]
pub enum Ran<'a> {
    /// Workloads that were searched for.
    Search(&'a Campaign),
    /// One kept workload.
    Replay {
        /// Its file.
        file: &'a Path,
        /// The seed that the component was started with.
        seed: u64,
    },
}

/// What is known before anything is run.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// What is run.
    pub ran: Ran<'a>,
    /// What the component offers.
    pub profile: Profile,
    /// What shows a find again; its target is what the report calls it.
    pub again: Again<'a>,
    /// What instrumenting came to.
    pub instrumentation: &'a Instrumentation,
    /// What was found by trying, where no configuration declares it; a line each.
    pub found: &'a [String],
}

/// What a report needs.
pub struct Report<'a> {
    /// What was known before.
    pub head: Head<'a>,
    /// What it came to.
    pub outcome: &'a Outcome,
    /// Whether the user ended it.
    pub is_interrupted: bool,
}

impl Head<'_> {
    /// The head of the report for a terminal.
    pub fn human(&self, look: Look) -> String {
        let Look { palette, width } = look;
        let mut out = Page::of_width(width);
        let _ = write!(out, "kvspec {}: ", env!("CARGO_PKG_VERSION"));
        let _ = match self.ran {
            Ran::Search(_) => write!(out, "fuzzing {}", self.again.target),
            Ran::Replay { file, .. } => write!(out, "running {} again on {}", file.display(), self.again.target),
        };
        let _ = write!(out, " for {}, seed {}", self.profile, self.seed());
        let _ = match self.shard() {
            Some(shard) => writeln!(out, ", shard {shard}"),
            None => writeln!(out),
        };
        for found in self.found {
            let _ = writeln!(out, "{}", palette.doubtful(found));
        }
        if let Ran::Search(_) = self.ran {
            out.push('\n');
            self.instrumentation_text(&mut out, palette);
        }
        out.take()
    }

    fn seed(&self) -> u64 {
        match self.ran {
            Ran::Search(campaign) => campaign.options.seed,
            Ran::Replay { seed, .. } => seed,
        }
    }

    /// Which part of how many, where it is not all.
    fn shard(&self) -> Option<String> {
        match self.ran {
            Ran::Search(Campaign { shard: (part, of), .. }) if *of > 1 => Some(format!("{}/{of}", part + 1)),
            _ => None,
        }
    }

    fn instrumentation_text(&self, out: &mut Page, palette: Palette) {
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
}

impl Report<'_> {
    /// The exit code. What was found counts most; then what could not be kept or run.
    pub fn exit(&self) -> Exit {
        match (self.is_interrupted, self.outcome.finds.is_empty(), self.outcome.faults.first()) {
            (true, ..) => Exit::Interrupted,
            (false, false, _) => Exit::NotConformant,
            (false, true, Some(fault)) => fault.exit(),
            (false, true, None) if self.undecided().is_some() => Exit::Inconclusive,
            (false, true, None) => Exit::Conformant,
        }
    }

    /// Why nothing was found, where that is because hardly anything was asked.
    fn undecided(&self) -> Option<&'static str> {
        let (exercised, is_search) = (&self.outcome.exercised, matches!(self.head.ran, Ran::Search(_)));
        match (exercised.operations(), exercised.settled_reads) {
            _ if !self.outcome.finds.is_empty() => None,
            (0, _) => Some("no operation was answered with a result"),
            // Who runs one workload again knows what it asks.
            (_, 0) if is_search => Some("no read was answered after the convergence bound"),
            _ => None,
        }
    }

    /// The report for a terminal, after its head.
    pub fn human(&self, look: Look) -> String {
        let Look { palette, width } = look;
        let mut out = Page::of_width(width);
        let Outcome { finds, .. } = self.outcome;
        finds.iter().for_each(|kept| self.find_text(&mut out, kept, palette));
        self.effort_text(&mut out, palette);
        if self.outcome.has_enough_finds {
            let _ = writeln!(
                out,
                "{}",
                palette.doubtful(&format!("a search ended early: it had {FINDS_MAX} different finds"))
            );
        }
        if self.is_interrupted {
            let _ = writeln!(out, "{}", palette.doubtful("interrupted: this is what there was until then"));
        }
        let _ = match (finds.len(), self.undecided()) {
            (0, Some(why)) => writeln!(out, "{}", palette.doubtful(&format!("nothing was decided: {why}"))),
            (0, None) => writeln!(out, "{}", palette.doubtful("nothing was found: that proves nothing")),
            (1, _) => writeln!(out, "{}", palette.bad("1 find")),
            (count, _) => writeln!(out, "{}", palette.bad(&format!("{count} finds"))),
        };
        out.take()
    }

    /// How much was run and asked.
    fn effort_text(&self, out: &mut Page, palette: Palette) {
        let Outcome { progress, exercised, took, corpus_files, .. } = self.outcome;
        let (executions, seconds) = (progress.executions, took.as_secs_f64());
        match self.head.ran {
            Ran::Replay { .. } => {
                let _ =
                    writeln!(out, "\n{} in {seconds:.1} s, looking for leaks included", executions_text(executions));
            }
            Ran::Search(_) => {
                let (rate, shrinking) = (self.executions_per_second(), progress.shrink_executions);
                let _ = write!(out, "\n{} in {seconds:.1} s ({rate:.0} a second), ", executions_text(executions));
                let _ = writeln!(out, "and {shrinking} to make finds small");
            }
        }
        let (operations, reads) = (exercised.operations(), exercised.settled_reads);
        let _ = writeln!(out, "{operations} operations answered, {reads} reads after convergence compared");
        if let Some(errors) = exercised.errors_text() {
            let _ = writeln!(out, "{}", palette.doubtful(&errors));
        }
        let Ran::Search(campaign) = self.head.ran else { return };
        if campaign.options.feedback {
            let (taken, edges) = (progress.edges, self.head.instrumentation.edges);
            let _ = writeln!(out, "{taken} of {edges} edges taken, {} workloads in the corpus", progress.corpus);
        }
        if let Some(folder) = &campaign.corpus_folder {
            let _ = writeln!(out, "{corpus_files} workloads worth keeping are in {}", folder.display());
        }
    }

    fn find_text(&self, out: &mut Page, kept: &Kept, palette: Palette) {
        let found = &kept.found;
        let _ = match self.head.ran {
            Ran::Search(_) => writeln!(out, "\n{} after {}", palette.bad("FIND"), executions_text(found.executions)),
            Ran::Replay { .. } => writeln!(out, "\n{}", palette.bad("FIND")),
        };
        match &found.find {
            Find::Anomaly(anomaly) => {
                let mut anomaly = anomaly.clone();
                // The history of a find that was not tried again is not there.
                anomaly.operations.retain(|operation| *operation < found.history.records().len());
                anomaly_text(out, &anomaly, &found.history, palette);
            }
            other => {
                requirement_text(out, other.requirement(), Some(self.head.profile), palette);
                labelled(out, "actual", &other.to_string());
                if let Find::Leak { .. } = other {
                    labelled(out, "because", "what holds more after each run breaks a valid call in the end");
                }
            }
        }
        let steps = found.workload.steps.len();
        let size = match self.head.ran {
            Ran::Search(_) => format!("workload ({steps} of {} steps)", found.steps_before),
            Ran::Replay { .. } => format!("workload (steps: {steps})"),
        };
        let _ = writeln!(out, "  {size}");
        for step in &found.workload.steps {
            let _ = writeln!(out, "    {step}");
        }
        self.doubts(kept).iter().for_each(|doubt| {
            let _ = writeln!(out, "  {}", palette.doubtful(doubt));
        });
        if let (Some(file), Ran::Search(_)) = (&kept.file, self.head.ran) {
            let _ = writeln!(out, "  saved     {}", file.display());
        }
        if let Some(command) = self.again_text(kept) {
            let _ = writeln!(out, "  replay    {command}");
        }
    }

    /// What is to be known of a find before it is relied on.
    fn doubts(&self, kept: &Kept) -> Vec<String> {
        let (found, mut doubts) = (&kept.found, Vec::new());
        if found.earlier_workloads > 0 {
            let why = if found.repeats {
                "it needs what the instance ran before"
            } else {
                "the instance had run others before"
            };
            doubts.push(format!("{why}: parts of {} workloads are in this one", found.earlier_workloads));
        }
        match (found.is_cut_short, found.repeats, found.is_minimal, self.head.ran) {
            (true, ..) => doubts.push("not made small: the search ended first".into()),
            (false, false, ..) => doubts.push("it did not show itself a second time".into()),
            (false, true, false, Ran::Search(_)) => {
                doubts.push("smaller ones may show it, too: the bound on making it small was hit".into());
            }
            (false, true, ..) => {}
        }
        if kept.file.is_none() {
            doubts.push("it could not be saved: copy the workload from here".into());
        }
        doubts
    }

    /// The command that shows the find again, where it is on disk.
    fn again_text(&self, kept: &Kept) -> Option<String> {
        kept.file.as_ref().map(|file| self.head.again.command(&kept.found.find, file))
    }

    fn executions_per_second(&self) -> f64 {
        let progress = &self.outcome.progress;
        let seconds = self.outcome.took.as_secs_f64();
        if seconds == 0.0 { 0.0 } else { (progress.executions + progress.shrink_executions) as f64 / seconds }
    }
}

impl CampaignError {
    /// The exit code of a run that nothing else can be said of.
    pub fn exit(&self) -> Exit {
        match self {
            CampaignError::Folder(_) => Exit::Usage,
            CampaignError::Target(_) => Exit::NoTarget,
            CampaignError::Panic => Exit::OwnFault,
        }
    }
}

fn executions_text(executions: u64) -> String {
    match executions {
        1 => "1 execution".into(),
        more => format!("{more} executions"),
    }
}
