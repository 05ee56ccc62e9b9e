//! `kvspec run`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::target::{self, Target};
use super::{Color, Format, complain, print};
use crate::report::human::Replay;
use crate::report::{Exit, RunHeader, exit, human, json};
use crate::run::exploration::{Budget, Exploration, explore};
use crate::run::{INTERRUPTED, Plan, RealClock, Run, threads};
use crate::selection::{Pattern, Selection};
use crate::subject::native::silence_caught_panics;
use crate::subject::process::ProcessHost;
use kvspec_suites::Declaration;

/// What `run` can be told.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    #[command(flatten)]
    target: target::Options,
    /// Tries what the implementation can do and prints a kvspec.toml that declares it; runs no case.
    #[arg(long)]
    probe: bool,
    /// Only cases that match: a part of the name, or a glob on the parts between `::`. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    filter: Vec<Pattern>,
    /// Leaves out cases that match. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    skip: Vec<Pattern>,
    /// Where all chance comes from: the same seed gives the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many random workloads to try; 0 for none [default: 256; a few where time is real].
    #[arg(long, value_name = "N")]
    cases: Option<u64>,
    /// Begins no further random workload after this time, such as 60s or 5m.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    budget: Option<Duration>,
    /// Where the workload of a failed search is kept.
    #[arg(long, value_name = "FOLDER", default_value = "kvspec-failures")]
    keep: PathBuf,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Whether to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
    /// Says what every case found, not only those that did not pass.
    #[arg(short, long)]
    verbose: bool,
}

/// The name of the random workloads among the cases, for `--filter` and `--skip`.
const RANDOM_WORKLOADS: &str = "eventual::random_workloads";
/// The name of those that several processes run at once.
const CONCURRENT_WORKLOADS: &str = "eventual::concurrent_workloads";

/// How many workloads are run by several processes at once, unless `--cases` says otherwise.
const CONCURRENT_CASES: u64 = 64;
/// How many, where letting the convergence bound pass takes real time.
const CONCURRENT_CASES_IN_REAL_TIME: u64 = 4;

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let seconds_per_unit = match &text[digits..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("write a whole number and a unit: 60s, 5m or 1h".into()),
    };
    let count: u64 = text[..digits].parse().map_err(|_| "write a whole number before the unit")?;
    count.checked_mul(seconds_per_unit).map(Duration::from_secs).ok_or_else(|| "that is too long".into())
}

pub(super) fn main(file: Option<&Path>, options: &Options) -> Exit {
    silence_caught_panics();
    let target = match Target::load(file, &options.target) {
        Ok(target) => target,
        Err(exit) => return exit,
    };
    if options.probe {
        return propose(&target);
    }
    let selection = Selection { filter: options.filter.clone(), skip: options.skip.clone() };
    let cases = selection.cases(target.subject.profile());
    let is_wanted = |name: &str| options.cases != Some(0) && selection.selects(name);
    let explores = is_wanted(RANDOM_WORKLOADS);
    let several = target.host.as_deref().filter(|host| host.processes().get() > 1);
    let several = several.filter(|_| is_wanted(CONCURRENT_WORKLOADS));
    if cases.is_empty() && !explores && several.is_none() {
        return complain(Exit::NothingSelected, "no case matches --filter and --skip; `kvspec list` names them");
    }
    // The second interrupt ends the process at once.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
    let plan = Plan { subject: &*target.subject, declaration: &target.declaration, cases, seed: options.seed };
    let run = execute(options, &plan, explores, several);
    report(&target, options, &run);
    if INTERRUPTED.load(Ordering::Relaxed) {
        let left = plan.cases.len() - run.cases.len();
        return complain(Exit::Interrupted, format_args!("interrupted; {left} cases were not run"));
    }
    exit(&run.totals())
}

/// Prints a configuration that declares what was found by trying.
fn propose(target: &Target) -> Exit {
    let clock = RealClock::starting_now();
    match Declaration::probe(&*target.subject, &clock, &target.declaration) {
        Err(failure) => complain(Exit::Inconclusive, format_args!("nothing can be proposed: {failure}")),
        Ok(proposal) => {
            let mut out = String::from("# Found by trying, not promised: read it, mend it, keep it as kvspec.toml.\n");
            for finding in &proposal.findings {
                out.push_str(&format!("# {}\n", finding.replace('\n', " ")));
            }
            match toml::to_string(&proposal.declaration) {
                Ok(text) => print(&format!("{out}\n{text}")),
                Err(error) => return complain(Exit::OwnFault, error),
            }
            Exit::Conformant
        }
    }
}

/// `several`: the host in several processes, where concurrent workloads are wanted.
fn execute(options: &Options, plan: &Plan<'_>, explores: bool, several: Option<&ProcessHost>) -> Run {
    let progress = progress(plan.cases.len());
    let cases = plan.run(|run| {
        if options.format == Format::Jsonl {
            print(&format!("{}\n", json::case_line(run)));
        }
        progress.set_message(run.case.name);
        progress.inc(1);
    });
    let is_interrupted = || INTERRUPTED.load(Ordering::Relaxed);
    let exploration = (explores && !is_interrupted()).then(|| {
        let budget = Budget { cases: options.cases, time: options.budget };
        explore(plan.subject, plan.declaration, plan.seed, budget, |tried| {
            progress.set_message(format!("{tried} random workloads"));
            !is_interrupted()
        })
    });
    let concurrency = several.filter(|_| !is_interrupted()).map(|host| {
        let is_quick = plan.declaration.convergence_bound().is_zero();
        let count = options.cases.unwrap_or(if is_quick { CONCURRENT_CASES } else { CONCURRENT_CASES_IN_REAL_TIME });
        let begun = Instant::now();
        let start = || host.start_shared();
        threads::explore(start, plan.subject.profile(), plan.declaration, plan.seed, count, |tried| {
            progress.set_message(format!("{tried} concurrent workloads"));
            !is_interrupted() && options.budget.is_none_or(|budget| begun.elapsed() < budget)
        })
    });
    progress.finish_and_clear();
    Run { cases, exploration, concurrency }
}

fn report(target: &Target, options: &Options, run: &Run) {
    let header = RunHeader {
        profile: target.subject.profile().into(),
        target: target.name(),
        seed: options.seed,
        found: target.found.clone(),
    };
    let kept_workload = run.exploration.as_ref().and_then(|exploration| keep(&options.keep, exploration));
    let replay =
        Replay::Command { target: &target.arguments, seed: options.seed, kept_workload: kept_workload.as_deref() };
    match options.format {
        Format::Human => print(&human::text(&header, run, &replay, options.color.palette(), options.verbose)),
        Format::Json => print(&json::text(&header, run)),
        Format::Jsonl => {
            if let Some(exploration) = &run.exploration {
                print(&format!("{}\n", json::search_line(exploration)));
            }
        }
    }
}

/// Keeps the workload of a failed search as a file, so that it can be replayed.
fn keep(folder: &Path, exploration: &Exploration) -> Option<PathBuf> {
    let regression = exploration.search.failure.as_ref()?.regression();
    let file = folder.join(format!("{}.workload", regression.requirement));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, regression.to_string()));
    match written {
        Ok(()) => Some(file),
        Err(error) => {
            eprintln!("kvspec: the failing workload cannot be kept in {}: {error}", folder.display());
            None
        }
    }
}

fn progress(cases: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}").expect("the template is valid");
    ProgressBar::new(cases as u64).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_have_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["5", "s", "1.5m", "99999999999999999999s", "9999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
