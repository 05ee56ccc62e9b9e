//! Why a target cannot be used.

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
    pub help: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        write!(f, "{}\n  {}", self.fault, self.help)
    }
}

impl std::error::Error for LoadError {}
