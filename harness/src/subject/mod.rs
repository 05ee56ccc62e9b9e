//! Ways to load an implementation: each gives a [`Subject`](kvspec_reference::interface::Subject).
//!
//! * [`component`]: a wasm component that exports the interface.
//! * [`native`]: a Rust trait object.
//! * `sandbox`: what a component may reach of the host.

pub mod component;
pub mod native;
pub(crate) mod sandbox;

pub use sandbox::Limits;

use std::fmt;
use std::path::PathBuf;

/// Why a target could not be loaded: what was found, and what to do.
#[derive(Debug)]
pub struct LoadError {
    /// The file, where the target is one.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub fault: String,
    /// What to do about it.
    pub mend: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        write!(f, "{}\n  {}", self.fault, self.mend)
    }
}

impl std::error::Error for LoadError {}
