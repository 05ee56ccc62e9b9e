//! Failures of proptest, kept as workload files.

use std::any::Any;
use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::PathBuf;

use ::proptest::test_runner::{FailurePersistence, PersistedSeed};
use kvspec_reference::Workload;
use kvspec_reference::hash::fnv1a_64;
use kvspec_reference::workload::text;

use crate::workloads::property::Regression;

/// A folder of workload files: what proptest found and made small is written there, one file each,
/// named by its content. Seeds are not kept: they mean something else as soon as a generator changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadFiles {
    folder: PathBuf,
}

const EXTENSION: &str = "workload";

impl WorkloadFiles {
    /// The files in this folder; it is made when the first is written. A relative path is one from where
    /// the test runs: with cargo, the folder of the package.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// What is kept, in the order of the names of the files: for
    /// [`Workloads::trying_first`](super::Workloads::trying_first). A folder that is not there keeps
    /// nothing.
    ///
    /// # Panics
    /// Where a file cannot be read, or is no workload: a kept failure is never left out silently.
    pub fn kept(&self) -> Vec<Workload> {
        self.read().unwrap_or_else(|why| panic!("{}: {why}", self.folder.display()))
    }

    fn read(&self) -> Result<Vec<Workload>, String> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.to_string()),
        };
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(|error| error.to_string()))
            .collect::<Result<_, _>>()?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
        paths.sort_unstable();
        let parsed = |path: &PathBuf| {
            let contents = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            let regression = Regression::parse(&contents).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok(regression.file.workload)
        };
        paths.iter().map(parsed).collect()
    }

    fn write(&self, workload: &str) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(format!("{:016x}.{EXTENSION}", fnv1a_64(workload.bytes())));
        fs::write(&path, workload)?;
        Ok(path)
    }
}

impl FailurePersistence for WorkloadFiles {
    fn load_persisted_failures2(&self, _source_file: Option<&'static str>) -> Vec<PersistedSeed> {
        Vec::new()
    }

    fn save_persisted_failure2(
        &mut self,
        _source_file: Option<&'static str>,
        _seed: PersistedSeed,
        shrunken_value: &dyn Debug,
    ) {
        let shown = format!("{shrunken_value:?}");
        // The test fails anyhow: what goes wrong here must not take the place of its message.
        match workload_in(&shown).map(|workload| self.write(&workload)) {
            Some(Ok(path)) => eprintln!("kvspec: the smallest workload was written to {}", path.display()),
            Some(Err(error)) => eprintln!("kvspec: the smallest workload was not written: {error}"),
            None => eprintln!("kvspec: no argument of the test is a workload, so none was written"),
        }
    }

    fn box_clone(&self) -> Box<dyn FailurePersistence> {
        Box::new(self.clone())
    }

    fn eq(&self, other: &dyn FailurePersistence) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The first workload among the arguments of a failed test, as proptest shows them: `name = value`, with
/// commas between them. Each line of a workload ends with a line break, so what follows begins a line.
fn workload_in(arguments: &str) -> Option<String> {
    let begin = arguments.find(text::FIRST_LINE)?;
    let lines = arguments[begin..].lines().take_while(|line| !line.starts_with([',', ')']));
    let workload: String = lines.map(|line| format!("{line}\n")).collect();
    text::parse(&workload).is_ok().then_some(workload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_found_among_other_arguments() {
        let text = "kvspec workload 1\nsessions 1\n\n0 get b \", \"\nquiesce\n";
        let workload = text::parse(text).unwrap().workload;
        for shown in [format!("{workload:?}"), format!("w = {workload:?}"), format!("n = 3, w = {workload:?}, m = 4")] {
            assert_eq!(workload_in(&shown).as_deref(), Some(text), "{shown}");
        }
        assert_eq!(workload_in(&format!("{:?}", (workload, 3))).as_deref(), Some(text));
        assert_eq!(workload_in("n = 3"), None);
    }
}
