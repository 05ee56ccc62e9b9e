//! `kvspec export`: the suite as programs.

use std::path::PathBuf;

use clap::Args;
use kvspec::configuration::Configuration;
use kvspec::report::Exit;
use kvspec_reference::Profile;

use super::{complain, print};
use crate::export::program::{SOURCES, profile_of};
use crate::export::{Export, Unwritten};

/// What is written, and where to.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// Where to write it: a folder, which is made where it is missing.
    folder: PathBuf,
    /// The profile that the host offers [default: that of the program].
    #[arg(long)]
    profile: Option<Profile>,
    /// The program: what `cargo build --profile small --target wasm32-wasip2` makes of harness/program
    /// (for store@0.2.0-draft2: with `--features draft2`) [default: kvspec-program-VERSION.wasm beside this command].
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// What the host declares of itself: it becomes part of every test.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The seed of all randomness.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Make each case a test of its own, not each group of cases.
    #[arg(long)]
    by_case: bool,
    /// A proposal that the runner is to ask the runtime for, such as keyvalue, where it knows it. Repeatable.
    #[arg(long, value_name = "NAME")]
    proposal: Vec<String>,
}

/// Writes the folder.
pub(super) fn main(options: &Options) -> Exit {
    match export(options) {
        Ok(said) => {
            print(&said);
            Exit::Conformant
        }
        Err(fault) => complain(Exit::Usage, fault),
    }
}

fn export(options: &Options) -> Result<String, String> {
    let file = options.program.clone().map_or_else(|| beside(options.profile), Ok)?;
    let program = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let profile = profile_of(&program).map_err(|fault| format!("{}: {fault}", file.display()))?;
    if let Some(wanted) = options.profile
        && wanted != profile
    {
        return Err(format!("{}: it imports {profile}, not {wanted}\n  {}", file.display(), how_to_build(wanted)));
    }
    let configuration = options.config.as_ref().map_or_else(
        || Ok(String::new()),
        |file| {
            Configuration::load(file).map_err(|error| error.to_string())?;
            std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
        },
    )?;
    let export = Export {
        profile,
        configuration,
        seed: options.seed,
        is_by_case: options.by_case,
        proposals: options.proposal.clone(),
    };
    let folder = options.folder.display();
    let tests = export.write(&program, &options.folder).map_err(|Unwritten { path, error }| {
        let help = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "\n  give a folder that is empty or missing",
            _ => "",
        };
        format!("{}: {error}{help}", path.display())
    })?;
    Ok(format!("{folder}: {tests} tests of {profile}, for WASI's test runner\n"))
}

/// The file beside this command.
fn beside(profile: Option<Profile>) -> Result<PathBuf, String> {
    let profile = profile.ok_or("name the program with --program FILE, or the profile with --profile")?;
    let version = profile.name().rsplit_once('@').map_or(profile.name(), |(_, version)| version);
    let command = std::env::current_exe().map_err(|error| format!("this command cannot be found: {error}"))?;
    let file = command.with_file_name(format!("kvspec-program-{version}.wasm"));
    if file.exists() {
        return Ok(file);
    }
    Err(format!("{}: there is no such file\n  {}", file.display(), how_to_build(profile)))
}

fn how_to_build(profile: Profile) -> String {
    match profile {
        Profile::Eventual => "there is no program for eventual@0.1.0 yet".into(),
        _ => {
            let features = if profile == Profile::StoreDraft2 { " --features draft2" } else { "" };
            format!(
                "build it with `cargo build --profile small --target wasm32-wasip2 --manifest-path \
                 {SOURCES}/Cargo.toml{features}`, and name the file with --program"
            )
        }
    }
}
