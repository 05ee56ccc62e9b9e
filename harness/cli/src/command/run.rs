//! `kvspec run`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use kvspec::expectation::{Circumstances, Date, Expectations};
use kvspec::report::Exit;
use kvspec::run::exploration::Budget;
use kvspec::run::kept::Keeper;
use kvspec::run::whole::Searches;
use kvspec::run::{Extent, Plan, RunHeader, WholeRun, first_check};
use kvspec::selection::{Pattern, Selection, concurrent_workloads, random_workloads};
use kvspec::subject::native::silence_caught_panics;
use kvspec_fuzzing::campaign::parse_shard;
use kvspec_reference::Profile;
use kvspec_suites::Case;

use super::target::{self, Target};
use super::time_limit::{call_timeout, time_limit};
use super::{Color, complain, interrupt, listeners, propose};
use crate::format::Format;

/// What has no meaning where no case is run.
const CASE_OPTIONS: [&str; 13] = [
    "filter", "skip", "shard", "seed", "cases", "budget", "keep", "expect", "format", "junit", "summary", "html",
    "verbose",
];

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
    /// Runs only this part of as many: machines share a run. Random workloads count as one case.
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = parse_shard)]
    shard: (u32, u32),
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
    /// Adds a summary in Markdown to a file [default: the one that $GITHUB_STEP_SUMMARY names].
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Writes the report as one HTML page too.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
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
    let selection = Selection { filter: options.filter.clone(), skip: options.skip.clone() };
    let profile = target.subject.profile();
    let faults = selection.faults_for(profile);
    if !faults.is_empty() {
        return complain(Exit::Usage, faults.join("\n"));
    }
    let several = target.host.as_deref().filter(|host| host.processes().get() > 1);
    let chosen = match Chosen::of(options, &selection, profile, several.is_some()) {
        Ok(chosen) => chosen,
        Err(why) => return complain(Exit::NothingSelected, why),
    };
    let expectations_file = expectations_file(options, &target);
    let expectations = match expectations(expectations_file, &target, chosen.in_other_shards.clone()) {
        Ok(expectations) => expectations,
        Err(error) => return complain(Exit::Usage, error),
    };
    let processes = target.host.as_ref().map_or(1, |host| host.processes().get());
    if let Err(unusable) = first_check(&*target.subject, &target.declaration, processes, options.seed) {
        let lines = std::iter::once(unusable.to_string()).chain(target.may_need.iter().cloned());
        return complain(Exit::NoTarget, lines.collect::<Vec<_>>().join("\n"));
    }
    interrupt::hear();
    let extent = Extent { selected: chosen.count(), of: chosen.of, is_interrupted: false };
    let Chosen { cases, explores, is_concurrent, .. } = chosen;
    let several = several.filter(|_| is_concurrent);
    let plan = Plan { subject: &*target.subject, declaration: &target.declaration, cases, seed: options.seed };
    let header = RunHeader {
        profile: profile.name().into(),
        target: target.name(),
        seed: options.seed,
        found: target.found.clone(),
    };
    let mut listeners = match options.reports(&plan, expectations_file).listeners() {
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
    fn reports<'a>(&'a self, plan: &Plan<'a>, expectations: Option<&'a Path>) -> listeners::Wanted<'a> {
        listeners::Wanted {
            format: self.format,
            look: self.color.look(),
            verbose: self.verbose,
            junit: self.junit.as_deref(),
            summary: self.summary.as_deref(),
            html: self.html.as_deref(),
            declaration: plan.declaration,
            expectations,
            cases: plan.cases.len(),
        }
    }

    /// How many workloads the searches try, and for how long.
    fn budget(&self) -> Budget {
        let without_number = self.budget.map(|_| u64::MAX);
        Budget { cases: self.cases.or(without_number), time: self.budget }
    }
}

/// What is run: of what `--filter` and `--skip` select, the part that `--shard` names.
struct Chosen {
    cases: Vec<&'static Case>,
    /// Whether random workloads are tried.
    explores: bool,
    /// Whether concurrent workloads are.
    is_concurrent: bool,
    /// How much there is of the profile; random workloads count as one case, and so do concurrent ones.
    of: usize,
    /// What was selected, and is for other shards.
    in_other_shards: Vec<&'static str>,
}

impl Chosen {
    /// `has_several`: whether concurrent workloads can be.
    ///
    /// # Errors
    /// That nothing was chosen, and why.
    fn of(options: &Options, selection: &Selection, profile: Profile, has_several: bool) -> Result<Self, &'static str> {
        let cases = selection.cases(profile);
        let is_wanted = |name: &str| options.cases != Some(0) && selection.selects(name);
        let (random, concurrent) = (random_workloads(profile), concurrent_workloads(profile));
        let searches = [(random, true), (concurrent, has_several)];
        let searches = searches.into_iter().filter(|(name, can_be)| *can_be && is_wanted(name)).map(|(name, _)| name);
        let all: Vec<&str> = cases.iter().map(|case| case.name).chain(searches).collect();
        if all.is_empty() {
            return Err(match selection.selects(random) {
                true => "--cases 0 leaves out the random workloads, and --filter and --skip select nothing else",
                false => "no case matches --filter and --skip; `kvspec list` names them",
            });
        }
        let (part, parts) = options.shard;
        let is_here = |place: usize| place % parts as usize == part as usize;
        let here: Vec<&str> = (0..).zip(&all).filter(|(place, _)| is_here(*place)).map(|(_, name)| *name).collect();
        if here.is_empty() {
            return Err("--shard: there are fewer cases than shards, and this one has none");
        }
        Ok(Self {
            explores: here.contains(&random),
            is_concurrent: here.contains(&concurrent),
            in_other_shards: all.iter().copied().filter(|name| !here.contains(name)).collect(),
            cases: cases.into_iter().filter(|case| here.contains(&case.name)).collect(),
            of: kvspec_suites::cases::of(profile).len() + 1 + usize::from(has_several),
        })
    }

    fn count(&self) -> usize {
        self.cases.len() + usize::from(self.explores) + usize::from(self.is_concurrent)
    }
}

/// The file read where `--expect` names none.
const EXPECTATIONS_FILE: &str = "kvspec-expect.toml";

/// The file of expectations, where there is one.
fn expectations_file<'a>(options: &'a Options, target: &Target) -> Option<&'a Path> {
    let beside = Path::new(EXPECTATIONS_FILE);
    // The built-in store is ours: what lies about speaks of another.
    options.expect.as_deref().or((!target.is_built_in() && beside.exists()).then_some(beside))
}

/// # Errors
/// When the file cannot be used; the text names file and place, and says what to do.
fn expectations(
    file: Option<&Path>,
    target: &Target,
    in_other_shards: Vec<&'static str>,
) -> Result<Expectations, String> {
    let Some(file) = file else { return Ok(Expectations::default()) };
    let profile = target.subject.profile();
    let expectations = Expectations::load(file).map_err(|error| error.to_string())?;
    let faults = expectations.faults_for(profile);
    if !faults.is_empty() {
        return Err(format!("{}: {}", file.display(), faults.join("\n")));
    }
    let circumstances = Circumstances { profile, target: Some(&target.name()), today: Date::today() };
    Ok(expectations.in_force(&circumstances).in_shard(in_other_shards))
}
