//! Where things are, for tests of any package of the workspace.

use std::path::{Path, PathBuf};

/// The package that has the guests, the hosts and the data.
const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(HERE).join("../..").canonicalize().expect("the workspace is there")
}

/// A recording that others made, of those that the reference is tested with.
pub fn recording(name: &str) -> PathBuf {
    Path::new(HERE).join("../../reference/tests/data").join(name)
}

/// Another file to test with.
pub fn data(name: &str) -> PathBuf {
    Path::new(HERE).join("data").join(name)
}

/// The sources of a guest.
pub fn guest(name: &str) -> PathBuf {
    Path::new(HERE).join("guests").join(name)
}

/// The sources of a host.
pub fn host(name: &str) -> PathBuf {
    Path::new(HERE).join("hosts").join(name)
}

/// The folder that cargo built this test into. `.ci/run` puts programs for tests there, too.
///
/// # Panics
/// When this is no program that cargo built: those are in `deps` or `examples`, in the folder of a profile.
pub fn target() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a file");
    let of_programs = |folder: &&Path| folder.ends_with("deps") || folder.ends_with("examples");
    // Cargo's mark of the folder is no help: it has none where the folder was there, empty, before cargo.
    let target = program.ancestors().find(of_programs).and_then(|folder| folder.parent()?.parent());
    target.expect("cargo puts programs in a folder of a profile").to_owned()
}

/// A folder for files that tests make.
///
/// # Panics
/// When it cannot be made.
pub fn scratch() -> PathBuf {
    let folder = target().join("tmp");
    std::fs::create_dir_all(&folder).expect("the folder for test files can be written");
    folder
}
