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

fn build(guest: &str, features: &str) -> PathBuf {
    let name = if features.is_empty() { guest.to_owned() } else { format!("{guest}-{features}") };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let built = folder.join(format!("guests/wasm32-wasip2/release/kvspec_guest_{guest}.wasm"));
    let kept = folder.join(format!("{name}.wasm"));
    // Test processes may run side by side, and all builds leave their result at one place.
    let lock = std::fs::File::create(folder.join("guests.lock")).expect("the folder for test files can be written");
    lock.lock().expect("a file can be locked");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/guests/{guest}/Cargo.toml"));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--release", "--target", "wasm32-wasip2", "--features", features]);
    cargo.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(folder.join("guests"));
    let output = cargo.output().expect("cargo can be started");
    assert!(
        output.status.success(),
        "the guest component cannot be built; is the target there? (`rustup target add wasm32-wasip2`)\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::copy(built, &kept).expect("the built component can be copied");
    kept
}
