//! `kvspec replay`: runs a kept workload again.

use std::path::{Path, PathBuf};

use clap::Args;
use kvspec_suites::property::{self, Regression};

use super::target::{self, Target};
use super::{complain, print};
use crate::configuration::DEFAULT_PROFILE;
use crate::report::{Exit, human};
use crate::run::RealClock;
use crate::subject::native::silence_caught_panics;

/// What `replay` can be told.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// The workload file.
    workload: PathBuf,
    /// The component to run it on; without it, the built-in store.
    component: Option<PathBuf>,
    #[command(flatten)]
    target: target::Options,
    /// The seed of the implementation [default: the one the file names].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

pub(super) fn main(options: &Options) -> Exit {
    silence_caught_panics();
    let regression = match read(&options.workload) {
        Ok(regression) => regression,
        Err(error) => return complain(Exit::Usage, error),
    };
    let target = match Target::load(options.component.as_deref(), &options.target) {
        Ok(target) => target,
        Err(exit) => return exit,
    };
    let clock = RealClock::starting_now();
    let seed = options.seed.unwrap_or(regression.implementation_seed);
    let workload = &regression.file.workload;
    let execution = property::execute(&*target.subject, &clock, &target.declaration, DEFAULT_PROFILE, workload, seed);
    match execution {
        Err(why) => complain(Exit::OwnFault, why),
        Ok(execution) => {
            print(&human::replay_text(&options.workload, &execution));
            match (execution.anomalies.is_empty(), execution.settled_reads) {
                (false, _) => Exit::NotConformant,
                (true, 0) => Exit::Inconclusive,
                (true, _) => Exit::Conformant,
            }
        }
    }
}

/// Reads a kept workload.
///
/// # Errors
/// When it cannot be read; the text names file and place.
pub(super) fn read(file: &Path) -> Result<Regression, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: cannot be read: {e}", file.display()))?;
    Regression::parse(&text).map_err(|e| format!("{}: {e}", file.display()))
}
