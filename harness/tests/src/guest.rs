//! Builds the guest components of `guests` with the toolchain at hand.

use std::path::PathBuf;
use std::process::Command;

use kvspec::conformance::trials::{Completion, Failed};

use crate::folders;
use crate::made::{WasmPackage, once, succeed};
use crate::missing::missing;

/// The in-memory store in Rust, built with these features (see its manifest).
///
/// # Panics
/// When it cannot be built.
pub fn store(features: &str) -> PathBuf {
    build("store", features)
}

/// The in-memory store of `store@0.2.0` in Rust, built with these features (see its manifest).
///
/// # Panics
/// When it cannot be built.
pub fn draft_store(features: &str) -> PathBuf {
    build("draft-store", features)
}

/// Any store of kvspec's own, chosen by `KVSPEC_STORE`.
///
/// # Panics
/// When it cannot be built.
pub fn stores() -> PathBuf {
    build("stores", "")
}

/// The suite as a program (`harness/program`), built with these features (see its manifest).
///
/// # Panics
/// When it cannot be built.
pub fn program(features: &str) -> PathBuf {
    compile(
        WasmPackage {
            sources: folders::workspace().join("harness/program"),
            name: "program",
            artifact: "kvspec-program.wasm",
            flags: without_paths(),
        },
        features,
    )
}

/// The store that keeps its data in files, in Rust, built with these features (see its manifest).
///
/// # Panics
/// When it cannot be built.
pub fn files(features: &str) -> PathBuf {
    build("files", features)
}

/// The cache in the middle, in Rust.
///
/// # Panics
/// When it cannot be built.
pub fn cache() -> PathBuf {
    build("cache", "")
}

/// The in-memory store in JavaScript, with this bug (see `store.js`) or none (`""`).
///
/// # Errors
/// [`Unbuilt`].
pub fn javascript(bug: &str) -> Result<PathBuf, Unbuilt> {
    in_javascript("store", bug)
}

/// The same of `store@0.2.0-draft` (see `draft-store.js`).
///
/// # Errors
/// [`Unbuilt`].
pub fn draft_javascript(bug: &str) -> Result<PathBuf, Unbuilt> {
    in_javascript("draft-store", bug)
}

fn in_javascript(store: &str, bug: &str) -> Result<PathBuf, Unbuilt> {
    let folder = folders::guest("javascript");
    if !folder.join("node_modules").exists() {
        let why = "componentize-js is not installed: run `npm install` in harness/tests/guests/javascript";
        return Err(Unbuilt::NotInstalled(why));
    }
    once(&named(&format!("{store}-javascript"), bug), |file| {
        Ok(succeed(Command::new("node").current_dir(folder).arg("build.js").arg(file).args([bug, store]))?)
    })
}

/// The in-memory store in Python, with this bug (see `app.py`) or none (`""`).
///
/// # Errors
/// [`Unbuilt`].
pub fn python(bug: &str) -> Result<PathBuf, Unbuilt> {
    if Command::new("componentize-py").arg("--version").output().is_err() {
        return Err(Unbuilt::NotInstalled("componentize-py is not installed: `pip install componentize-py`"));
    }
    once(&named("store-python", bug), |file| {
        // What is found first counts.
        let first = folders::scratch().join("made").join(named("python-bug", bug)).with_extension("");
        std::fs::create_dir_all(&first)?;
        std::fs::write(first.join("bug.py"), format!("NAME = {bug:?}\n"))?;
        let mut componentize = Command::new("componentize-py");
        componentize.current_dir(folders::guest("python")).args(["-d", "../../../wit/eventual-0.1.0-method"]);
        componentize.args(["-w", "wasi:keyvalue/store", "componentize", "-p"]).arg(first);
        componentize.args(["-p", ".", "app", "-o"]);
        Ok(succeed(componentize.arg(file))?)
    })
}

/// Why a guest in another language is not there.
#[derive(Debug)]
pub enum Unbuilt {
    /// Its toolchain is missing; the text says what to do.
    NotInstalled(&'static str),
    /// It cannot be built.
    Failed(String),
}

impl Unbuilt {
    /// How a test ends that needs this guest.
    ///
    /// # Errors
    /// When it cannot be built; in CI, when its toolchain is missing, too.
    pub fn outcome(self) -> Result<Completion, Failed> {
        match self {
            Self::NotInstalled(why) => missing(why),
            Self::Failed(why) => Err(why.into()),
        }
    }
}

impl From<std::io::Error> for Unbuilt {
    fn from(error: std::io::Error) -> Self {
        Unbuilt::Failed(error.to_string())
    }
}

fn named(guest: &str, bug: &str) -> String {
    if bug.is_empty() { format!("{guest}.wasm") } else { format!("{guest}-{bug}.wasm") }
}

/// Compiler flags that keep the folders of this machine out of a component. How long their names are
/// would decide where its data lies, and so how long a search with a seed takes.
fn without_paths() -> Vec<String> {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let folders = [(Some(folders::workspace()), "kvspec"), (cargo_home, "cargo")];
    let named = folders.into_iter().filter_map(|(folder, name)| Some((folder?, name)));
    named.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect()
}

fn build(guest: &str, features: &str) -> PathBuf {
    let artifact = &format!("kvspec_guest_{}.wasm", guest.replace('-', "_"));
    compile(WasmPackage { sources: folders::guest(guest), name: guest, artifact, flags: without_paths() }, features)
}

fn compile(package: WasmPackage<'_>, features: &str) -> PathBuf {
    package.build(features).unwrap_or_else(|error| panic!("{error}"))
}
