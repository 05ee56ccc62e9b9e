//! A component as a target: instrumented, and a fresh instance for each workload.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use kvspec_reference::Workload;
use kvspec_reference::interface::{Bucket, Clock, Failure, Implementation, OutgoingValue, Subject};
use kvspec_reference::recorder::ManualClock;
use kvspec_suites::{Declaration, property};

use super::engine::Target;
use super::find::{Execution, Find};
use crate::configuration::DEFAULT_PROFILE;
use crate::coverage::{Comparison, Instrumented, Region, RegionVisitor, instrument};
use crate::subject::LoadError;
use crate::subject::component::counted::CountedInstance;
use crate::subject::component::{ComponentSubject, Options};

/// A component to fuzz.
pub struct ComponentTarget {
    counted: Counted,
    declaration: Declaration,
    seed: u64,
}

/// The instrumented component as a subject whose last instance can still be looked at.
struct Counted {
    loaded: Arc<Loaded>,
    last: RefCell<Option<Rc<CountedInstance>>>,
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
        let report = Instrumentation::of(&instrumented);
        let subject = ComponentSubject::from_bytes(&instrumented.bytes, options)?;
        let loaded = Arc::new(Loaded { subject, regions: instrumented.regions });
        Ok((Self { loaded, declaration }, report))
    }

    /// A target for one search. The component's chance comes from `seed`.
    pub fn target(&self, seed: u64) -> ComponentTarget {
        let counted = Counted { loaded: self.loaded.clone(), last: RefCell::new(None) };
        ComponentTarget { counted, declaration: self.declaration.clone(), seed }
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

impl Subject for Counted {
    fn start(&self, seed: u64) -> kvspec_reference::interface::Result<Box<dyn Implementation + '_>> {
        // The memory of the last instance is given back before the next one takes its own.
        self.last.take();
        let instance = Rc::new(self.loaded.subject.start_counted(seed, &self.loaded.regions)?);
        self.last.replace(Some(instance.clone()));
        Ok(Box::new(Shared(instance)))
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

impl Target for ComponentTarget {
    fn execute(&mut self, workload: &Workload) -> Result<Execution, String> {
        // Components bring their own clock.
        let clock = ManualClock::default();
        let executed =
            property::execute(&self.counted, &clock, &self.declaration, DEFAULT_PROFILE, workload, self.seed)?;
        let last = self.counted.last.borrow();
        let Some(instance) = last.as_deref() else { return Err("no instance was started".into()) };
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
        Ok(Execution { finds, history: executed.run.history })
    }

    fn regions(&self, visit: &mut RegionVisitor<'_>) {
        if let Some(instance) = self.counted.last.borrow().as_deref() {
            instance.regions(visit);
        }
    }

    fn comparisons(&self) -> Vec<Comparison> {
        self.counted.loaded.regions.iter().flat_map(|region| region.comparisons.iter().copied()).collect()
    }
}
