//! `kvspec replay`: runs a kept workload again.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use kvspec_reference::interface::Subject;
use kvspec_suites::workloads::property::{self, Regression};

use super::target::{self, Target};
use super::{Color, complain, print};
use kvspec::report::{Exit, human};
use kvspec::run::RealClock;
use kvspec::shell::quoted;
use kvspec::subject::native::silence_caught_panics;

/// The options of `replay`.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// The workload file.
    workload: PathBuf,
    /// The component (.wasm or .wat) to run it on; without it, the built-in store.
    #[arg(value_name = "TARGET")]
    component: Option<PathBuf>,
    #[command(flatten)]
    target: target::Options,
    /// The seed of the implementation [default: the one the file names].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Whether to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

pub(super) fn main(options: &Options) -> Exit {
    silence_caught_panics();
    if is_component(&options.workload) {
        let file = options.workload.display();
        let why = "is a component, not a workload; the workload comes first: kvspec replay WORKLOAD";
        return complain(Exit::Usage, format_args!("{file}: {why} {file}"));
    }
    let regression = match read(&options.workload) {
        Ok(regression) => regression,
        Err(error) => return complain(Exit::Usage, error),
    };
    // A workload names its buckets and uses no streams: nothing is left to try.
    let target = match Target::load_untried(options.component.as_deref(), &options.target) {
        Ok(target) => target,
        Err(exit) => return exit,
    };
    if let Err(exit) = refuse_other_profile(&regression, &options.workload, &*target.subject) {
        return exit;
    }
    let offered = target.subject.profile();
    let clock = RealClock::starting_now();
    let seed = options.seed.unwrap_or(regression.implementation_seed);
    let workload = &regression.file.workload;
    let execution = property::execute(&*target.subject, &clock, &target.declaration, offered, workload, seed);
    match execution {
        Err(why) => complain(Exit::OwnFault, why),
        Ok(execution) => {
            let kept_for = Some(&*regression.requirement).filter(|requirement| !requirement.is_empty());
            print(&human::replay_text(&options.workload, kept_for, seed, &execution, options.color.look()));
            let hint = if execution.anomalies.is_empty() { hint(&regression.kind, options, &target) } else { None };
            hint.iter().for_each(|hint| print(hint));
            match (execution.anomalies.is_empty(), execution.settled_reads, hint) {
                (false, ..) => Exit::NotConformant,
                (true, 0, _) | (true, _, Some(_)) => Exit::Inconclusive,
                (true, _, None) => Exit::Conformant,
            }
        }
    }
}

/// What shows failures of this kind, where `replay` does not.
fn hint(kind: &str, options: &Options, target: &Target) -> Option<String> {
    let why = match kind {
        "leak" => "it was kept for a leak, and `replay` looks for none",
        "memory" | "hang" => "it was kept for a limit that was reached, and those of `replay` are wider",
        _ => return None,
    };
    let is_component = options.component.is_some();
    let named = if is_component { &target.arguments } else { "TARGET" };
    let file = quoted(&options.workload.display().to_string());
    Some(format!("  {why}; this shows it: kvspec fuzz {named} --replay {file}\n"))
}

/// Whether a file looks like a component, in either form.
fn is_component(file: &Path) -> bool {
    let mut start = [0; 4];
    let binary = File::open(file).and_then(|mut file| file.read_exact(&mut start)).is_ok_and(|()| start == *b"\0asm");
    binary || file.extension().is_some_and(|extension| extension == "wat" || extension == "wasm")
}

/// Reads a kept workload.
///
/// # Errors
/// When it cannot be read; the text names file and place.
pub(super) fn read(file: &Path) -> Result<Regression, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: cannot be read: {e}", file.display()))?;
    Regression::parse(&text).map_err(|e| format!("{}: {e}", file.display()))
}

/// # Errors
/// The exit code, after the complaint was made: the workload is of another profile than the target.
pub(super) fn refuse_other_profile(kept: &Regression, file: &Path, subject: &dyn Subject) -> Result<(), Exit> {
    let (named, offered) = (&kept.file.profile, subject.profile());
    if named == offered.name() {
        return Ok(());
    }
    let file = file.display();
    Err(complain(
        Exit::Usage,
        format_args!(
            "{file}: it is a workload of {named}, but the target offers {}\n  name the target it was kept for, \
             or write «profile {offered}» in the file to try it there",
            subject.offer()
        ),
    ))
}
