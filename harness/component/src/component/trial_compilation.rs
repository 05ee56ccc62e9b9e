//! Compiling in a process of its own first, which may take so much memory and time and no more.
//!
//! What the compiler takes is not linear in the size of a component, and no measure of it before says how
//! much it will be: a function of many joins, a nest of components. Limits on sizes that refuse the bad ones
//! would refuse an interpreter too. So a component is compiled where the system ends it: once that has been
//! seen to fit, it is compiled again here, or rather found in the cache, where the helper has put it.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use kvspec::subject::LoadError;
use kvspec::subject::process::{HelperError, run_helper};
use wasmtime::component::Component;

use super::engine;

/// How much memory compiling may take, in bytes: twice what an interpreter takes.
const MEMORY_BYTES: u64 = 896 << 20;
/// How much processor time it may take on all processors, in seconds.
const PROCESSOR_S: u64 = 180;
/// How long it may take on the wall, should the processors be busy with others.
const AT_MOST: Duration = Duration::from_secs(3_600);

/// A command that does [`compile_within_limits`] with the component on its standard input.
#[derive(Debug, Clone)]
pub struct Compiler {
    /// The program, and its arguments.
    pub command: Vec<OsString>,
}

impl Compiler {
    /// Compiles the component elsewhere.
    ///
    /// # Errors
    /// When it is not valid, or takes too much.
    pub(super) fn try_out(&self, bytes: &[u8]) -> Result<(), LoadError> {
        let [program, arguments @ ..] = &self.command[..] else { return Ok(()) };
        run_helper(Command::new(program).args(arguments), bytes.to_vec(), AT_MOST).map_err(refused)
    }
}

fn refused(error: HelperError) -> LoadError {
    const VALIDATE: &str = "build it anew, and check it with `wasm-tools validate`";
    let no_load = |fault: String, help: &str| LoadError { file: None, fault, help: help.into() };
    match error {
        HelperError::Failed(status, said) if status.code() == Some(INVALID) => {
            no_load(format!("is not a valid component: {said}"), VALIDATE)
        }
        HelperError::Failed(..) | HelperError::TimedOut(_) => no_load(
            format!(
                "cannot be compiled with {} MiB of memory and {PROCESSOR_S} s of processor time: {error}",
                MEMORY_BYTES >> 20
            ),
            "look for a function or a nest of components that is very large",
        ),
        HelperError::NotStarted(_) | HelperError::CutOff => no_load(format!("was not compiled: {error}"), VALIDATE),
    }
}

/// The exit code of a helper whose component is not valid.
const INVALID: i32 = 65;

/// What a [`Compiler`] does: limits this process for good, compiles, and leaves the code in the cache. The
/// exit code is for the one who started it.
pub fn compile_within_limits(mut input: impl io::Read, cache_folder: Option<&Path>) -> i32 {
    if let Err(error) = limit_this_process() {
        eprintln!("no limits can be set: {error}");
        return 1;
    }
    let mut bytes = Vec::new();
    if let Err(error) = input.read_to_end(&mut bytes) {
        eprintln!("the component cannot be read: {error}");
        return 1;
    }
    let compiled = engine(cache_folder).and_then(|engine| Component::new(&engine, bytes));
    match compiled {
        Ok(_) => 0,
        Err(error) => {
            eprintln!("{error:#}");
            INVALID
        }
    }
}

#[cfg(unix)]
fn limit_this_process() -> io::Result<()> {
    use nix::sys::resource::{Resource, setrlimit};
    setrlimit(Resource::RLIMIT_CPU, PROCESSOR_S, PROCESSOR_S)?;
    // A program that is ended as it should be leaves no core.
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    #[cfg(target_os = "linux")]
    setrlimit(Resource::RLIMIT_DATA, MEMORY_BYTES, MEMORY_BYTES)?;
    Ok(())
}

#[cfg(not(unix))]
fn limit_this_process() -> io::Result<()> {
    Ok(())
}
