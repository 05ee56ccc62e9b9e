//! `kvspec fuzz`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::format::Format;
use crate::report::fuzz_page;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kvspec_suites::Declaration;

use super::time_limit::call_timeout;
use super::{Color, complain, configured, grants, print};
use kvspec::configuration::Tried;
use kvspec::interruption::INTERRUPTED;
use kvspec::report::Exit;
use kvspec::run::RealClock;
use kvspec::shell::quoted;
use kvspec::subject::LoadError;
use kvspec_component::Limits;
use kvspec_component::component;
use kvspec_fuzzing::campaign::{default_finds_folder, parse_shard};
use kvspec_fuzzing::report::{Head, Ran, Report};
use kvspec_fuzzing::{
    Again, Bounds, Budget, Campaign, Instrumentation, Leak, Options as SearchOptions, Outcome, Progress, Prototype,
};

/// The options of `fuzz`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// When to end: a number of executions, or a time such as 90s, 10m, 8h.
    #[arg(long, value_name = "BUDGET", default_value = "60s")]
    budget: Budget,
    /// The seed of all randomness: the same seed and number of executions give the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Workloads to begin with; at the end, those worth keeping are written there.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Where workloads go that show something wrong [default: kvspec-finds].
    #[arg(long, value_name = "DIR")]
    finds: Option<PathBuf>,
    /// Stops at the first bug.
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
    /// A kind of leak to ignore: handles, resources, or memory, of a store that keeps its history on
    /// purpose. Repeatable.
    #[arg(long, value_name = "KIND")]
    ignore_leak: Vec<Leak>,
    /// Runs only this workload, and looks for leaks, too.
    #[arg(long, value_name = "FILE", conflicts_with_all = SEARCH_OPTIONS)]
    replay: Option<PathBuf>,
    /// Searches only this part of as many: machines that share a corpus folder search apart.
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = parse_shard)]
    shard: (u32, u32),
    /// The most steps of a workload.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(STEPS_MIN..))]
    steps: u16,
    /// Time limit of the whole: 90s, 10m, 8h. It then ends as on a signal, with the report so far.
    #[arg(long, value_name = "TIME", value_parser = call_timeout)]
    total_timeout: Option<Duration>,
    /// How long one call may compute, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = Again::CALL_TIMEOUT_S, value_parser = clap::value_parser!(u64).range(1..=CALL_TIMEOUT_S_MAX))]
    call_timeout: u64,
    /// How much memory the component may have, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = Again::MEMORY_MIB, value_parser = clap::value_parser!(u32).range(1..))]
    memory: u32,
    /// What the implementation declares of itself [default: ./kvspec.toml, if there is one].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    grants: grants::Options,
    /// Writes the report as one HTML page too.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Whether to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

/// Options of a search, that one workload has no use for. Its file names the seed.
const SEARCH_OPTIONS: [&str; 10] =
    ["budget", "seed", "corpus", "finds", "first", "blind", "jobs", "renew", "shard", "steps"];

/// Ten days: what computes for longer will not be waited for.
const CALL_TIMEOUT_S_MAX: u64 = 864_000;

/// A call, and the quiescence point after it.
const STEPS_MIN: i64 = 2;

pub(super) fn main(file: &Path, options: &Options) -> Exit {
    options.total_timeout.into_iter().for_each(super::interrupt::end_after);
    run(file, options).unwrap_or_else(|exit| exit)
}

/// # Errors
/// The exit code, after the complaint was made.
fn run(file: &Path, options: &Options) -> Result<Exit, Exit> {
    let kept = options.replay.as_ref().map(|replay| Ok((replay, super::replay::read(replay)?)));
    let kept = kept.transpose().map_err(|error: String| complain(Exit::Usage, error))?;
    let Loaded { prototype, instrumentation, arguments, found, declaration } = load(file, options)?;
    let campaign = options.campaign(&prototype);
    let again = Again {
        target: &arguments,
        memory_mib: options.memory,
        call_timeout_s: options.call_timeout,
        ignored_leaks: &options.ignore_leak,
    };
    let ran = match &kept {
        Some((file, kept)) => Ran::Replay { file, seed: kept.implementation_seed },
        None => Ran::Search(&campaign),
    };
    let head = Head { ran, profile: prototype.profile(), again, instrumentation: &instrumentation, found: &found };
    let outcome = match &kept {
        Some((file, kept)) => {
            super::replay::refuse_other_profile(kept, file, prototype.subject())?;
            let outcome = kvspec_fuzzing::replay(&prototype, kept, file, &options.ignore_leak);
            let outcome = outcome.map_err(|error| complain(Exit::NoTarget, error))?;
            options.print_head(&head);
            outcome
        }
        // A search may take hours: its head does not wait for its end.
        None => search(&prototype, &campaign, || options.print_head(&head))?,
    };
    let is_interrupted = INTERRUPTED.load(Ordering::Relaxed);
    let report = Report { head, outcome: &outcome, is_interrupted };
    print(&match options.format {
        Format::Human => report.human(options.color.look()),
        Format::Json => report.json(),
        Format::Jsonl => report.json_lines(),
    });
    for fault in &outcome.faults {
        complain(report.exit(), fault);
    }
    if let Some(file) = &options.html {
        let again = format!("kvspec fuzz {arguments} --seed {}", options.seed);
        write_page(file, &report, &again, &declaration)?;
    }
    Ok(report.exit())
}

/// # Errors
/// The exit code, after the complaint was made: the page cannot be written.
fn write_page(file: &Path, report: &Report<'_>, again: &str, declaration: &str) -> Result<(), Exit> {
    let page = fuzz_page::text(report, again, declaration).map_err(|error| complain(Exit::OwnFault, error))?;
    let cannot =
        |error| complain(Exit::OwnFault, format_args!("--html {}: cannot be written: {error}", file.display()));
    std::fs::write(file, page).map_err(cannot)
}

/// A component that can be fuzzed, and what it declares.
struct Loaded {
    prototype: Prototype,
    instrumentation: Instrumentation,
    /// The part of a command line that names it, with what changes its behaviour.
    arguments: String,
    /// What was found by trying, where no configuration declares it.
    found: Vec<String>,
    /// The declaration that is used, in TOML.
    declaration: String,
}

/// # Errors
/// The exit code, after the complaint was made.
fn load(file: &Path, options: &Options) -> Result<Loaded, Exit> {
    let no_target = |error: LoadError| complain(Exit::NoTarget, error);
    let configured = configured::load(options.config.as_deref(), true)?;
    let loading = component::Options {
        grants: options.grants.beside(configured.as_ref().map(|(_, configuration)| &configuration.grants)),
        limits: Limits {
            memory_bytes: (options.memory as usize) << 20,
            call_timeout: Duration::from_secs(options.call_timeout),
        },
        // What a short limit ends may be slow: its workload would show nothing when it is run again.
        waits_for_every_hang: true,
        compiler: super::target::compiler(),
        ..Default::default()
    };
    let loaded = Prototype::load(file, loading, Declaration::default());
    let (prototype, instrumentation) = loaded.map_err(no_target)?;
    let subject = prototype.subject();
    subject.check_start().map_err(|mut error| {
        error.file = Some(file.to_owned());
        no_target(error)
    })?;
    configured::refuse_other_profile(&configured, subject)?;
    let (used, configuration) = configured.unzip();
    let configuration = configuration.unwrap_or_default();
    let Tried { declaration, found } = match options.replay {
        // A workload names its buckets and uses no streams: nothing is left to try.
        Some(_) => Tried { declaration: configuration.declaration(), found: Vec::new() },
        None => {
            let tried = configuration.tried(subject, &RealClock::starting_now());
            tried.map_err(|hint| super::target::refuse_as_it_is(&hint, &subject.may_need()))?
        }
    };
    let arguments = options.arguments(file, used.as_deref());
    let text = toml::to_string(&declaration).map_err(|error| complain(Exit::OwnFault, error))?;
    let prototype = prototype.declaring(declaration);
    Ok(Loaded { prototype, instrumentation, arguments, found, declaration: text })
}

/// Calls `begin` when the search begins.
///
/// # Errors
/// The exit code, after the complaint was made.
fn search(prototype: &Prototype, campaign: &Campaign, begin: impl FnOnce() + Send) -> Result<Outcome, Exit> {
    // The second interrupt ends the process at once; finds are on disk by then.
    super::interrupt::hear();
    let line = progress_line();
    let begin = Mutex::new(Some(begin));
    let observe = |progress: &Progress| {
        if let Some(begin) = begin.lock().expect("nobody panicked with it").take() {
            begin();
        }
        line.set_message(format!(
            "{} executions, {} edges, {} in the corpus, {} finds",
            progress.executions, progress.edges, progress.corpus, progress.finds
        ));
        line.tick();
    };
    let outcome = campaign.run(prototype, &INTERRUPTED, &observe);
    line.finish_and_clear();
    outcome.map_err(|error| complain(error.exit(), error))
}

impl Options {
    /// The one document of JSON has its head in it.
    fn print_head(&self, head: &Head<'_>) {
        match self.format {
            Format::Human => print(&head.human(self.color.look())),
            Format::Json => {}
            Format::Jsonl => print(&head.json_line()),
        }
    }

    fn campaign(&self, prototype: &Prototype) -> Campaign {
        Campaign {
            options: SearchOptions {
                seed: self.seed,
                feedback: !self.blind,
                bounds: Bounds { steps: self.steps.into(), ..Bounds::default() },
                ..SearchOptions::default()
            },
            budget: self.budget,
            stops_at_find: self.first,
            jobs: self.jobs,
            ignored_leaks: self.ignore_leak.clone(),
            renew_after: if prototype.can_be_reused() { self.renew as usize } else { 1 },
            shard: self.shard,
            corpus_folder: self.corpus.clone(),
            finds_folder: self.finds.clone().unwrap_or_else(|| default_finds_folder().to_owned()),
        }
    }

    /// The part of a command line that names the same target, with the configuration that was used.
    fn arguments(&self, file: &Path, configuration: Option<&Path>) -> String {
        let path = |path: &Path| quoted(&path.display().to_string());
        let config = configuration.map(|config| format!("--config {}", path(config)));
        std::iter::once(path(file)).chain(config).chain(self.grants.arguments()).collect::<Vec<_>>().join(" ")
    }
}

fn progress_line() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}").expect("the template is valid");
    ProgressBar::new_spinner().with_style(style)
}
