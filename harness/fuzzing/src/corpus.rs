//! The workloads that are worth changing further.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use kvspec_reference::hash::fnv1a_64;
use kvspec_reference::random::Random;
use kvspec_reference::workload::text::{self, WorkloadFile};
use kvspec_reference::workload::{Call, Keys, Step};
use kvspec_reference::{Profile, Workload};

use super::feedback::Feedback;

/// How many executions may pass before the worth of entries is computed anew.
const WEIGHING_PERIOD: u64 = 256;

/// Workloads, and how likely each is chosen.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    entries: Vec<Workload>,
    /// The sum of the worth of the entries up to and including this one.
    cumulative: Vec<u64>,
    picks_until_weighing: u64,
}

impl Corpus {
    pub(super) fn push(&mut self, workload: Workload) -> u32 {
        self.entries.push(workload);
        // What is new is tried soon: it counts at once, as much as all others together.
        let total = self.cumulative.last().copied().unwrap_or(0);
        self.cumulative.push(total.saturating_mul(2).max(1));
        self.entries.len() as u32 - 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// An entry, chosen by its worth.
    pub(super) fn pick(&mut self, feedback: &Feedback, random: &mut Random) -> &Workload {
        if self.picks_until_weighing == 0 || self.cumulative.last().is_some_and(|total| *total > u64::MAX / 4) {
            self.weigh(feedback);
            self.picks_until_weighing = WEIGHING_PERIOD;
        }
        self.picks_until_weighing -= 1;
        let total = self.cumulative.last().copied().unwrap_or(0);
        let drawn = random.below(total);
        let index = self.cumulative.partition_point(|sum| *sum <= drawn);
        &self.entries[index.min(self.entries.len() - 1)]
    }

    /// The entry that [`Corpus::push`] gave this number.
    pub(super) fn get(&self, entry: u32) -> &Workload {
        &self.entries[entry as usize]
    }

    /// Any entry.
    pub(super) fn any(&self, random: &mut Random) -> &Workload {
        &self.entries[random.below(self.entries.len() as u64) as usize]
    }

    fn weigh(&mut self, feedback: &Feedback) {
        let mut total = 0;
        self.cumulative.clear();
        for worth in feedback.worth(self.entries.len()) {
            total += worth;
            self.cumulative.push(total);
        }
        if total == 0 {
            // Without feedback none is better than another.
            self.cumulative = (1..=self.entries.len() as u64).collect();
        }
    }

    /// The entries that are kept for something.
    pub(super) fn worthy(&self, feedback: &Feedback) -> impl Iterator<Item = &Workload> {
        let worth = feedback.worth(self.entries.len());
        self.entries.iter().zip(worth).filter(|(_, worth)| *worth > 0).map(|(workload, _)| workload)
    }
}

/// The size of a workload: of two that show the same, the smaller is kept.
pub(super) fn size_of(workload: &Workload) -> u32 {
    let bytes: usize = workload.steps.iter().map(|step| 8 + step.to_string().len()).sum();
    // Numbered keys take few bytes and much time.
    u32::try_from(bytes.saturating_add(batch_keys(workload))).unwrap_or(u32::MAX)
}

/// Whether a workload takes so much time that it is not changed systematically, which is to run it a
/// hundred times.
pub(super) fn is_heavy(workload: &Workload) -> bool {
    batch_keys(workload) > LIGHT_BATCH_KEYS_MAX
}

/// With more keys in batches than this, a workload is heavy.
const LIGHT_BATCH_KEYS_MAX: usize = 64;

/// How many keys its batches name together, each as often as it is named.
fn batch_keys(workload: &Workload) -> usize {
    let calls = workload.steps.iter().filter_map(|step| match step {
        Step::Call { call, .. } => Some(call),
        _ => None,
    });
    calls.flat_map(Call::batch).map(Keys::count).fold(0, usize::saturating_add)
}

/// A corpus folder that cannot be used.
#[derive(Debug, Clone)]
pub struct CorpusError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: String,
}

impl std::fmt::Display for CorpusError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

impl std::error::Error for CorpusError {}

/// The ending of workload files.
pub(super) const FILE_ENDING: &str = "workload";

/// Reads all workload files of a folder, in the order of their names, for a search in this profile.
///
/// # Errors
/// When the folder or a file cannot be read, or a file is no workload, or one of another profile.
pub fn load(folder: &Path, searched: Profile) -> Result<Vec<Workload>, CorpusError> {
    let in_file = |path: &Path, fault: String| CorpusError { path: path.to_owned(), fault };
    let entries = fs::read_dir(folder).map_err(|e| in_file(folder, e.to_string()))?;
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()
        .map_err(|e| in_file(folder, e.to_string()))?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == FILE_ENDING));
    files.sort();
    files
        .iter()
        .map(|file| {
            let content = fs::read_to_string(file).map_err(|e| in_file(file, e.to_string()))?;
            let WorkloadFile { profile, workload } = text::parse(&content).map_err(|e| in_file(file, e.to_string()))?;
            if profile != searched.name() {
                let fault = format!(
                    "it is a workload of {profile}, but the component offers {searched}\n  take it out of the \
                     folder, or write «profile {searched}» in the file to try it there"
                );
                return Err(in_file(file, fault));
            }
            Ok(workload)
        })
        .collect()
}

/// A file that is there now.
pub(super) struct Written {
    pub(super) file: PathBuf,
    /// Whether it was not there before.
    pub(super) is_new: bool,
}

/// Writes a workload into a folder, unless it is there; the file's name is made from its content. A
/// file that has another content, as one that was cut short, is replaced.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(folder: &Path, prefix: &str, content: &str) -> Result<Written, CorpusError> {
    let hash = fnv1a_64(content.bytes());
    let file = folder.join(format!("{prefix}{hash:016x}.{FILE_ENDING}"));
    let is_new = !file.exists();
    if is_new || !fs::read(&file).is_ok_and(|there| there == content.as_bytes()) {
        fs::create_dir_all(folder)
            .and_then(|()| replace(&file, content))
            .map_err(|e| CorpusError { path: file.clone(), fault: format!("cannot be written: {e}") })?;
    }
    Ok(Written { file, is_new })
}

/// Writes a file beside its place first: under its own name it is whole, whatever ends the process.
fn replace(file: &Path, content: &str) -> io::Result<()> {
    /// Searches side by side may write the same file at once.
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let number = WRITES.fetch_add(1, Ordering::Relaxed);
    let begun = file.with_extension(format!("{}-{number}.begun", std::process::id()));
    let replaced = fs::write(&begun, content).and_then(|()| fs::rename(&begun, file));
    if replaced.is_err() {
        // Where it cannot be removed there is one file more, which no search reads.
        let _ = fs::remove_file(&begun);
    }
    replaced
}

/// Makes a folder, and tries whether files can be written there. Whether it was not there before.
///
/// # Errors
/// When it cannot be made, or not written.
pub(super) fn prepare(folder: &Path) -> Result<bool, CorpusError> {
    let is_new = !folder.exists();
    let trial = folder.join(format!(".kvspec-{}", std::process::id()));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&trial, ""))
        .and_then(|()| fs::remove_file(&trial))
        .map_err(|e| CorpusError { path: folder.to_owned(), fault: format!("cannot be written: {e}\n  {MEND}") })?;
    Ok(is_new)
}

/// What to do about a folder that cannot be written.
const MEND: &str = "name a folder that can be made and written";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::AtomicBool;

    use super::*;

    const WORKLOAD: &str = "kvspec workload 1\nsessions 1\n\n0 set b k \"v\"\n";

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_that_is_cut_short_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = write(folder.path(), "", WORKLOAD).unwrap().file;
        fs::write(&file, &WORKLOAD[..9]).unwrap();
        assert!(!write(folder.path(), "", WORKLOAD).unwrap().is_new);
        assert_eq!(fs::read_to_string(&file).unwrap(), WORKLOAD);
        assert_eq!(load(folder.path(), Profile::Eventual).unwrap().len(), 1);
    }

    #[test]
    fn a_write_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = write(folder.path(), "", WORKLOAD).unwrap().file;
        fs::remove_file(&file).unwrap();
        // A folder cannot be replaced by a file.
        fs::create_dir_all(file.join("in the way")).unwrap();
        let Err(error) = write(folder.path(), "", WORKLOAD) else { panic!("it is written") };
        assert!(error.fault.starts_with("cannot be written: "), "{error}");
        assert_eq!(names_in(folder.path()), [file.file_name().unwrap().to_str().unwrap()]);
    }

    /// Who looks at any time sees no file that is begun, nor one that is called a workload and is none.
    #[test]
    fn a_file_has_its_name_only_when_it_is_whole() {
        const SEEN_MIN: usize = 20;
        let folder = tempfile::tempdir().unwrap();
        let long = |number: usize| format!("{WORKLOAD}{}", format!("0 set b k \"{number:03}\"\n").repeat(20_000));
        let has_seen_enough = AtomicBool::new(false);
        let written = std::thread::scope(|scope| {
            // So many at most, so that it ends where the other thread fails.
            let numbers = (0..10 * SEEN_MIN).take_while(|_| !has_seen_enough.load(Ordering::Relaxed));
            let writing = scope
                .spawn(|| numbers.inspect(|&number| drop(write(folder.path(), "", &long(number)).unwrap())).count());
            let mut seen = BTreeSet::new();
            while seen.len() < SEEN_MIN {
                for name in names_in(folder.path()).into_iter().filter(|name| name.ends_with(FILE_ENDING)) {
                    let length = fs::metadata(folder.path().join(&name)).unwrap().len();
                    assert_eq!(length, long(0).len() as u64, "{name} is not whole");
                    seen.insert(name);
                }
            }
            has_seen_enough.store(true, Ordering::Relaxed);
            writing.join().unwrap()
        });
        assert_eq!(names_in(folder.path()).len(), written);
    }

    #[test]
    fn workloads_of_other_profiles_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let content = WORKLOAD.replacen('\n', "\nprofile store@0.2.0-draft\n", 1);
        let file = write(folder.path(), "", &content).unwrap().file;
        let error = load(folder.path(), Profile::Eventual).unwrap_err();
        assert_eq!(error.path, file);
        for part in ["a workload of store@0.2.0-draft", "offers eventual@0.1.0", "write «profile eventual@0.1.0»"] {
            assert!(error.fault.contains(part), "{part} is not in\n{error}");
        }
    }
}
