//! `kvspec fuzz`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kvspec_suites::Declaration;

use super::{Color, Format, complain, print};
use crate::configuration::Configuration;
use crate::fuzzing::campaign::{default_finds_folder, parse_shard};
use crate::fuzzing::report::Report;
use crate::fuzzing::{
    self, Bounds, Budget, Campaign, CampaignError, Leak, Options as SearchOptions, Outcome, Progress, Prototype,
};
use crate::report::Exit;
use crate::run::INTERRUPTED;
use crate::subject::Limits;
use crate::subject::component;

/// What `fuzz` can be told.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// When to end: a number of executions, or a time such as 90s, 10m, 8h.
    #[arg(long, value_name = "BUDGET", default_value = "60s")]
    budget: Budget,
    /// Where all chance comes from: the same seed and number of executions give the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Workloads to begin with; at the end, those worth keeping are written there.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Where workloads go that show something wrong [default: kvspec-finds].
    #[arg(long, value_name = "DIR")]
    finds: Option<PathBuf>,
    /// Ends with the first find.
    #[arg(long)]
    first: bool,
    /// Ignores what the component's code shows of itself: to see what feedback is worth.
    #[arg(long)]
    blind: bool,
    /// How many searches run side by side.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    jobs: u32,
    /// How many workloads an instance runs before a fresh one takes its place; 1: each has its own.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    renew: u32,
    /// A leak that is none: handles, resources, or memory of a store that keeps its history on
    /// purpose. Repeatable.
    #[arg(long, value_name = "KIND")]
    ignore_leak: Vec<Leak>,
    /// Runs only this workload, and looks for leaks, too.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["corpus", "shard", "jobs", "blind"])]
    replay: Option<PathBuf>,
    /// Searches only this part of as many: machines that share a corpus folder search apart.
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = parse_shard)]
    shard: (u32, u32),
    /// The most steps of a workload.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    steps: u16,
    /// How long one call may compute, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    call_timeout: u64,
    /// How much memory the component may have, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    memory: u32,
    /// What the implementation declares of itself [default: kvspec.toml beside the working folder, if there is one].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Gives the component an environment variable. Repeatable.
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::target::environment_variable)]
    env: Vec<(String, String)>,
    /// The form of the report: human or json.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Whether to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

pub(super) fn main(target: &Path, options: &Options) -> Exit {
    let declaration = match declaration(options) {
        Ok(declaration) => declaration,
        Err(error) => return complain(Exit::Usage, error),
    };
    let ticks_per_second = 1_000 / component::TICK_MS;
    let loading = component::Options {
        environment: options.env.clone(),
        limits: Limits {
            memory_bytes: (options.memory as usize) << 20,
            call_ticks: options.call_timeout * ticks_per_second,
        },
        ..Default::default()
    };
    let (prototype, instrumentation) = match Prototype::load(target, loading, declaration.clone()) {
        Ok(loaded) => loaded,
        Err(error) => return complain(Exit::NoTarget, error),
    };
    let campaign = Campaign {
        options: SearchOptions {
            seed: options.seed,
            feedback: !options.blind,
            declaration,
            bounds: Bounds { steps: options.steps.into(), ..Bounds::default() },
            ..SearchOptions::default()
        },
        budget: options.budget,
        stops_at_find: options.first,
        jobs: options.jobs,
        ignored_leaks: options.ignore_leak.clone(),
        renew_after: if prototype.can_be_reused() { options.renew as usize } else { 1 },
        shard: options.shard,
        corpus_folder: options.corpus.clone(),
        finds_folder: options.finds.clone().unwrap_or_else(|| default_finds_folder().to_owned()),
    };
    let ran = match &options.replay {
        Some(file) => replay(&prototype, file),
        None => search(&prototype, &campaign),
    };
    let outcome = match ran {
        Ok(outcome) => outcome,
        Err(exit) => return exit,
    };
    let target = options.arguments(target);
    let report = Report { target: &target, campaign: &campaign, instrumentation: &instrumentation, outcome: &outcome };
    print(&match options.format {
        Format::Human => report.human(options.color.palette()),
        Format::Json | Format::Jsonl => report.json(),
    });
    let exit = exit_of(&outcome);
    for fault in &outcome.faults {
        complain(exit, fault);
    }
    exit
}

/// What was found counts most; then what could not be kept or run.
fn exit_of(outcome: &Outcome) -> Exit {
    match (INTERRUPTED.load(Ordering::Relaxed), outcome.finds.is_empty(), outcome.faults.first()) {
        (true, ..) => Exit::Interrupted,
        (false, false, _) => Exit::NotConformant,
        (false, true, Some(fault)) => exit_of_fault(fault),
        (false, true, None) => Exit::Conformant,
    }
}

fn exit_of_fault(fault: &CampaignError) -> Exit {
    match fault {
        CampaignError::Folder(_) => Exit::Usage,
        CampaignError::Target(_) => Exit::NoTarget,
    }
}

fn search(prototype: &Prototype, campaign: &Campaign) -> Result<Outcome, Exit> {
    // The second interrupt ends the process at once; finds are on disk by then.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
    let line = progress_line();
    let observe = |progress: &Progress| {
        line.set_message(format!(
            "{} executions, {} edges, {} in the corpus, {} finds",
            progress.executions, progress.edges, progress.corpus, progress.finds
        ));
        line.tick();
    };
    let outcome = campaign.run(prototype, &INTERRUPTED, &observe);
    line.finish_and_clear();
    outcome.map_err(|error| complain(exit_of_fault(&error), error))
}

fn replay(prototype: &Prototype, file: &Path) -> Result<Outcome, Exit> {
    let kept = super::replay::read(file).map_err(|error| complain(Exit::Usage, error))?;
    fuzzing::replay(prototype, &kept, file).map_err(|error| complain(Exit::NoTarget, error))
}

impl Options {
    /// The part of a command line that names the same target.
    fn arguments(&self, file: &Path) -> String {
        let config = self.config.as_ref().map(|config| format!("--config {}", config.display()));
        let environment = self.env.iter().map(|(name, value)| format!("--env {name}={value}"));
        let file = std::iter::once(file.display().to_string());
        file.chain(config).chain(environment).collect::<Vec<_>>().join(" ")
    }
}

fn declaration(options: &Options) -> Result<Declaration, String> {
    let beside = Path::new(super::target::CONFIGURATION_FILE);
    match &options.config {
        Some(file) => Configuration::load(file),
        None if beside.exists() => Configuration::load(beside),
        None => return Ok(Declaration::default()),
    }
    .map(Configuration::declaration)
    .map_err(|error| error.to_string())
}

fn progress_line() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}").expect("the template is valid");
    ProgressBar::new_spinner().with_style(style)
}
