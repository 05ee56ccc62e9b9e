//! Builds the guest components of `tests/guests` with the toolchain at hand.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The in-memory store in Rust, built with these features (see its manifest).
#[allow(dead_code, reason = "not every test target uses every guest")]
pub(crate) fn store(features: &str) -> PathBuf {
    build("store", features)
}

/// Any store of kvspec's own, chosen by `KVSPEC_STORE`.
#[allow(dead_code, reason = "not every test target uses every guest")]
pub(crate) fn stores() -> PathBuf {
    build("stores", "")
}

/// The in-memory store in JavaScript, with this bug (see `store.js`) or none (`""`).
#[allow(dead_code, reason = "not every test target uses every guest")]
pub(crate) fn javascript(bug: &str) -> Result<PathBuf, Unbuilt> {
    let folder = guests().join("javascript");
    if !folder.join("node_modules").exists() {
        let why = "componentize-js is not installed: run `npm install` in harness/tests/guests/javascript";
        return Err(Unbuilt::NotInstalled(why));
    }
    let output = named("store-javascript", bug);
    succeed(Command::new("node").current_dir(folder).arg("build.js").arg(&output).arg(bug))?;
    Ok(output)
}

/// The in-memory store in Python, with this bug (see `app.py`) or none (`""`).
#[allow(dead_code, reason = "not every test target uses every guest")]
pub(crate) fn python(bug: &str) -> Result<PathBuf, Unbuilt> {
    if Command::new("componentize-py").arg("--version").output().is_err() {
        return Err(Unbuilt::NotInstalled("componentize-py is not installed: `pip install componentize-py`"));
    }
    let output = named("store-python", bug);
    // What is found first counts.
    let first = named("python-bug", bug).with_extension("");
    std::fs::create_dir_all(&first).and_then(|()| std::fs::write(first.join("bug.py"), format!("NAME = {bug:?}\n")))?;
    let mut componentize = Command::new("componentize-py");
    componentize.current_dir(guests().join("python")).args(["-d", "../../../wit/eventual-0.1.0-method"]);
    componentize.args(["-w", "wasi:keyvalue/store", "componentize", "-p"]).arg(first).args(["-p", ".", "app", "-o"]);
    succeed(componentize.arg(&output))?;
    Ok(output)
}

/// Why a guest in another language is not there.
#[derive(Debug)]
#[allow(dead_code, reason = "not every test target uses every guest")]
pub(crate) enum Unbuilt {
    /// Its toolchain is missing; the text says what to do.
    NotInstalled(&'static str),
    /// It cannot be built.
    Failed(String),
}

impl From<std::io::Error> for Unbuilt {
    fn from(error: std::io::Error) -> Self {
        Unbuilt::Failed(error.to_string())
    }
}

#[allow(dead_code, reason = "not every test target uses every guest")]
fn guests() -> PathBuf {
    // The same from any package of the workspace: others use this module, too.
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../harness/tests/guests"))
}

#[allow(dead_code, reason = "not every test target uses every guest")]
fn named(guest: &str, bug: &str) -> PathBuf {
    let name = if bug.is_empty() { format!("{guest}.wasm") } else { format!("{guest}-{bug}.wasm") };
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[allow(dead_code, reason = "not every test target uses every guest")]
fn succeed(command: &mut Command) -> Result<(), Unbuilt> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(Unbuilt::Failed(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(())
}

/// Compiler flags that keep the folders of this machine out of a component. How long their names are
/// would decide where its data lies, and so how long a search with a seed takes.
fn without_paths() -> Vec<String> {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let workspace = Path::new(workspace).canonicalize().expect("the workspace is there");
    let folders = [(Some(workspace), "kvspec"), (cargo_home, "cargo")];
    let named = folders.into_iter().filter_map(|(folder, name)| Some((folder?, name)));
    named.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect()
}

fn build(guest: &str, features: &str) -> PathBuf {
    let name = if features.is_empty() { guest.to_owned() } else { format!("{guest}-{features}") };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let built = folder.join(format!("guests/wasm32-wasip2/release/kvspec_guest_{guest}.wasm"));
    let kept = folder.join(format!("{name}.wasm"));
    // Test processes may run side by side, and all builds leave their result at one place.
    let lock = std::fs::File::create(folder.join("guests.lock")).expect("the folder for test files can be written");
    lock.lock().expect("a file can be locked");
    let manifest = guests().join(guest).join("Cargo.toml");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--release", "--target", "wasm32-wasip2", "--features", features]);
    cargo.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(folder.join("guests"));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", without_paths().join("\x1f"));
    let output = cargo.output().expect("cargo can be started");
    assert!(
        output.status.success(),
        "the guest component cannot be built; is the target there? (`rustup target add wasm32-wasip2`)\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let component = std::fs::read(built).expect("the component was built");
    // Who reads it meanwhile, reads all of it.
    if std::fs::read(&kept).is_ok_and(|before| before == component) {
        return kept;
    }
    let fresh = kept.with_extension("fresh");
    std::fs::write(&fresh, component).and_then(|()| std::fs::rename(&fresh, &kept)).expect("it can be kept");
    kept
}
