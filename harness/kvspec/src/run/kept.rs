//! The files of workloads that failed, so that they can be replayed.

use std::path::{Path, PathBuf};

use kvspec_reference::hash::fnv1a_32;
use kvspec_suites::workloads::property::Regression;

/// Where workloads are kept.
#[derive(Debug, Clone)]
pub struct Keeper {
    folder: PathBuf,
    seed: u64,
}

impl Keeper {
    /// Keeps the workloads of a run of this seed in a folder, which is made when the first is kept.
    pub fn new(folder: impl Into<PathBuf>, seed: u64) -> Self {
        Self { folder: folder.into(), seed }
    }

    /// Writes a workload. Other workloads, and those of other seeds, have other names.
    ///
    /// # Errors
    /// When it cannot be written; the text names the folder. Nothing is left of it then.
    pub fn keep(&self, regression: &Regression) -> Result<PathBuf, String> {
        let text = regression.to_string();
        let (requirement, seed) = (&regression.requirement, self.seed);
        let file = self.folder.join(format!("{requirement}-{seed}-{:08x}.workload", fnv1a_32(text.bytes())));
        let written = std::fs::create_dir_all(&self.folder).and_then(|()| write_whole(&file, &text));
        written
            .map(|()| file)
            .map_err(|error| format!("the failing workload cannot be kept in {}: {error}", self.folder.display()))
    }

    /// Keeps the shrunk workload in the place of the one that was found.
    ///
    /// # Errors
    /// As [`Keeper::keep`]; then the one that was found stays.
    pub fn replace(&self, found: Option<&Path>, shrunk: &Regression) -> Result<PathBuf, String> {
        let shrunk = self.keep(shrunk)?;
        if let Some(found) = found.filter(|found| *found != shrunk) {
            // Where it cannot be removed there is one file more, and nothing is lost.
            let _ = std::fs::remove_file(found);
        }
        Ok(shrunk)
    }
}

/// A disk that is full leaves an empty file behind, which would be taken for a workload.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(file, text).inspect_err(|_| {
        let _ = std::fs::remove_file(file);
    })
}
