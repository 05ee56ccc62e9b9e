//! A component as a target: instrumented, its instances renewed now and then.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use kvspec_reference::interface::{Bucket, Clock, Failure, Implementation, OutgoingValue, Subject};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::{History, Workload};
use kvspec_suites::Declaration;
use kvspec_suites::workloads::generate::Repertoire;
use kvspec_suites::workloads::property;

use super::engine::Target;
use super::exercised::Exercised;
use super::find::{Execution, Find};
use super::leak::{Leak, Suspicions, Watch, Watched};
use super::life::{self, Life};
use super::loaded::Loaded;
use super::stop::Stop;
use kvspec_component::component::counted::{CountedInstance, Holdings};
use kvspec_coverage::{Comparison, RegionVisitor};

/// A component to fuzz.
pub struct ComponentTarget {
    loaded: Arc<Loaded>,
    declaration: Declaration,
    repertoire: Repertoire,
    seed: u64,
    /// How many workloads an instance runs; at least 1.
    renew_after: usize,
    /// Of the instance that ran last.
    life: Option<Life>,
    /// Of the instance that goes on after one that ran a workload alone.
    resting: Option<Life>,
    suspicions: Suspicions,
    /// Which leaks are looked for.
    watched: Vec<Leak>,
    stop: Option<Stop>,
    /// Of all workloads but those of leak checks.
    exercised: Rc<Cell<Exercised>>,
}

/// What came of one workload on an instance.
struct Ran {
    finds: Vec<Find>,
    history: History,
    exercised: Exercised,
}

/// An instance that has started, as a subject.
struct Given<'i>(&'i Rc<CountedInstance>);

impl Subject for Given<'_> {
    fn start(&self, _seed: u64) -> kvspec_reference::interface::Result<Box<dyn Implementation + '_>> {
        Ok(Box::new(Shared(self.0.clone())))
    }
}

/// An instance that the target keeps, too.
struct Shared(Rc<CountedInstance>);

impl Implementation for Shared {
    fn open(&self, name: &str) -> kvspec_reference::interface::Result<Box<dyn Bucket>> {
        self.0.implementation().open(name)
    }

    fn outgoing_value(&self) -> kvspec_reference::interface::Result<Box<dyn OutgoingValue>> {
        self.0.implementation().outgoing_value()
    }

    fn clock(&self) -> Option<&dyn Clock> {
        self.0.implementation().clock()
    }

    fn take_fault(&self) -> Option<Failure> {
        self.0.implementation().take_fault()
    }
}

impl ComponentTarget {
    /// A target with a fresh instance for each workload.
    pub(super) fn of(loaded: Arc<Loaded>, declaration: Declaration, repertoire: Repertoire, seed: u64) -> Self {
        Self {
            loaded,
            declaration,
            repertoire,
            seed,
            renew_after: 1,
            life: None,
            resting: None,
            suspicions: Suspicions::default(),
            watched: Leak::ALL.to_vec(),
            stop: None,
            exercised: Rc::default(),
        }
    }

    /// Each instance runs so many workloads before the next takes its place; 0 counts as 1. Where
    /// what the component declares does not allow it, each still has an instance of its own.
    pub fn renewed_after(mut self, workloads: usize) -> Self {
        self.renew_after = if life::can_be_reused(&self.declaration) { workloads.max(1) } else { 1 };
        self
    }

    /// These leaks are no finds: the component keeps on purpose what it gets.
    pub fn ignoring(mut self, leaks: &[Leak]) -> Self {
        self.watched.retain(|leak| !leaks.contains(leak));
        self
    }

    /// When this is due, leak checks and shrinking end with what they know.
    pub fn stopping(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Adds there what its workloads ask and compare.
    pub fn counting(mut self, exercised: Rc<Cell<Exercised>>) -> Self {
        self.exercised = exercised;
        self
    }

    fn start(&self) -> Result<CountedInstance, String> {
        let started = self.loaded.subject.start_counted(self.seed, &self.loaded.regions);
        started.map_err(|why| format!("the implementation did not start: {why}"))
    }

    /// The instance to run the next workload on, its counters at zero.
    fn living(&mut self) -> Result<Life, String> {
        match self.resting.take().or_else(|| self.life.take()) {
            Some(life) if self.goes_on(&life) => {
                life.instance.reset_counters().map_err(|why| why.to_string())?;
                Ok(life)
            }
            // The memory of the last instance is given back before the next one takes its own.
            last => {
                drop(last);
                Ok(Life::of(self.start()?))
            }
        }
    }

    fn goes_on(&self, life: &Life) -> bool {
        !life.is_over && life.ran.len() < self.renew_after
    }

    /// Runs a workload on an instance and judges it.
    fn run_on(&self, instance: &Rc<CountedInstance>, workload: &Workload) -> Result<Ran, String> {
        // Components bring their own clock.
        let clock = ManualClock::default();
        let subject = Given(instance);
        let profile = self.loaded.subject.profile();
        let executed = property::execute(&subject, &clock, &self.declaration, profile, workload, self.seed)?;
        let failures = executed.run.failures.iter().map(|failed| &failed.failure);
        // A trap in a destructor is noticed when the last handle is dropped.
        let after_all = instance.implementation().take_fault();
        let trap = failures.chain(after_all.as_ref()).find_map(|failure| match failure {
            Failure::Trap(why) => Some(why.clone()),
            _ => None,
        });
        let finds = match trap {
            Some(_) if instance.was_interrupted() => vec![Find::Hang],
            Some(_) if instance.memory_was_refused() => vec![Find::Memory],
            // What comes after a trap says nothing more.
            Some(why) => vec![Find::Trap(why)],
            None => executed.anomalies.into_iter().map(Find::Anomaly).collect(),
        };
        let history = executed.run.history;
        let exercised = Exercised::by(&history, executed.reads, executed.settled_reads);
        Ok(Ran { finds, history, exercised })
    }

    /// Runs a workload on the instance of this life.
    fn live(&mut self, mut life: Life, workload: &Workload) -> Result<Execution, String> {
        let is_first = life.ran.is_empty();
        let own = life::with_own_buckets(workload, life.ran.len());
        let before = life.instance.holdings();
        let Ran { finds, history, exercised } = self.run_on(&life.instance, &own)?;
        let mut sum = self.exercised.get();
        sum += exercised;
        self.exercised.set(sum);
        life.held = (before, life.instance.holdings());
        life.is_over = !finds.is_empty() || life.instance.is_broken();
        life.ran.push(own);
        self.life = Some(life);
        Ok(Execution { finds, history, is_first })
    }

    /// What the instance holds more of than before its last workload, and leaks.
    fn new_leaks(&mut self, workload: &Workload) -> Result<Vec<Find>, String> {
        let Some(Life { held: (before, after), .. }) = &self.life else { return Ok(Vec::new()) };
        let has_grown = |leak: &Leak| leak.amount(after) > leak.amount(before);
        let grown: Vec<Leak> = self.watched.iter().copied().filter(has_grown).collect();
        let mut finds = Vec::new();
        for leak in grown {
            if !self.suspicions.is_due(leak) {
                continue;
            }
            match self.examine(workload, leak)? {
                // Each examination takes hundreds of runs: a leak that is known is not looked for again.
                Some((find, _)) => {
                    self.watched.retain(|watched| *watched != leak);
                    finds.push(find);
                }
                None => self.suspicions.was_wrong(leak),
            }
        }
        Ok(finds)
    }

    /// Runs a workload again and again on a fresh instance, to see whether it leaks. The history is
    /// that of the first run.
    fn examine(&self, workload: &Workload, leak: Leak) -> Result<Option<(Find, History)>, String> {
        let instance = Rc::new(self.start()?);
        let mut watch = Watch::new(leak);
        let mut first = None;
        let before = instance.holdings();
        loop {
            let Ran { history, .. } = self.run_on(&instance, workload)?;
            first.get_or_insert(history);
            if self.should_stop() {
                return Ok(None);
            }
            let holdings = instance.holdings();
            let watched = match instance.is_broken() {
                true if instance.memory_was_refused() => watch.exhausted(&holdings),
                true => Watched::Bounded,
                false => watch.note(&holdings),
            };
            match watched {
                Watched::Unknown => {}
                Watched::Bounded => return Ok(None),
                Watched::Leaks { per_run } => {
                    let of = (leak == Leak::Resources).then(|| self.most_grown(&before, &holdings)).flatten();
                    return Ok(Some((Find::Leak { leak, per_run, of }, first.unwrap_or_default())));
                }
            }
        }
    }

    /// The type of resource that there are most more of.
    fn most_grown(&self, before: &Holdings, after: &Holdings) -> Option<String> {
        let names = self.loaded.regions.iter().flat_map(|region| region.resources.iter());
        let counts = after.resources.iter().zip(&before.resources);
        let grown = names.zip(counts.map(|(after, before)| after.saturating_sub(*before)));
        grown.max_by_key(|(_, more)| *more).map(|(name, _)| name.clone())
    }
}

impl Target for ComponentTarget {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn repertoire(&self) -> Repertoire {
        self.repertoire
    }

    fn execute(&mut self, workload: &Workload) -> Result<Execution, String> {
        let life = self.living()?;
        let mut execution = self.live(life, workload)?;
        if execution.finds.is_empty() {
            execution.finds = self.new_leaks(workload)?;
        }
        Ok(execution)
    }

    fn execute_alone(&mut self, workload: &Workload, suspected: Option<Leak>) -> Result<Execution, String> {
        if let Some(leak) = suspected {
            let (find, history) = self.examine(workload, leak)?.unzip();
            let (finds, history) = (find.into_iter().collect(), history.unwrap_or_default());
            return Ok(Execution { finds, history, is_first: true });
        }
        if self.resting.is_none() {
            self.resting = self.life.take().filter(|life| self.goes_on(life));
        }
        self.life = None;
        let life = Life::of(self.start()?);
        self.live(life, workload)
    }

    fn life(&self) -> (usize, Workload) {
        match &self.life {
            Some(life) => (life.ran.len().saturating_sub(1), life.as_one_workload()),
            None => (0, Workload::default()),
        }
    }

    fn regions(&self, visit: &mut RegionVisitor<'_>) {
        if let Some(life) = &self.life {
            life.instance.regions(visit);
        }
    }

    fn comparisons(&self) -> Vec<Comparison> {
        self.loaded.regions.iter().flat_map(|region| region.comparisons.iter().copied()).collect()
    }

    fn should_stop(&self) -> bool {
        self.stop.is_some_and(|stop| stop.is_due())
    }
}
