//! Finds on disk. Each search writes its own as soon as they are seen, and again when they are made
//! small, so that no end of the process loses them. Of those that several searches made, the report
//! tells the best, and only its file stays.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use kvspec_reference::Profile;
use kvspec_reference::workload::text::WorkloadFile;
use kvspec_suites::workloads::property::Regression;

use super::corpus::{self, CorpusError, Written};
use super::find::Found;

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

/// The finds of one search on disk. A find that is not small yet has a draft, which goes when the
/// small one is there.
pub(super) struct Keeper {
    folder: PathBuf,
    profile: Profile,
    seed: u64,
    saved: Vec<Saved>,
    drafts: Rc<RefCell<Vec<Saved>>>,
}

impl Keeper {
    /// For a search in this profile with this seed.
    pub(super) fn new(folder: &Path, profile: Profile, seed: u64) -> Self {
        Self { folder: folder.to_owned(), profile, seed, saved: Vec::new(), drafts: Rc::default() }
    }

    /// Writes finds as they were seen.
    pub(super) fn draft_sink(&self) -> impl FnMut(&Found) + 'static {
        let (folder, profile, seed, drafts) = (self.folder.clone(), self.profile, self.seed, self.drafts.clone());
        move |found| drafts.borrow_mut().push(save(&folder, profile, "draft-", found, seed))
    }

    /// Writes those of all finds that are not written yet.
    pub(super) fn save_new(&mut self, finds: &[Found]) {
        for found in &finds[self.saved.len()..] {
            self.saved.push(save(&self.folder, self.profile, "", found, self.seed));
            let signature = found.find.signature();
            let mut drafts = self.drafts.borrow_mut();
            drafts
                .extract_if(.., |draft| draft.kept.found.find.signature() == signature)
                .for_each(|draft| draft.remove());
        }
    }

    /// All that were written. What broke off while it was made small is told as it was seen.
    pub(super) fn into_saved(self) -> Vec<Saved> {
        let mut saved = self.saved;
        saved.append(&mut self.drafts.borrow_mut());
        saved
    }
}

fn save(folder: &Path, profile: Profile, draft: &str, found: &Found, seed: u64) -> Saved {
    let regression = Regression {
        requirement: found.find.requirement().to_string(),
        kind: if found.find.is_hidden_from_replay() { found.find.kind().into() } else { String::new() },
        implementation_seed: seed,
        file: WorkloadFile { profile: profile.name().into(), workload: found.workload.clone() },
    };
    let prefix = format!("{draft}{}-{}-", found.find.kind(), found.find.requirement().as_str().to_lowercase());
    let kept = |file| Kept { found: found.clone(), seed, file };
    match corpus::write(folder, &prefix, &regression.to_string()) {
        Ok(Written { file, is_new }) => Saved { kept: kept(Some(file)), is_new, fault: None },
        Err(fault) => Saved { kept: kept(None), is_new: false, fault: Some(fault) },
    }
}

impl Saved {
    fn remove(&self) {
        if let (true, Some(file)) = (self.is_new, &self.kept.file) {
            // Where it cannot be removed there is one file more, and nothing is lost.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Less is better: what shows itself again and is small.
    fn rank(&self) -> (bool, bool, bool, usize) {
        let found = &self.kept.found;
        (!found.repeats, found.is_cut_short, !found.is_minimal, found.workload.steps.len())
    }
}

/// The best find of each kind and place, in the order in which one was first made, and why those could
/// not be written that are not. Files of the others are removed.
pub(super) fn best_of_each(saved: Vec<Saved>) -> (Vec<Kept>, Vec<CorpusError>) {
    let (mut best, mut others): (Vec<(String, Saved)>, Vec<Saved>) = Default::default();
    for mut saved in saved {
        let signature = saved.kept.found.find.signature();
        match best.iter_mut().find(|(of, _)| *of == signature) {
            None => best.push((signature, saved)),
            Some((_, before)) => {
                if saved.rank() < before.rank() {
                    std::mem::swap(&mut saved, before);
                }
                others.push(saved);
            }
        }
    }
    let told: BTreeSet<&PathBuf> = best.iter().filter_map(|(_, saved)| saved.kept.file.as_ref()).collect();
    let is_told = |other: &Saved| other.kept.file.as_ref().is_some_and(|file| told.contains(file));
    others.iter().filter(|other| !is_told(other)).for_each(Saved::remove);
    let (kept, faults): (_, Vec<_>) = best.into_iter().map(|(_, saved)| (saved.kept, saved.fault)).unzip();
    (kept, faults.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find::Find;
    use kvspec_reference::workload::text;

    fn found(trap: &str, steps: usize) -> Found {
        let text = format!("kvspec workload 1\nsessions 1\n\n{}", "quiesce\n".repeat(steps));
        let workload = text::parse(&text).unwrap().workload;
        Found { is_cut_short: false, repeats: true, ..Found::as_seen(Find::Trap(trap.into()), &workload, 1) }
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names: BTreeSet<String> = names.collect();
        names.into_iter().map(|name| name.split("-kve").next().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_draft_is_there_until_the_small_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut keeper = Keeper::new(folder.path(), Profile::Eventual, 1);
        let mut draft = keeper.draft_sink();
        draft(&found("one", 9));
        draft(&found("another", 9));
        assert_eq!(names(folder.path()), ["draft-trap"], "what is the same is one file");
        draft(&found("third", 8));
        assert_eq!(names(folder.path()), ["draft-trap", "draft-trap"]);
        keeper.save_new(&[found("one", 2), found("another", 3)]);
        assert_eq!(names(folder.path()), ["draft-trap", "trap", "trap"]);
        // The third broke off.
        let saved = keeper.into_saved();
        assert_eq!(saved.last().map(|saved| saved.kept.found.workload.steps.len()), Some(8));
    }

    #[test]
    fn of_those_that_several_searches_made_the_best_stays() {
        let folder = tempfile::tempdir().unwrap();
        let save = |found| save(folder.path(), Profile::Eventual, "", &found, 1);
        let doubtful = Found { repeats: false, ..found("one", 1) };
        let cut_short = Found { is_cut_short: true, ..found("one", 2) };
        let saved = vec![
            save(doubtful),
            save(found("other", 9)),
            save(cut_short),
            save(found("one", 5)),
            save(found("one", 4)),
        ];
        let (best, faults) = best_of_each(saved);
        let steps: Vec<usize> = best.iter().map(|kept| kept.found.workload.steps.len()).collect();
        assert_eq!((steps, faults.len()), (vec![4, 9], 0));
        assert_eq!(names(folder.path()).len(), 2);
    }
}
