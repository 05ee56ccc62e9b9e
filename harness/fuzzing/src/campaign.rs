//! One run of `kvspec fuzz`: searches side by side, a budget, and what is kept on disk.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use kvspec_reference::Workload;
use kvspec_reference::random::Random;
use kvspec_reference::workload::text::WorkloadFile;

use super::corpus::{self, CorpusError};
use super::engine::{Engine, FINDS_MAX, Options, Progress};
use super::exchange::Exchange;
use super::exercised::Exercised;
use super::find::Found;
use super::kept::{self, Keeper, Kept, Saved};
use super::leak::Leak;
use super::prototype::Prototype;
use super::stop::Stop;
use kvspec::amount::{self, Amount, AmountError};

/// When fuzzing ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// After so many executions, all searches together. The only one that gives the same run twice.
    Executions(u64),
    /// After so long.
    Time(Duration),
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match amount::parse(text) {
            Ok(Amount::Number(executions)) => Ok(Budget::Executions(executions)),
            Ok(Amount::Time(time)) => Ok(Budget::Time(time)),
            Err(AmountError::Form) => {
                Err("a budget is a number of executions (100000) or a time (90s, 10m, 8h)".into())
            }
            Err(AmountError::TooLong) => Err("the time is too long; such as 90s, 10m or 8h".into()),
        }
    }
}

/// What a campaign is told.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// How each search is made. Its seed is that of the campaign; each search has one of its own.
    pub options: Options,
    /// When it ends.
    pub budget: Budget,
    /// Whether it ends with the first find.
    pub stops_at_find: bool,
    /// How many searches run side by side; at least 1. Now and then each is given what the others
    /// found worth keeping.
    pub jobs: u32,
    /// How many workloads an instance runs before a fresh one takes its place; at least 1.
    pub renew_after: usize,
    /// Leaks that are no finds.
    pub ignored_leaks: Vec<Leak>,
    /// Which part of how many this process is: parts search apart, with other chance.
    pub shard: (u32, u32),
    /// Where workloads worth changing further are read from, and written to at the end.
    pub corpus_folder: Option<PathBuf>,
    /// Where finds are written, as soon as they are made.
    pub finds_folder: PathBuf,
}

/// What a campaign came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// All searches together. Edges and features are those of the search that saw most.
    pub progress: Progress,
    /// One find of each kind and place, in the order of searches and executions.
    pub finds: Vec<Kept>,
    /// Whether a search ended because it had as many finds as are kept.
    pub has_enough_finds: bool,
    /// How many workloads are in the corpus folder now, of those worth keeping.
    pub corpus_files: usize,
    /// What went wrong on the way, and costs no more than it says.
    pub faults: Vec<CampaignError>,
    /// What was asked and compared, shrinking included.
    pub exercised: Exercised,
    /// How long it took, on the real clock.
    pub took: Duration,
}

/// Why a campaign ended early, or could not keep all.
#[derive(Debug, Clone)]
pub enum CampaignError {
    /// A folder cannot be read or written.
    Folder(CorpusError),
    /// The component cannot be run; the text says why.
    Target(String),
    /// A search panicked.
    Panic,
}

impl fmt::Display for CampaignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CampaignError::Folder(error) => error.fmt(f),
            CampaignError::Target(why) => f.write_str(why),
            CampaignError::Panic => f.write_str("a search panicked: this is a fault of kvspec"),
        }
    }
}

impl std::error::Error for CampaignError {}

/// How often progress is told, in executions of one search.
const OBSERVED_EVERY: u64 = 64;

/// After how many executions searches side by side give each other what is worth keeping. They wait
/// for each other then, so that a run depends on its seed alone.
const ROUND_EXECUTIONS: u64 = 256;

impl Campaign {
    /// Fuzzes until the budget is spent or `interrupted` is set. `observe` is told how far the first
    /// search has come, now and then.
    ///
    /// # Errors
    /// When a folder cannot be used, or the component cannot be run and nothing was found. What goes
    /// wrong with folders later is among the faults of the outcome.
    pub fn run(
        &self,
        prototype: &Prototype,
        interrupted: &'static AtomicBool,
        observe: &(dyn Fn(&Progress) + Sync),
    ) -> Result<Outcome, CampaignError> {
        let start = Instant::now();
        let profile = prototype.profile();
        let read = |folder: &PathBuf| corpus::prepare(folder).and_then(|_| corpus::load(folder, profile));
        let given = self.corpus_folder.as_ref().map(read);
        let given = given.transpose().map_err(CampaignError::Folder)?.unwrap_or_default();
        let made_folder = corpus::prepare(&self.finds_folder).map_err(CampaignError::Folder)?;
        let jobs = self.jobs.max(1) as usize;
        let deadline = match self.budget {
            Budget::Executions(_) => None,
            // A time beyond what the clock can tell never comes.
            Budget::Time(time) => start.checked_add(time),
        };
        let stop = Stop { interrupted, deadline };
        let shared = Shared { stop, exchange: Exchange::among(jobs) };
        let searches: Vec<Searched> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.jobs.max(1))
                .map(|job| {
                    let (given, shared) = (given.clone(), &shared);
                    scope.spawn(move || self.search(prototype, job, given, shared, observe))
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("a search does not panic")).collect()
        });
        let mut outcome = Outcome::default();
        let (mut saved, mut corpus, mut ended_by) = (Vec::new(), BTreeSet::new(), None);
        for searched in searches {
            add(&mut outcome.progress, searched.progress);
            outcome.exercised += searched.exercised;
            saved.extend(searched.saved);
            for workload in searched.corpus {
                corpus.insert(WorkloadFile { profile: profile.name().into(), workload }.to_string());
            }
            outcome.has_enough_finds |= searched.progress.finds == FINDS_MAX;
            ended_by = ended_by.or(searched.fault);
        }
        let (finds, faults) = kept::best_of_each(saved);
        if made_folder {
            // Only an empty folder goes.
            let _ = std::fs::remove_dir(&self.finds_folder);
        }
        outcome.progress.finds = finds.len();
        outcome.finds = finds;
        outcome.faults.extend(faults.into_iter().map(CampaignError::Folder));
        self.write_corpus(&corpus, &mut outcome);
        match ended_by {
            Some(why) if outcome.finds.is_empty() => return Err(why),
            Some(why) => outcome.faults.push(why),
            None => {}
        }
        outcome.took = start.elapsed();
        Ok(outcome)
    }

    fn search(
        &self,
        prototype: &Prototype,
        job: u32,
        given: Vec<Workload>,
        shared: &Shared,
        observe: &(dyn Fn(&Progress) + Sync),
    ) -> Searched {
        let seed = self.seed_of(job);
        let executions = self.executions_of(job);
        let options = Options { seed, executions_max: executions, ..self.options.clone() };
        let target = prototype.target(seed).renewed_after(self.renew_after).ignoring(&self.ignored_leaks);
        let exercised = Rc::new(Cell::default());
        let target = target.stopping(shared.stop).counting(exercised.clone());
        let mut keeper = Keeper::new(&self.finds_folder, prototype.profile(), seed);
        let mut engine = Engine::new(target, given, options).drafting(keeper.draft_sink());
        let mut member = shared.exchange.member(job as usize);
        let (mut fault, mut round_end, mut is_over) = (None, 0, false);
        loop {
            round_end += ROUND_EXECUTIONS;
            if !is_over {
                let go_on = |progress: &Progress, finds: &[Found]| {
                    keeper.save_new(finds);
                    if job == 0 && progress.executions.is_multiple_of(OBSERVED_EVERY) {
                        observe(progress);
                    }
                    is_over |= self.stops_at_find && !finds.is_empty()
                        || progress.executions >= executions
                        || shared.stop.is_due();
                    !is_over && progress.executions < round_end
                };
                // A search that panicked must not let the others wait for it.
                let ran = catch_unwind(AssertUnwindSafe(|| engine.run(go_on)));
                fault = match ran {
                    Ok(ended) => ended.err().map(CampaignError::Target),
                    Err(_) => Some(CampaignError::Panic),
                };
                // The last one of all that are kept ends the engine.
                keeper.save_new(engine.finds());
                // An engine that has enough of finds stops by itself.
                is_over |= fault.is_some() || engine.progress().executions < round_end;
            }
            let ends_all = fault.is_some() || self.stops_at_find && !engine.finds().is_empty();
            match member.meet(engine.corpus(), is_over, ends_all) {
                None => break,
                Some(from_others) if !is_over => engine.give(from_others),
                Some(_) => {}
            }
        }
        let (progress, corpus) = (engine.progress(), engine.corpus().cloned().collect());
        Searched { progress, saved: keeper.into_saved(), corpus, exercised: exercised.get(), fault }
    }

    /// How many executions this search makes at most; those of all make the budget.
    fn executions_of(&self, job: u32) -> u64 {
        let jobs = u64::from(self.jobs.max(1));
        match self.budget {
            Budget::Executions(all) => all / jobs + u64::from(u64::from(job) < all % jobs),
            Budget::Time(_) => u64::MAX,
        }
    }

    /// The first search of the first part has the campaign's own seed: it is that of `replay`.
    fn seed_of(&self, job: u32) -> u64 {
        let number = u64::from(self.shard.0) * u64::from(self.jobs.max(1)) + u64::from(job);
        if number == 0 { self.options.seed } else { Random::for_purpose(self.options.seed, number).bits() }
    }

    /// Ends with the first file that cannot be written.
    fn write_corpus(&self, files: &BTreeSet<String>, outcome: &mut Outcome) {
        let Some(folder) = &self.corpus_folder else { return };
        for content in files {
            match corpus::write(folder, "", content) {
                Ok(_) => outcome.corpus_files += 1,
                Err(error) => return outcome.faults.push(CampaignError::Folder(error)),
            }
        }
    }
}

/// What searches side by side have in common.
struct Shared {
    stop: Stop,
    exchange: Exchange,
}

struct Searched {
    progress: Progress,
    saved: Vec<Saved>,
    corpus: Vec<Workload>,
    exercised: Exercised,
    /// Why it ended early.
    fault: Option<CampaignError>,
}

fn add(sum: &mut Progress, one: Progress) {
    sum.executions += one.executions;
    sum.shrink_executions += one.shrink_executions;
    sum.corpus += one.corpus;
    sum.features = sum.features.max(one.features);
    sum.edges = sum.edges.max(one.edges);
}

/// The part of a sharded run, from `i/n`: 1 to n.
///
/// # Errors
/// When it is no such part.
pub fn parse_shard(text: &str) -> Result<(u32, u32), String> {
    let fault = || "a shard is i/n, with i from 1 to n".to_owned();
    let (part, of) = text.split_once('/').ok_or_else(fault)?;
    let (part, of): (u32, u32) = (part.parse().map_err(|_| fault())?, of.parse().map_err(|_| fault())?);
    if part == 0 || part > of { Err(fault()) } else { Ok((part - 1, of)) }
}

/// Where finds go when no folder is named.
pub fn default_finds_folder() -> &'static Path {
    Path::new("kvspec-finds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_executions_or_times() {
        assert_eq!("5000".parse(), Ok(Budget::Executions(5_000)));
        assert_eq!("10m".parse(), Ok(Budget::Time(Duration::from_secs(600))));
        assert_eq!("500ms".parse(), Ok(Budget::Time(Duration::from_millis(500))));
        for wrong in ["", "s", "10d", "-1", "99999999999999999999", "9999999999999999h"] {
            assert!(wrong.parse::<Budget>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!(parse_shard("1/1"), Ok((0, 1)));
        assert_eq!(parse_shard("3/4"), Ok((2, 4)));
        for wrong in ["0/2", "3/2", "1", "a/b"] {
            assert!(parse_shard(wrong).is_err(), "{wrong}");
        }
    }
}
