//! `kvspec init`: sets up a folder, asking nothing that can be found out, and overwriting nothing.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use kvspec::expectation::Expectations;
use kvspec::report::Exit;
use kvspec::run::exploration::Budget;
use kvspec::run::kept::Keeper;
use kvspec::run::whole::Searches;
use kvspec::run::{Extent, Plan, RunHeader, WholeRun, first_check};
use kvspec::subject::native::silence_caught_panics;
use kvspec_suites::cases;

use super::target::{self, Target};
use super::{complain, configured, interrupt, print, propose};
use crate::known_violations::{Violations, text};
use crate::report::annotations;

/// The options of `init`.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// A component (.wasm or .wat) that exports the interface [default: the one in this folder].
    target: Option<PathBuf>,
    #[command(flatten)]
    options: target::Options,
    /// Where the workflow finds kvspec: a repository of GitHub with kvspec in it, and a branch, tag or commit.
    #[arg(long, value_name = "OWNER/REPOSITORY@REF", value_parser = repository)]
    action: Option<(String, String)>,
}

const CONFIGURATION: &str = "kvspec.toml";
const EXPECTATIONS: &str = "kvspec-expect.toml";
const WORKFLOW: &str = ".github/workflows/kvspec.yml";
/// The seed of a run where none is named.
const SEED: u64 = 1;
/// How often the suite is run: once more each time that random workloads find what the runs before did not.
const RUNS_MAX: usize = 16;

fn repository(text: &str) -> Result<(String, String), String> {
    let named = text.split_once('@').filter(|(path, reference)| path.contains('/') && !reference.is_empty());
    let (path, reference) = named.ok_or("write it as OWNER/REPOSITORY@REF")?;
    Ok((path.to_owned(), reference.to_owned()))
}

pub(super) fn main(options: &Options) -> Exit {
    silence_caught_panics();
    set_up(options).unwrap_or_else(|exit| exit)
}

/// # Errors
/// The exit code, after the complaint was made.
fn set_up(options: &Options) -> Result<Exit, Exit> {
    let file = match &options.target {
        Some(file) => file.clone(),
        None => found_target()?,
    };
    let target = Target::load_untried(Some(&file), &options.options)?;
    check(&target)?;
    let configuration = format!("target = {}\n", toml::Value::String(file.display().to_string()));
    let proposal = propose::proposal(&target)?;
    let proposal = proposal.replacen("\nprofile = ", &format!("\n{configuration}profile = "), 1);
    write(CONFIGURATION, &proposal)?;
    // As `kvspec run` will find it.
    let target = Target::load(Some(&file), &options.options)?;
    check(&target)?;
    interrupt::hear();
    let (violations, exit) = violations(&target)?;
    write(EXPECTATIONS, &text(&violations))?;
    write(WORKFLOW, &workflow(&file, options.action.as_ref()))?;
    if options.action.is_none() {
        print(&format!("one thing is left to you: name in {WORKFLOW} the repository that has kvspec\n"));
    }
    let known = violations.len();
    print(&match exit {
        Exit::Conformant if known == 0 => {
            "nothing failed: `kvspec run` fails for whatever does from now on\n".to_owned()
        }
        Exit::Conformant => format!("{known} failures are known now: `kvspec run` fails for what is new, or gone\n"),
        _ => "`kvspec run` does not succeed yet: it says why\n".to_owned(),
    });
    Ok(exit)
}

/// The only component in this folder, or the one that the configuration names.
///
/// # Errors
/// The exit code, after the complaint was made.
fn found_target() -> Result<PathBuf, Exit> {
    if let Some(named) = configured::named_target(None)? {
        return Ok(named);
    }
    let here = std::fs::read_dir(".").map_err(|error| complain(Exit::Usage, format_args!("this folder: {error}")))?;
    let is_component = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
    let mut found: Vec<PathBuf> =
        here.filter_map(|entry| Some(entry.ok()?.file_name().into())).filter(is_component).collect();
    found.sort_unstable();
    match &found[..] {
        [file] => Ok(file.clone()),
        [] => Err(complain(
            Exit::Usage,
            "there is no component (.wasm) in this folder: name one, as in `kvspec init FILE`",
        )),
        several => {
            let names: Vec<String> = several.iter().map(|file| file.display().to_string()).collect();
            let names = names.join(", ");
            Err(complain(Exit::Usage, format_args!("several components are in this folder, {names}: name one")))
        }
    }
}

/// # Errors
/// The exit code, after the complaint was made: it cannot be used at all.
fn check(target: &Target) -> Result<(), Exit> {
    let checked = first_check(&*target.subject, &target.declaration, 1, SEED);
    checked.map_err(|unusable| complain(Exit::NoTarget, unusable))
}

/// What fails now, and the exit code of a run that expects it.
///
/// # Errors
/// The exit code, after the complaint was made: the run was interrupted.
fn violations(target: &Target) -> Result<(Violations, Exit), Exit> {
    let profile = target.subject.profile();
    let plan =
        Plan { subject: &*target.subject, declaration: &target.declaration, cases: cases::of(profile), seed: SEED };
    let header =
        RunHeader { profile: profile.name().into(), target: target.name(), seed: SEED, found: target.found.clone() };
    let (mut violations, mut exit) = (Violations::default(), Exit::NotConformant);
    for _ in 0..RUNS_MAX {
        let known = Expectations::parse(&text(&violations)).map_err(|fault| complain(Exit::OwnFault, fault))?;
        let count = violations.len();
        let whole = WholeRun {
            plan: &plan,
            header: &header,
            arguments: &target.arguments,
            expectations: &known,
            searches: Searches { explores: true, several: None, budget: Budget { cases: None, time: None } },
            keeper: Keeper::new("kvspec-failures", SEED),
            extent: Extent { selected: plan.cases.len() + 1, of: plan.cases.len() + 1, is_interrupted: false },
            leave: interrupt::leave,
        };
        exit = whole.run(&mut violations);
        if exit == Exit::Interrupted {
            return Err(complain(exit, format_args!("interrupted: {EXPECTATIONS} was not written")));
        }
        if violations.len() == count {
            break;
        }
    }
    Ok((violations, exit))
}

/// Writes a file that is not there, and says so either way.
///
/// # Errors
/// The exit code, after the complaint was made.
fn write(file: &str, content: &str) -> Result<(), Exit> {
    let path = Path::new(file);
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let opened = made.and_then(|()| OpenOptions::new().write(true).create_new(true).open(path));
    match opened.and_then(|mut to| to.write_all(content.as_bytes())) {
        Ok(()) => print(&format!("wrote {file}\n")),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => print(&format!("kept {file}, which was there\n")),
        Err(error) => return Err(complain(Exit::Usage, format_args!("{file}: cannot be written: {error}"))),
    }
    Ok(())
}

/// A workflow that runs the suite in GitHub.
fn workflow(target: &Path, action: Option<&(String, String)>) -> String {
    let (repository, reference, left) = match action {
        Some((repository, reference)) => (repository.as_str(), reference.as_str(), ""),
        None => {
            ("OWNER/REPOSITORY", "REF", "      # Name the repository that has kvspec, and its branch, tag or commit.\n")
        }
    };
    // From the root of the repository, which is where the job begins.
    let root = repository_root();
    let file = annotations::from_root(target, root.as_deref());
    let folder = annotations::from_root(Path::new("."), root.as_deref());
    let in_yaml = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', "''"));
    let folder = match folder.as_os_str().is_empty() || folder == Path::new(".") {
        true => String::new(),
        false => format!("          folder: {}\n", in_yaml(&folder)),
    };
    let target = if folder.is_empty() { in_yaml(&file) } else { in_yaml(target) };
    format!(
        "name: kvspec
on: [push, pull_request]
permissions:
  contents: read
jobs:
  kvspec:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      # Build the component here, where it is not in the repository.
{left}      - uses: {repository}/.github/actions/kvspec@{reference}
        with:
          target: {target}
{folder}"
    )
}

/// The folder of the repository that this folder is in.
fn repository_root() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}
