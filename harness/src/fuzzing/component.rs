//! A component as a target: instrumented, its instances renewed now and then.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use kvspec_reference::history::Outcome;
use kvspec_reference::interface::{Bucket, Clock, Failure, Implementation, OutgoingValue, Subject};
use kvspec_reference::recorder::ManualClock;
use kvspec_reference::{History, Workload};
use kvspec_suites::{Declaration, property};

use super::engine::Target;
use super::find::{Execution, Exercised, Find};
use super::leak::{Leak, Suspicions, Watch, Watched};
use super::life::{self, Life};
use super::stop::Stop;
use crate::configuration::DEFAULT_PROFILE;
use crate::coverage::{Comparison, Instrumented, Region, RegionVisitor, instrument};
use crate::subject::LoadError;
use crate::subject::component::counted::{CountedInstance, Holdings};
use crate::subject::component::{ComponentSubject, Options};

/// A component to fuzz.
pub struct ComponentTarget {
    loaded: Arc<Loaded>,
    declaration: Declaration,
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

/// What all searches in one component share.
struct Loaded {
    subject: ComponentSubject,
    regions: Vec<Region>,
}

/// A loaded component that searches in other threads can begin from.
#[derive(Clone)]
pub struct Prototype {
    loaded: Arc<Loaded>,
    declaration: Declaration,
}

/// What instrumenting a component came to, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrumentation {
    /// How many edges have counters.
    pub edges: usize,
    /// How many comparisons with constants are watched.
    pub comparisons: usize,
    /// The modules that have counters.
    pub counted: Vec<String>,
    /// The modules that have none, and why.
    pub untouched: Vec<String>,
}

impl Prototype {
    /// Instruments and loads a component, binary or text, that declares this of itself.
    ///
    /// # Errors
    /// When the file cannot be read, is no component, or does not export the interface.
    pub fn load(file: &Path, options: Options, declaration: Declaration) -> Result<(Self, Instrumentation), LoadError> {
        let in_file = |mut error: LoadError| {
            error.file = Some(file.to_owned());
            error
        };
        let fault = |fault: String| {
            let mend = "give the path of a component (.wasm or .wat)";
            in_file(LoadError { file: None, fault, mend: mend.into() })
        };
        let text_or_binary = std::fs::read(file).map_err(|e| fault(format!("cannot be read: {e}")))?;
        let bytes = wat::parse_bytes(&text_or_binary).map_err(|e| fault(format!("is not WebAssembly: {e}")))?;
        Self::from_bytes(&bytes, options, declaration).map_err(in_file)
    }

    /// As [`Prototype::load`], from the bytes of a component.
    ///
    /// # Errors
    /// As [`Prototype::load`].
    pub fn from_bytes(
        component: &[u8],
        options: Options,
        declaration: Declaration,
    ) -> Result<(Self, Instrumentation), LoadError> {
        let instrumented = instrument(component).map_err(|e| LoadError {
            file: None,
            fault: format!("cannot be instrumented: it is {e}"),
            mend: "give a component (.wasm) that exports the interface".into(),
        })?;
        Self::of(instrumented, options, declaration)
    }

    /// As [`Prototype::from_bytes`], but the component is left as it is: it shows nothing of itself.
    /// For measures.
    ///
    /// # Errors
    /// As [`Prototype::load`].
    pub fn uncounted(
        component: &[u8],
        options: Options,
        declaration: Declaration,
    ) -> Result<(Self, Instrumentation), LoadError> {
        let plain = Instrumented { bytes: component.to_vec(), regions: Vec::new(), untouched: Vec::new() };
        Self::of(plain, options, declaration)
    }

    fn of(
        instrumented: Instrumented,
        options: Options,
        declaration: Declaration,
    ) -> Result<(Self, Instrumentation), LoadError> {
        let report = Instrumentation::of(&instrumented);
        let subject = ComponentSubject::from_bytes(&instrumented.bytes, options)?;
        let loaded = Arc::new(Loaded { subject, regions: instrumented.regions });
        Ok((Self { loaded, declaration }, report))
    }

    /// A target for one search, with a fresh instance for each workload. The component's chance comes
    /// from `seed`.
    pub fn target(&self, seed: u64) -> ComponentTarget {
        ComponentTarget {
            loaded: self.loaded.clone(),
            declaration: self.declaration.clone(),
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

    /// Whether an instance can run several workloads: what the component declares may not allow it.
    pub fn can_be_reused(&self) -> bool {
        life::can_be_reused(&self.declaration)
    }

    /// The component as a subject.
    pub fn subject(&self) -> &ComponentSubject {
        &self.loaded.subject
    }

    /// The same component, which declares this of itself.
    pub fn declaring(mut self, declaration: Declaration) -> Self {
        self.declaration = declaration;
        self
    }

    /// What the component declares of itself.
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }
}

impl Instrumentation {
    fn of(instrumented: &Instrumented) -> Self {
        let mut counted: Vec<String> = instrumented.regions.iter().map(|region| region.module.clone()).collect();
        counted.dedup();
        Self {
            edges: instrumented.edge_count(),
            comparisons: instrumented.comparison_count(),
            counted,
            untouched: instrumented.untouched.iter().map(ToString::to_string).collect(),
        }
    }
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
        let executed = property::execute(&subject, &clock, &self.declaration, DEFAULT_PROFILE, workload, self.seed)?;
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
        let answered = history.records.iter().filter(|record| record.outcome == Outcome::Ok);
        let exercised = Exercised {
            operations: answered.count() as u64,
            reads: executed.reads,
            settled_reads: executed.settled_reads,
        };
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
                Some((find, _)) => finds.push(find),
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
            if instance.is_broken() || self.should_stop() {
                return Ok(None);
            }
            let holdings = instance.holdings();
            match watch.note(&holdings) {
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
        let names = self.loaded.regions.iter().flat_map(|region| &region.resources);
        let counts = after.resources.iter().zip(&before.resources);
        let grown = names.zip(counts.map(|(after, before)| after.saturating_sub(*before)));
        grown.max_by_key(|(_, more)| *more).map(|(name, _)| name.clone())
    }
}

impl Target for ComponentTarget {
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
