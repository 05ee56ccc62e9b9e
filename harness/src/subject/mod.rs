//! Ways to load an implementation: each gives a [`Subject`](kvspec_reference::interface::Subject).
//!
//! * [`component`]: a wasm component that exports the interface.
//! * [`host`]: a host in Rust that offers the interface as an import.
//! * [`native`]: a Rust trait object.
//! * [`process`]: a host in a process of its own, of any language.
//! * `sandbox`: what a component may reach of the host.

pub mod component;
pub mod host;
pub mod native;
pub mod process;
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
