//! The loop: choose a workload, change it, run it, keep it if it showed something new.

use kvspec_reference::random::Random;
use kvspec_reference::workload::shrink;
use kvspec_reference::{History, Workload};
use kvspec_suites::Declaration;
use kvspec_suites::workloads::generate::Repertoire;

use super::bounds::Bounds;
use super::bytes::Dictionary;
use super::corpus::{Corpus, is_heavy, size_of};
use super::feedback::{Feedback, Novelty};
use super::find::{Execution, Find, Found};
use super::leak::Leak;
use super::mutation::Mutator;
use super::neighbours::{Neighbours, Replacement};
use kvspec_coverage::{Comparison, RegionVisitor};

/// What can be fuzzed: it runs workloads and shows what of itself they reached.
pub trait Target {
    /// Runs the workload and judges what it did. The instance may have run others before.
    ///
    /// # Errors
    /// When nothing could be run, through a fault of kvspec. Fuzzing ends then.
    fn execute(&mut self, workload: &Workload) -> Result<Execution, String>;

    /// As [`Target::execute`], on a fresh instance. Where a leak is suspected, only that is looked
    /// for.
    ///
    /// # Errors
    /// As [`Target::execute`].
    fn execute_alone(&mut self, workload: &Workload, suspected: Option<Leak>) -> Result<Execution, String>;

    /// How many workloads the instance ran before its last one, and all of them as one workload, the
    /// last included.
    fn life(&self) -> (usize, Workload);

    /// Shows the regions of the last execution, in the same order every time.
    fn regions(&self, visit: &mut RegionVisitor<'_>);

    /// What the implementation declares of itself: workloads obey it.
    fn declaration(&self) -> &Declaration;

    /// What can be called beyond get, set, delete and exists.
    fn repertoire(&self) -> Repertoire {
        Repertoire::FOUR_OPERATIONS
    }

    /// The constants that its code compares with.
    fn comparisons(&self) -> Vec<Comparison>;

    /// Whether to end soon. A find is then kept as it was seen, and is not made small.
    fn should_stop(&self) -> bool {
        false
    }
}

/// How to fuzz.
#[derive(Debug, Clone)]
pub struct Options {
    /// All chance comes from here: the same seed, target and starting corpus give the same run.
    pub seed: u64,
    /// Whether what the target shows of itself is used. Without it, workloads are made blindly.
    pub feedback: bool,
    /// How large workloads may become.
    pub bounds: Bounds,
    /// How many executions may be spent on making one find small.
    pub shrink_executions_max: u64,
    /// After so many executions no workload is run a second time to see what it shows alone.
    pub executions_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        let bounds = Bounds::default();
        Self { seed: 1, feedback: true, bounds, shrink_executions_max: 2_000, executions_max: u64::MAX }
    }
}

/// How far fuzzing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Workloads that were run, those of shrinking not counted. One that is run again on a fresh
    /// instance, to see what it shows alone, counts twice.
    pub executions: u64,
    /// Workloads that were run to make finds small.
    pub shrink_executions: u64,
    /// Workloads in the corpus.
    pub corpus: usize,
    /// Features that were shown: edges by order of magnitude, and comparisons.
    pub features: usize,
    /// Edges that were taken at least once.
    pub edges: usize,
    /// Different finds.
    pub finds: usize,
}

/// The most different finds that are kept: a target this broken needs mending, not more finds.
pub(super) const FINDS_MAX: usize = 64;

/// One in so many workloads is made from chance alone, so that no corpus becomes a cage.
const FRESH_ONE_IN: u64 = 16;

/// How many of a thousand workloads are neighbours of one of the corpus, while there are untried ones.
const NEIGHBOURS_PERMILLE: u64 = 500;

/// Coverage-guided search for workloads that show something wrong.
pub struct Engine<T> {
    target: T,
    options: Options,
    random: Random,
    mutator: Mutator,
    feedback: Feedback,
    comparisons: Vec<Comparison>,
    corpus: Corpus,
    neighbours: Neighbours,
    /// Whether the workload that runs is a replacement.
    is_replacement: bool,
    /// Given workloads that were not run yet, the next one last.
    given: Vec<Workload>,
    finds: Vec<Found>,
    progress: Progress,
    draft_sink: Option<DraftSink>,
}

/// Takes finds as they were seen.
type DraftSink = Box<dyn FnMut(&Found)>;

impl<T: Target> Engine<T> {
    /// Gives finds to `sink` as soon as they are seen, before they are made small: that may take
    /// minutes, and what ends the process meanwhile must not lose them.
    pub fn drafting(mut self, sink: impl FnMut(&Found) + 'static) -> Self {
        self.draft_sink = Some(Box::new(sink));
        self
    }

    /// Workloads to run before others, such as another search found worth keeping.
    pub fn give(&mut self, workloads: impl IntoIterator<Item = Workload>) {
        self.given.extend(workloads);
    }

    /// An engine that runs the given workloads first.
    pub fn new(target: T, given: Vec<Workload>, options: Options) -> Self {
        let comparisons = if options.feedback { target.comparisons() } else { Vec::new() };
        let dictionary = Dictionary::of_comparisons(comparisons.iter());
        let mutator = Mutator::new(target.declaration().clone(), target.repertoire(), options.bounds, dictionary);
        Self {
            target,
            random: Random::new(options.seed),
            mutator,
            feedback: Feedback::default(),
            comparisons,
            corpus: Corpus::default(),
            neighbours: Neighbours::default(),
            is_replacement: false,
            given: given.into_iter().rev().collect(),
            finds: Vec::new(),
            progress: Progress::default(),
            draft_sink: None,
            options,
        }
    }

    /// Runs workloads while `go_on` says so; it is asked before each. Can be called again.
    ///
    /// # Errors
    /// When the target cannot run anything, through a fault of kvspec.
    pub fn run(&mut self, mut go_on: impl FnMut(&Progress, &[Found]) -> bool) -> Result<(), String> {
        while self.finds.len() < FINDS_MAX && go_on(&self.progress(), &self.finds) {
            self.step()?;
        }
        Ok(())
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        Progress {
            corpus: self.corpus.len(),
            features: self.feedback.feature_count(),
            edges: self.feedback.edge_count(),
            finds: self.finds.len(),
            ..self.progress
        }
    }

    /// What was found, in the order it was found.
    pub fn finds(&self) -> &[Found] {
        &self.finds
    }

    /// The workloads that together show all that was ever shown.
    pub fn corpus(&self) -> impl Iterator<Item = &Workload> {
        self.corpus.worthy(&self.feedback)
    }

    fn step(&mut self) -> Result<(), String> {
        let is_given = !self.given.is_empty();
        let workload = self.next_workload();
        let execution = self.target.execute(&workload)?;
        self.progress.executions += 1;
        let Execution { finds, is_first, .. } = execution;
        // What leaks still answers rightly, and shows where it went.
        let is_broken = finds.iter().any(|find| !matches!(find, Find::Leak { .. }));
        self.note_finds(&workload, finds)?;
        if is_broken || self.target.should_stop() {
            return Ok(());
        }
        if self.options.feedback {
            self.note_regions(workload, is_first)?;
        } else if is_given {
            self.corpus.push(workload);
        }
        Ok(())
    }

    fn next_workload(&mut self) -> Workload {
        self.is_replacement = false;
        if let Some(given) = self.given.pop() {
            return self.mutator.limits.within_declared(given);
        }
        if self.corpus.is_empty() || self.random.below(FRESH_ONE_IN) == 0 {
            return self.mutator.fresh(&mut self.random);
        }
        if self.random.chance(NEIGHBOURS_PERMILLE)
            && let Some(neighbour) = self.neighbours.next(&self.corpus, &self.mutator, &mut self.random)
        {
            self.is_replacement = neighbour.is_replacement;
            return neighbour.workload;
        }
        let other = self.corpus.any(&mut self.random).clone();
        let parent = self.corpus.pick(&self.feedback, &mut self.random);
        self.mutator.mutate(parent, &other, &mut self.random)
    }

    /// Keeps the workload if it showed something new. What it showed in the middle of an instance's
    /// life may be owed to others: then it must show it again, alone.
    fn note_regions(&mut self, workload: Workload, is_first: bool) -> Result<(), String> {
        let size = size_of(&workload);
        let mut novelty = self.absorb(size, is_first);
        let mutator = &mut self.mutator;
        self.target.regions(&mut |regions| {
            mutator.learn(&workload, regions.flat_map(|(layout, region)| layout.operand_pairs(region)));
        });
        if novelty == Novelty::default() {
            return Ok(());
        }
        if !is_first {
            if self.progress.executions >= self.options.executions_max {
                return Ok(());
            }
            let claimed = self.feedback.take_claims();
            let execution = self.target.execute_alone(&workload, None)?;
            self.progress.executions += 1;
            if !execution.finds.is_empty() {
                return self.note_finds(&workload, execution.finds);
            }
            novelty = self.absorb(size, true);
            self.feedback.disown(&claimed, size);
            if novelty == Novelty::default() {
                return Ok(());
            }
        }
        let (comparisons, mut replacements) = (&self.comparisons, Vec::new());
        self.target.regions(&mut |regions| replacements = Replacement::all(&workload, regions, comparisons));
        let has_neighbours = !is_heavy(&workload);
        let entry = self.corpus.push(workload);
        self.feedback.give_to(entry, size);
        if has_neighbours {
            self.neighbours.open(entry, novelty.far > 0 || self.is_replacement, replacements);
        }
        Ok(())
    }

    fn absorb(&mut self, size: u32, is_first: bool) -> Novelty {
        let feedback = &mut self.feedback;
        let mut novelty = Novelty::default();
        self.target.regions(&mut |regions| novelty = feedback.absorb(regions, size, is_first));
        novelty
    }

    fn note_finds(&mut self, workload: &Workload, finds: Vec<Find>) -> Result<(), String> {
        if finds.is_empty() {
            return Ok(());
        }
        let life = self.target.life();
        finds.into_iter().try_for_each(|find| self.note_find(workload, &life, find))
    }

    /// Keeps the first find of each signature, made small. A find that needs what the instance ran
    /// before (`life`) is kept with it.
    fn note_find(&mut self, workload: &Workload, life: &(usize, Workload), find: Find) -> Result<(), String> {
        let signature = find.signature();
        if self.finds.len() == FINDS_MAX || self.finds.iter().any(|found| found.find.signature() == signature) {
            return Ok(());
        }
        if let Some(sink) = &mut self.draft_sink {
            sink(&Found::as_seen(find.clone(), workload, self.progress.executions));
        }
        let mut confirmation = Confirmation::of(&find, &mut self.target);
        // Run once more as it is: a find that does not show itself again is told as it was seen.
        let alone = confirmation.shows_it(workload);
        let (earlier, together) = life;
        // A leak was seen on a fresh instance.
        let needs_earlier = !alone && *earlier > 0 && !matches!(find, Find::Leak { .. });
        let repeats = alone || needs_earlier && confirmation.shows_it(together);
        let workload = if needs_earlier { together } else { workload };
        let executions_max = match find {
            // Each takes hundreds of runs.
            Find::Leak { .. } => self.options.shrink_executions_max.min(SHRINK_EXECUTIONS_OF_LEAK_MAX),
            _ => self.options.shrink_executions_max,
        };
        let shrunk = shrink::shrink(workload, executions_max, |candidate| confirmation.shows_it(candidate));
        let Confirmation { smallest, fault, executions, is_cut_short, .. } = confirmation;
        self.progress.shrink_executions += executions;
        if let Some(fault) = fault {
            return Err(fault);
        }
        // All as one workload may show something else first, and a part of it this.
        let repeats = repeats || smallest.is_some();
        let (find, history) = smallest.unwrap_or((find, History::default()));
        self.finds.push(Found {
            find,
            history,
            repeats,
            executions: self.progress.executions,
            workload: shrunk.workload,
            earlier_workloads: if needs_earlier { *earlier } else { 0 },
            steps_before: workload.steps.len(),
            is_minimal: shrunk.is_minimal && !is_cut_short,
            is_cut_short,
        });
        Ok(())
    }
}

/// The most workloads that are tried to make a leak small.
const SHRINK_EXECUTIONS_OF_LEAK_MAX: u64 = 100;

/// Tries whether workloads show a find, on fresh instances.
struct Confirmation<'a, T> {
    target: &'a mut T,
    find: &'a Find,
    /// What the last workload showed that did: the smallest, since shrinking only goes on from those.
    smallest: Option<(Find, History)>,
    fault: Option<String>,
    executions: u64,
    /// The target was to stop before all was tried.
    is_cut_short: bool,
}

impl<'a, T: Target> Confirmation<'a, T> {
    fn of(find: &'a Find, target: &'a mut T) -> Self {
        Self { target, find, smallest: None, fault: None, executions: 0, is_cut_short: false }
    }

    fn shows_it(&mut self, workload: &Workload) -> bool {
        // The first mostly takes one quick execution, and tells much.
        let is_slow = matches!(self.find, Find::Hang | Find::Leak { .. });
        self.is_cut_short |= (is_slow || self.executions > 0) && self.target.should_stop();
        if self.is_cut_short {
            return false;
        }
        self.executions += 1;
        let (signature, suspected) = match self.find {
            Find::Leak { leak, .. } => (self.find.signature(), Some(*leak)),
            _ => (self.find.signature(), None),
        };
        match self.target.execute_alone(workload, suspected) {
            Ok(Execution { finds, history, .. }) => {
                let same = finds.into_iter().find(|find| find.signature() == signature);
                // A leak check that was to stop shows nothing.
                self.is_cut_short |= same.is_none() && self.target.should_stop();
                same.map(|find| self.smallest = Some((find, history))).is_some()
            }
            Err(why) => {
                self.fault = Some(why);
                false
            }
        }
    }
}
