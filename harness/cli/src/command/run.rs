//! `kvspec run`.

use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::format::Format;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kvspec_suites::workloads::property::Regression;

use super::target::{self, Target};
use super::time_limit::time_limit;
use super::{Color, complain, interrupt, print, propose};
use crate::report::junit;
use kvspec::expectation::{Expectations, Met};
use kvspec::report::human::Replay;
use kvspec::report::{Exit, RunHeader, exit_of, human, json};
use kvspec::run::exploration::{Budget, Exploration, Watch, explore};
use kvspec::run::threads::{self, Concurrency};
use kvspec::run::{Event, Extent, INTERRUPTED, Plan, Run};
use kvspec::selection::{CONCURRENT_WORKLOADS, Pattern, RANDOM_WORKLOADS, Selection};
use kvspec::subject::native::silence_caught_panics;
use kvspec::subject::process::ProcessHost;

/// What has no meaning where no case is run.
const CASE_OPTIONS: [&str; 10] =
    ["filter", "skip", "seed", "cases", "budget", "keep", "expect", "format", "junit", "verbose"];

/// What `run` can be told.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    #[command(flatten)]
    target: target::Options,
    /// Tries what the implementation can do and prints a kvspec.toml that declares it; runs no case.
    #[arg(long, alias = "probe", conflicts_with_all = CASE_OPTIONS)]
    propose: bool,
    /// Only cases that match: a part of the name, a glob (`*` stays inside one part between `::`, `**`
    /// spans parts, `*` alone means all), or the ID of a requirement. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    filter: Vec<Pattern>,
    /// Leaves out cases that match, as for --filter. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    skip: Vec<Pattern>,
    /// The seed of everything random: the same seed gives the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many random workloads to try; 0 for none [default: 256; a few where time is real].
    #[arg(long, value_name = "N")]
    cases: Option<u64>,
    /// Tries random workloads for so long (500ms, 90s, 10m, 8h) rather than a number of them; only these
    /// are limited. With --cases, whatever comes first.
    #[arg(long, value_name = "TIME", value_parser = time_limit)]
    budget: Option<Duration>,
    /// Where the workload of a failed search is kept.
    #[arg(long, value_name = "FOLDER", default_value = "kvspec-failures")]
    keep: PathBuf,
    /// Known violations, which fail no run [default: ./kvspec-expect.toml, if there is one].
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Writes the report as JUnit XML too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Whether to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
    /// Says what every case found, not only those that did not pass.
    #[arg(short, long)]
    verbose: bool,
}

/// How many workloads are run by several processes at once, unless `--cases` says otherwise.
const CONCURRENT_CASES: u64 = 64;
/// How many, where letting the convergence bound pass takes real time.
const CONCURRENT_CASES_IN_REAL_TIME: u64 = 4;

pub(super) fn main(file: Option<&Path>, options: &Options) -> Exit {
    silence_caught_panics();
    if options.propose {
        return Target::load_untried(file, &options.target).map_or_else(|exit| exit, |target| propose::main(&target));
    }
    let target = match Target::load(file, &options.target) {
        Ok(target) => target,
        Err(exit) => return exit,
    };
    let expectations = match expectations(options, &target) {
        Ok(expectations) => expectations,
        Err(error) => return complain(Exit::Usage, error),
    };
    let selection = Selection { filter: options.filter.clone(), skip: options.skip.clone() };
    let profile = target.subject.profile();
    let faults = selection.faults_for(profile);
    if !faults.is_empty() {
        return complain(Exit::Usage, faults.join("\n"));
    }
    let cases = selection.cases(profile);
    let is_wanted = |name: &str| options.cases != Some(0) && selection.selects(name);
    let explores = is_wanted(RANDOM_WORKLOADS);
    let several = target.host.as_deref().filter(|host| host.processes().get() > 1);
    let wanted = Wanted { explores, several: several.filter(|_| is_wanted(CONCURRENT_WORKLOADS)) };
    if cases.is_empty() && !explores && wanted.several.is_none() {
        let why = match selection.selects(RANDOM_WORKLOADS) {
            true => "--cases 0 leaves out the random workloads, and --filter and --skip select nothing else",
            false => "no case matches --filter and --skip; `kvspec list` names them",
        };
        return complain(Exit::NothingSelected, why);
    }
    interrupt::hear();
    // Random workloads count as one case, and so do concurrent ones, where there can be any.
    let extent = Extent {
        selected: cases.len() + usize::from(explores) + usize::from(wanted.several.is_some()),
        of: kvspec_suites::cases::of(profile).len() + 1 + usize::from(several.is_some()),
        is_interrupted: false,
    };
    let plan = Plan { subject: &*target.subject, declaration: &target.declaration, cases, seed: options.seed };
    let header =
        RunHeader { profile: profile.into(), target: target.name(), seed: options.seed, found: target.found.clone() };
    let mut junit_file = match options.junit.as_deref().map(create).transpose() {
        Ok(file) => file,
        Err(exit) => return exit,
    };
    if options.format == Format::Jsonl {
        print(&json::head_line(&header));
    }
    let (run, kept) = execute(options, &target, &plan, &expectations, &wanted, extent);
    let met = expectations.met_by(&run);
    let replay = Replay::Command { target: &target.arguments, seed: options.seed, kept_workload: kept.as_deref() };
    report(options, &header, &run, &replay, &met);
    if run.extent.is_interrupted {
        complain(Exit::Interrupted, interruption(&plan, &run));
    }
    if let Some((file, out)) = &mut junit_file {
        let text = junit::text(&header, &run, &replay, &met);
        let written = text.and_then(|text| out.write_all(text.as_bytes()).map_err(|error| error.to_string()));
        if let Err(error) = written {
            return complain(Exit::OwnFault, format_args!("{}: cannot be written: {error}", file.display()));
        }
    }
    exit_of(&run, &met)
}

/// Where the user interrupted.
fn interruption(plan: &Plan<'_>, run: &Run) -> String {
    let left = plan.cases.len() - run.cases.len();
    match (left, &run.exploration, &run.concurrency) {
        (0, _, Some(concurrency)) => {
            format!("interrupted in the concurrent workloads, after {}", concurrency.workloads)
        }
        (0, Some(exploration), None) => {
            format!("interrupted in the random workloads, after {}", exploration.search.cases)
        }
        (0, None, None) => "interrupted after the last case".into(),
        _ => format!("interrupted; {left} cases were not run"),
    }
}

/// Makes the file for the JUnit report before anything is run: one that cannot be written is told at
/// once.
///
/// # Errors
/// The exit code, after the complaint was made.
fn create(file: &Path) -> Result<(&Path, File), Exit> {
    let created = File::create(file).map_err(|error| {
        complain(Exit::Usage, format_args!("--junit {}: cannot be written: {error}", file.display()))
    })?;
    Ok((file, created))
}

/// The file read where `--expect` names none.
const EXPECTATIONS_FILE: &str = "kvspec-expect.toml";

/// # Errors
/// When the file cannot be used; the text names file, place and mend.
fn expectations(options: &Options, target: &Target) -> Result<Expectations, String> {
    let beside = Path::new(EXPECTATIONS_FILE);
    let file = match &options.expect {
        Some(file) => file.as_path(),
        // The built-in store is ours: what lies about speaks of another.
        None if !target.is_built_in() && beside.exists() => beside,
        None => return Ok(Expectations::default()),
    };
    let expectations = Expectations::load(file).map_err(|error| error.to_string())?;
    let faults = expectations.faults_for(target.subject.profile());
    if faults.is_empty() { Ok(expectations) } else { Err(format!("{}: {}", file.display(), faults.join("\n"))) }
}

/// Watches random workloads for the progress line and for an interruption, and keeps what fails.
struct Watching<'a> {
    progress: &'a ProgressBar,
    folder: &'a Path,
    seed: u64,
    kept: Option<PathBuf>,
}

impl Watch for Watching<'_> {
    fn goes_on(&mut self, tried: u64) -> bool {
        self.progress.set_message(format!("{tried} random workloads"));
        true
    }

    fn is_interrupted(&mut self) -> bool {
        INTERRUPTED.load(Ordering::Relaxed)
    }

    fn found(&mut self, regression: &Regression) {
        self.kept = keep(self.folder, regression, self.seed);
        self.progress.set_message("a random workload failed; making it small");
    }
}

impl Watching<'_> {
    /// The shrunk workload takes the place of the one that was found.
    fn keep_shrunk(self, exploration: &Exploration) -> Option<PathBuf> {
        let regression = exploration.search.failure.as_ref()?.regression();
        let shrunk = keep(self.folder, &regression, self.seed);
        if let (Some(found), Some(shrunk)) = (&self.kept, &shrunk)
            && found != shrunk
        {
            // Where it cannot be removed there is one file more, and nothing is lost.
            let _ = std::fs::remove_file(found);
        }
        shrunk.or(self.kept)
    }
}

/// What is wanted besides the cases.
struct Wanted<'a> {
    /// Random workloads, one call at a time.
    explores: bool,
    /// The host in several processes, where concurrent workloads are wanted.
    several: Option<&'a ProcessHost>,
}

fn execute(
    options: &Options,
    target: &Target,
    plan: &Plan<'_>,
    expectations: &Expectations,
    wanted: &Wanted<'_>,
    extent: Extent,
) -> (Run, Option<PathBuf>) {
    let progress = progress(plan.cases.len());
    let replay = Replay::Command { target: &target.arguments, seed: options.seed, kept_workload: None };
    let cases = plan.run_observed(|event| match event {
        Event::Begins(case) => progress.set_message(case.name),
        Event::Ended(run) => {
            if options.format == Format::Jsonl {
                progress.suspend(|| print(&json::case_line(run, &replay, expectations.of_case(run))));
            }
            progress.inc(1);
        }
    });
    let is_interrupted = || INTERRUPTED.load(Ordering::Relaxed);
    let without_number = options.budget.map(|_| u64::MAX);
    let budget = Budget { cases: options.cases.or(without_number), time: options.budget };
    let mut watching = Watching { progress: &progress, folder: &options.keep, seed: options.seed, kept: None };
    let exploration = (wanted.explores && !is_interrupted())
        .then(|| explore(plan.subject, plan.declaration, plan.seed, budget, &mut watching));
    let kept = exploration.as_ref().and_then(|exploration| watching.keep_shrunk(exploration));
    let concurrency =
        wanted.several.filter(|_| !is_interrupted()).map(|host| concurrently(host, plan, budget, &progress));
    progress.finish_and_clear();
    let extent = Extent { is_interrupted: is_interrupted(), ..extent };
    (Run { cases, exploration, concurrency, extent }, kept)
}

/// Workloads whose sessions are processes of their own.
fn concurrently(host: &ProcessHost, plan: &Plan<'_>, budget: Budget, progress: &ProgressBar) -> Concurrency {
    let is_quick = plan.declaration.convergence_bound().is_zero();
    let count = budget.cases.unwrap_or(if is_quick { CONCURRENT_CASES } else { CONCURRENT_CASES_IN_REAL_TIME });
    let begun = Instant::now();
    let start = || host.start_shared();
    threads::explore(start, plan.subject.profile(), plan.declaration, plan.seed, count, |tried| {
        progress.set_message(format!("{tried} concurrent workloads"));
        let is_interrupted = INTERRUPTED.load(Ordering::Relaxed);
        !is_interrupted && budget.time.is_none_or(|time| begun.elapsed() < time)
    })
}

fn report(options: &Options, header: &RunHeader, run: &Run, replay: &Replay<'_>, met: &Met<'_>) {
    match options.format {
        Format::Human => {
            print(&human::text(header, run, replay, met, options.color.look(), options.verbose));
        }
        Format::Json => print(&json::text(header, run, replay, met)),
        Format::Jsonl => {
            if let Some(exploration) = &run.exploration {
                print(&json::search_line(exploration, replay, met));
            }
            if let Some(concurrency) = &run.concurrency {
                print(&json::concurrency_line(concurrency, replay, met));
            }
            print(&json::conclusion_line(run, met));
        }
    }
}

/// Keeps a workload that failed as a file, so that it can be replayed. Other workloads, and those of
/// other seeds, have other names.
fn keep(folder: &Path, regression: &Regression, seed: u64) -> Option<PathBuf> {
    let text = regression.to_string();
    let file = folder.join(format!("{}-{seed}-{:08x}.workload", regression.requirement, fnv_32(text.as_bytes())));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, text));
    match written {
        Ok(()) => Some(file),
        Err(error) => {
            eprintln!("kvspec: the failing workload cannot be kept in {}: {error}", folder.display());
            None
        }
    }
}

/// FNV-1a: tells texts apart, and is the same everywhere.
fn fnv_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

pub(super) fn progress(cases: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}").expect("the template is valid");
    ProgressBar::new(cases as u64).with_style(style)
}
