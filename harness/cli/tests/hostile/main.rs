//! Components, hosts and files that do harm: each ends with the right exit code and blame, with less than
//! 1 GiB of memory, and leaves no process. `cargo test --workspace --test hostile -- --include-ignored` runs
//! them all; those that take long are run only so.
#![cfg(target_os = "linux")]

mod compilation;
mod component;
mod components;
mod files;
mod hosts;
mod interruption;
mod specimen;

use std::path::{Path, PathBuf};

/// A file to test with.
fn scratch(name: &str, content: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    std::fs::create_dir_all(&folder).expect("the folder for test files can be made");
    let file = folder.join(name);
    std::fs::write(&file, content).expect("the folder for test files can be written");
    file
}
