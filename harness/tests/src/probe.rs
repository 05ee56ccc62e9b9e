//! The probe: a component that hosts in processes of their own run.

use std::io;
use std::path::PathBuf;

use crate::folders;
use crate::made::WasmPackage;

/// Builds the probe with these features.
///
/// # Errors
/// When it cannot be built, and why.
pub fn build(features: &str) -> io::Result<PathBuf> {
    let sources = folders::workspace().join("harness/probe");
    WasmPackage { sources, name: "probe", artifact: "kvspec-probe.wasm", flags: Vec::new() }.build(features)
}
