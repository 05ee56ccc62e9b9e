//! `kvspec run`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use kvspec::expectation::Expectations;
use kvspec::report::Exit;
use kvspec::run::exploration::Budget;
use kvspec::run::kept::Keeper;
use kvspec::run::whole::Searches;
use kvspec::run::{Extent, Plan, RunHeader, WholeRun, first_check};
use kvspec::selection::{Pattern, Selection, concurrent_workloads, random_workloads};
use kvspec::subject::native::silence_caught_panics;

use super::target::{self, Target};
use super::time_limit::{call_timeout, time_limit};
use super::{Color, complain, interrupt, listeners, propose};
use crate::format::Format;

/// What has no meaning where no case is run.
const CASE_OPTIONS: [&str; 10] =
    ["filter", "skip", "seed", "cases", "budget", "keep", "expect", "format", "junit", "verbose"];

/// The options of `run`.
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
    /// Time limit of the whole: 90s, 10m, 8h. It then ends as on a signal, with the report so far.
    #[arg(long, value_name = "TIME", value_parser = call_timeout)]
    total_timeout: Option<Duration>,
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

pub(super) fn main(file: Option<&Path>, options: &Options) -> Exit {
    silence_caught_panics();
    options.total_timeout.into_iter().for_each(interrupt::end_after);
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
    let explores = is_wanted(random_workloads(profile));
    let several = target.host.as_deref().filter(|host| host.processes().get() > 1);
    let has_several = several.is_some();
    let several = several.filter(|_| is_wanted(concurrent_workloads(profile)));
    if cases.is_empty() && !explores && several.is_none() {
        let why = match selection.selects(random_workloads(profile)) {
            true => "--cases 0 leaves out the random workloads, and --filter and --skip select nothing else",
            false => "no case matches --filter and --skip; `kvspec list` names them",
        };
        return complain(Exit::NothingSelected, why);
    }
    let processes = target.host.as_ref().map_or(1, |host| host.processes().get());
    if let Err(unusable) = first_check(&*target.subject, &target.declaration, processes, options.seed) {
        let lines = std::iter::once(unusable.to_string()).chain(target.may_need.iter().cloned());
        return complain(Exit::NoTarget, lines.collect::<Vec<_>>().join("\n"));
    }
    interrupt::hear();
    // Random workloads count as one case, and so do concurrent ones, where there can be any.
    let extent = Extent {
        selected: cases.len() + usize::from(explores) + usize::from(several.is_some()),
        of: kvspec_suites::cases::of(profile).len() + 1 + usize::from(has_several),
        is_interrupted: false,
    };
    let plan = Plan { subject: &*target.subject, declaration: &target.declaration, cases, seed: options.seed };
    let header = RunHeader {
        profile: profile.name().into(),
        target: target.name(),
        seed: options.seed,
        found: target.found.clone(),
    };
    let mut listeners = match options.reports(plan.cases.len()).listeners() {
        Ok(listeners) => listeners,
        Err(exit) => return exit,
    };
    let whole = WholeRun {
        plan: &plan,
        header: &header,
        arguments: &target.arguments,
        expectations: &expectations,
        searches: Searches { explores, several, budget: options.budget() },
        keeper: Keeper::new(&options.keep, options.seed),
        extent,
        leave: interrupt::leave,
    };
    whole.run(&mut listeners)
}

impl Options {
    fn reports(&self, cases: usize) -> listeners::Wanted<'_> {
        listeners::Wanted {
            format: self.format,
            look: self.color.look(),
            verbose: self.verbose,
            junit: self.junit.as_deref(),
            cases,
        }
    }

    /// How many workloads the searches try, and for how long.
    fn budget(&self) -> Budget {
        let without_number = self.budget.map(|_| u64::MAX);
        Budget { cases: self.cases.or(without_number), time: self.budget }
    }
}

/// The file read where `--expect` names none.
const EXPECTATIONS_FILE: &str = "kvspec-expect.toml";

/// # Errors
/// When the file cannot be used; the text names file and place, and says what to do.
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
