//! Hosts that `.ci/run` builds (harness/tests/hosts), each a program.

use std::path::{Path, PathBuf};

use kvspec::conformance::trials::{Completion, Failed};
use kvspec_tests::{folders, missing::missing};

/// The program of this name, or what to do to have it.
pub(crate) fn built(name: &str) -> Result<PathBuf, String> {
    let program = folders::target().join("hosts/debug").join(name);
    if program.exists() {
        return Ok(program);
    }
    let build = "cargo build --manifest-path harness/tests/hosts/Cargo.toml --target-dir target/hosts";
    Err(format!("{name} is not built: {build}, or .ci/run"))
}

/// Runs a test on a program that was built; where it was not, see [`missing`].
pub(crate) fn with_built(name: &str, test: impl FnOnce(&Path) -> Result<(), Failed>) -> Result<Completion, Failed> {
    match built(name) {
        Ok(program) => test(&program).map(|()| Completion::Completed),
        Err(why) => missing(&why),
    }
}
