//! Finds on disk. Each search writes its own as soon as they are made, so that no end of the process
//! loses them. Of those that several searches made, the report tells one, and only its file stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kvspec_reference::workload::text::WorkloadFile;
use kvspec_suites::property::Regression;

use super::corpus::{self, CorpusError, Written};
use super::find::Found;
use crate::configuration::DEFAULT_PROFILE;

/// A find that is on disk.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The find.
    pub found: Found,
    /// The seed that the component was started with.
    pub seed: u64,
    /// The workload file; `None`: it could not be written.
    pub file: Option<PathBuf>,
}

/// What came of writing a find.
pub(super) struct Saved {
    kept: Kept,
    /// Whether the file was not there before.
    is_new: bool,
    fault: Option<CorpusError>,
}

/// Writes a find of a search with this seed.
pub(super) fn save(folder: &Path, found: &Found, seed: u64) -> Saved {
    let regression = Regression {
        requirement: found.find.requirement().into(),
        kind: if found.find.is_hidden_from_replay() { found.find.kind().into() } else { String::new() },
        implementation_seed: seed,
        file: WorkloadFile { profile: DEFAULT_PROFILE.into(), workload: found.workload.clone() },
    };
    let prefix = format!("{}-{}-", found.find.kind(), found.find.requirement().to_lowercase());
    let kept = |file| Kept { found: found.clone(), seed, file };
    match corpus::write(folder, &prefix, &regression.to_string()) {
        Ok(Written { file, is_new }) => Saved { kept: kept(Some(file)), is_new, fault: None },
        Err(fault) => Saved { kept: kept(None), is_new: false, fault: Some(fault) },
    }
}

/// The first find of each kind and place, and why those could not be written that are not. Files of
/// the others are removed.
pub(super) fn first_of_each(saved: impl Iterator<Item = Saved>) -> (Vec<Kept>, Vec<CorpusError>) {
    let mut signatures = BTreeSet::new();
    let (first, others): (Vec<Saved>, Vec<Saved>) =
        saved.partition(|saved| signatures.insert(saved.kept.found.find.signature()));
    let told: BTreeSet<PathBuf> = first.iter().filter_map(|saved| saved.kept.file.clone()).collect();
    let own = others.into_iter().filter(|saved| saved.is_new).filter_map(|saved| saved.kept.file);
    for file in own.filter(|file| !told.contains(file)) {
        // Where it cannot be removed there is one file more, and nothing is lost.
        let _ = std::fs::remove_file(file);
    }
    let (kept, faults): (_, Vec<_>) = first.into_iter().map(|saved| (saved.kept, saved.fault)).unzip();
    (kept, faults.into_iter().flatten().collect())
}
