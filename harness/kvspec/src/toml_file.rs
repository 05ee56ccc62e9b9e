//! The files that users write: `kvspec.toml` and `kvspec-expect.toml`.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why such a file cannot be used; names the file, the place and the fix.
#[derive(Debug)]
pub struct TomlFileError {
    file: PathBuf,
    fault: String,
}

impl fmt::Display for TomlFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.fault.trim_end())
    }
}

impl std::error::Error for TomlFileError {}

/// What `parse` makes of the text of a file.
pub(crate) fn load<T>(file: &Path, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, TomlFileError> {
    let fault = |fault: String| TomlFileError { file: file.to_owned(), fault };
    let text = std::fs::read_to_string(file).map_err(|e| fault(format!("cannot be read: {e}")))?;
    // Some editors mark the beginning of a file.
    parse(text.strip_prefix('\u{feff}').unwrap_or(&text)).map_err(fault)
}
