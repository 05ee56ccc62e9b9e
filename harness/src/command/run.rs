//! `kvspec run`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kvspec_reference::InMemory;
use kvspec_reference::interface::Subject;
use kvspec_suites::Declaration;

use super::{Color, Format, complain, print};
use crate::configuration::{Configuration, DEFAULT_PROFILE};
use crate::report::human::Replay;
use crate::report::{Exit, RunHeader, Totals, human, json};
use crate::run::{INTERRUPTED, Plan};
use crate::selection::{Pattern, Selection};
use crate::subject::component::{self, ComponentSubject};
use crate::subject::native::{Native, silence_caught_panics};

/// What `run` can be told.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// What the implementation declares of itself [default: kvspec.toml beside the working folder, if there is one].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only cases that match: a part of the name, or a glob on the parts between `::`. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    filter: Vec<Pattern>,
    /// Leaves out cases that match. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    skip: Vec<Pattern>,
    /// Where all chance comes from: the same seed gives the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Whether to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
    /// Says what every case found, not only those that did not pass.
    #[arg(short, long)]
    verbose: bool,
    /// Gives a component an environment variable. Repeatable.
    #[arg(long, value_name = "NAME=VALUE", value_parser = environment_variable)]
    env: Vec<(String, String)>,
}

pub(super) fn environment_variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The file read where `--config` names none.
pub(super) const CONFIGURATION_FILE: &str = "kvspec.toml";

pub(super) fn main(target: Option<&Path>, options: &Options) -> Exit {
    silence_caught_panics();
    let (subject, default_declaration): (Box<dyn Subject>, _) = match target {
        None => (Box::new(Native(InMemory::new)), Declaration::default()),
        Some(file) => {
            let loading = component::Options { environment: options.env.clone(), ..Default::default() };
            match ComponentSubject::load(file, loading) {
                Ok(subject) => (Box::new(subject), Declaration::default()),
                Err(error) => return complain(Exit::NoTarget, error),
            }
        }
    };
    let declaration = match declaration(target, options, default_declaration) {
        Ok(declaration) => declaration,
        Err(error) => return complain(Exit::Usage, error),
    };
    let selection = Selection { filter: options.filter.clone(), skip: options.skip.clone() };
    let plan = Plan { subject: &*subject, declaration: &declaration, cases: selection.cases(), seed: options.seed };
    if plan.cases.is_empty() {
        return complain(Exit::NothingSelected, "no case matches --filter and --skip; `kvspec list` names them");
    }
    report(target, options, &plan)
}

fn declaration(target: Option<&Path>, options: &Options, default: Declaration) -> Result<Declaration, String> {
    let beside = Path::new(CONFIGURATION_FILE);
    let file = match &options.config {
        Some(file) => Some(file.as_path()),
        // The built-in store is ours: a configuration that lies about speaks of another.
        None => (target.is_some() && beside.exists()).then_some(beside),
    };
    match file {
        Some(file) => Configuration::load(file).map(Configuration::declaration).map_err(|e| e.to_string()),
        None => Ok(default),
    }
}

fn report(target: Option<&Path>, options: &Options, plan: &Plan<'_>) -> Exit {
    let target = target.map(|file| file.display().to_string());
    let header = RunHeader {
        profile: DEFAULT_PROFILE.into(),
        target: target.clone().unwrap_or_else(|| "the built-in store".into()),
        seed: options.seed,
    };
    // The second interrupt ends the process at once.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
    let progress = progress(plan.cases.len());
    let runs = plan.run(|run| {
        if options.format == Format::Jsonl {
            print(&format!("{}\n", json::case_line(run)));
        }
        progress.set_message(run.case.name);
        progress.inc(1);
    });
    progress.finish_and_clear();

    let replay = Replay::Command { target: target.as_deref(), seed: options.seed };
    match options.format {
        Format::Human => print(&human::text(&header, &runs, &replay, options.color.palette(), options.verbose)),
        Format::Json => print(&json::text(&header, &runs)),
        Format::Jsonl => {}
    }
    if INTERRUPTED.load(Ordering::Relaxed) {
        let left = plan.cases.len() - runs.len();
        return complain(Exit::Interrupted, format_args!("interrupted; {left} cases were not run"));
    }
    Totals::of(&runs).exit()
}

fn progress(cases: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}").expect("the template is valid");
    ProgressBar::new(cases as u64).with_style(style)
}
