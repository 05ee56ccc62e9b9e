//! The one place where anything is built for a test.
//!
//! Test processes may run side by side, and so may the tests of one: they wait for each other here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::folders;

/// What this process has made.
static MADE: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

/// Makes a file of this name, once in each process, and by one process at a time. Who reads the file
/// that was there before still has all of it.
///
/// # Errors
/// Those of `make`, which gets the file to write and must not make another.
pub fn once<E: From<io::Error>>(name: &str, make: impl FnOnce(&Path) -> Result<(), E>) -> Result<PathBuf, E> {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = made.get(name) {
        return Ok(file.clone());
    }
    let folder = folders::scratch().join("made");
    std::fs::create_dir_all(&folder)?;
    // Unlocked when it is dropped, and by the system when the process ends.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    let (kept, fresh) = (folder.join(name), folder.join(format!("fresh-{name}")));
    make(&fresh)?;
    let is_same = std::fs::read(&kept).is_ok_and(|before| std::fs::read(&fresh).is_ok_and(|now| now == before));
    if !is_same {
        std::fs::rename(&fresh, &kept)?;
    }
    made.insert(name.to_owned(), kept.clone());
    Ok(kept)
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started, or fails: what it wrote to standard error.
pub fn succeed(command: &mut Command) -> io::Result<()> {
    let output = command.output().map_err(|e| io::Error::other(format!("{command:?} cannot be started: {e}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr))))
}

/// A package that is built for `wasm32-wasip2`, outside the workspace.
pub(crate) struct WasmPackage<'a> {
    /// The folder of its manifest.
    pub(crate) sources: PathBuf,
    /// What the file kept of it is called.
    pub(crate) name: &'a str,
    /// The file that cargo leaves.
    pub(crate) artifact: &'a str,
    /// Flags for the compiler.
    pub(crate) flags: Vec<String>,
}

impl WasmPackage<'_> {
    /// Its component, built with these features.
    pub(crate) fn build(&self, features: &str) -> io::Result<PathBuf> {
        let Self { name, artifact, .. } = self;
        let kept = if features.is_empty() { format!("{name}.wasm") } else { format!("{name}-{features}.wasm") };
        once(&kept, |file| {
            // One folder for all of them: what the compiler loads as it compiles them is built once.
            let target = folders::scratch().join("wasm");
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--quiet", "--locked", "--release", "--target", "wasm32-wasip2"]);
            cargo.args(["--features", features]).arg("--manifest-path").arg(self.sources.join("Cargo.toml"));
            cargo.arg("--target-dir").arg(&target);
            if !self.flags.is_empty() {
                cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags.join("\x1f"));
            }
            succeed(&mut cargo).map_err(|error| {
                let help = "is the target there? (`rustup target add wasm32-wasip2`)";
                io::Error::other(format!("a component cannot be built; {help}\n{error}"))
            })?;
            std::fs::copy(target.join("wasm32-wasip2/release").join(artifact), file).map(drop)
        })
    }
}
