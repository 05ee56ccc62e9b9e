//! The suite as a folder of programs that WASI's official test runner takes.
//!
//! * [`program`]: the one program that all of them are.
//! * [`official`]: the files that the runner reads.

pub mod official;
pub mod program;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use kvspec::selection::random_workloads;
use kvspec_reference::Profile;
use kvspec_suites::cases;

use official::{Manifest, Test};

/// What is exported.
#[derive(Debug, Clone)]
pub struct Export {
    /// What the program imports.
    pub profile: Profile,
    /// The text of a `kvspec.toml`; empty: nothing is declared.
    pub configuration: String,
    /// The seed of all randomness.
    pub seed: u64,
    /// Whether each case is a test of its own, not each group.
    pub is_by_case: bool,
    /// The proposals that the runner must be told of.
    pub proposals: Vec<String>,
}

/// A file or folder that cannot be written.
#[derive(Debug)]
pub struct Unwritten {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl Export {
    /// Writes the folder, which is made where it is missing, and gives the number of tests in it. Each test is
    /// one file under two names, so all of them take the room of one.
    ///
    /// # Errors
    /// When a file cannot be written, or is there already.
    pub fn write(&self, program: &[u8], folder: &Path) -> Result<usize, Unwritten> {
        std::fs::create_dir_all(folder).map_err(|error| Unwritten { path: folder.to_owned(), error })?;
        let suite = Manifest { name: format!("kvspec {}", self.profile) };
        write_new(&folder.join("manifest.json"), suite.text().as_bytes())?;
        let tests = self.tests();
        let mut first: Option<PathBuf> = None;
        for (name, test) in &tests {
            write_new(&folder.join(format!("{name}.json")), test.text().as_bytes())?;
            let file = folder.join(format!("{name}.wasm"));
            match &first {
                Some(first) if std::fs::hard_link(first, &file).is_ok() => {}
                _ => {
                    write_new(&file, program)?;
                    first.get_or_insert(file);
                }
            }
        }
        Ok(tests.len())
    }

    /// The tests by the names of their files: each runs its cases in a process each.
    fn tests(&self) -> BTreeMap<String, Test> {
        let names = cases::of(self.profile).into_iter().map(|case| case.name).chain([random_workloads(self.profile)]);
        let mut tests: BTreeMap<String, Test> = BTreeMap::new();
        for name in names {
            let test = tests.entry(self.file_name(name)).or_insert_with(|| Test::new(&self.proposals));
            test.run(name, self.seed, &self.configuration);
        }
        tests
    }

    /// The name of the file of a case: its own, or that of its group.
    fn file_name(&self, case: &str) -> String {
        let group = || case.rsplit_once("::").map(|(group, _)| group).filter(|group| group.contains("::"));
        let name = if self.is_by_case { case } else { group().unwrap_or(case) };
        name.replace("::", "-")
    }
}

fn write_new(path: &Path, content: &[u8]) -> Result<(), Unwritten> {
    let written = std::fs::File::create_new(path).and_then(|mut file| io::Write::write_all(&mut file, content));
    written.map_err(|error| Unwritten { path: path.to_owned(), error })
}
