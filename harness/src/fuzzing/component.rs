//! A component as a target: instrumented, and a fresh instance for each workload.

use std::path::Path;
use std::time::Duration;

use kvspec_reference::interface::Failure;
use kvspec_reference::recorder::ManualClock;
use kvspec_reference::{Workload, driver, oracle};

use super::engine::Target;
use super::find::{Execution, Find};
use crate::configuration::DEFAULT_PROFILE;
use crate::coverage::{Comparison, Instrumented, Layout, Region, instrument};
use crate::subject::LoadError;
use crate::subject::component::counted::CountedInstance;
use crate::subject::component::{ComponentSubject, Options};

/// A component to fuzz.
pub struct ComponentTarget {
    subject: ComponentSubject,
    regions: Vec<Region>,
    /// The instance of the last execution: its regions can still be read.
    last: Option<CountedInstance>,
    seed: u64,
    bound: Duration,
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

impl ComponentTarget {
    /// Instruments and loads a component, binary or text. Its chance comes from `seed`, and `bound`
    /// is how long after quiescence it declares that its reads may differ.
    ///
    /// # Errors
    /// When the file cannot be read, is no component, or does not export the interface.
    pub fn load(
        file: &Path,
        options: Options,
        seed: u64,
        bound: Duration,
    ) -> Result<(Self, Instrumentation), LoadError> {
        let in_file = |mut error: LoadError| {
            error.file = Some(file.to_owned());
            error
        };
        let fault = |fault: String, mend: &str| in_file(LoadError { file: None, fault, mend: mend.into() });
        let mend = "give the path of a component (.wasm or .wat)";
        let text_or_binary = std::fs::read(file).map_err(|e| fault(format!("cannot be read: {e}"), mend))?;
        let bytes = wat::parse_bytes(&text_or_binary).map_err(|e| fault(format!("is not WebAssembly: {e}"), mend))?;
        Self::from_bytes(&bytes, options, seed, bound).map_err(in_file)
    }

    /// As [`ComponentTarget::load`], from the bytes of a component.
    ///
    /// # Errors
    /// As [`ComponentTarget::load`].
    pub fn from_bytes(
        component: &[u8],
        options: Options,
        seed: u64,
        bound: Duration,
    ) -> Result<(Self, Instrumentation), LoadError> {
        let instrumented = instrument(component).map_err(|e| LoadError {
            file: None,
            fault: format!("cannot be instrumented: it is {e}"),
            mend: "give a component (.wasm) that exports the interface".into(),
        })?;
        let report = Instrumentation::of(&instrumented);
        let subject = ComponentSubject::from_bytes(&instrumented.bytes, options)?;
        Ok((Self { subject, regions: instrumented.regions, last: None, seed, bound }, report))
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

impl Target for ComponentTarget {
    fn execute(&mut self, workload: &Workload) -> Result<Execution, String> {
        // The memory of the last instance is given back before the next one takes its own.
        self.last = None;
        let instance = self.subject.start_counted(self.seed, &self.regions);
        let instance = instance.map_err(|e| format!("the component could not be started: {e}"))?;
        let clock = ManualClock::default();
        let run = driver::run(workload, instance.implementation(), &clock, DEFAULT_PROFILE, self.bound);
        if let Some(fault) = run.harness_fault() {
            return Err(fault.failure.to_string());
        }
        let in_a_call = run.failures.iter().map(|failed| &failed.failure);
        // A trap in a destructor is noticed when the last handle is dropped.
        let after_all = instance.implementation().take_fault();
        let trap = in_a_call.chain(after_all.as_ref()).find_map(|failure| match failure {
            Failure::Trap(why) => Some(why.clone()),
            _ => None,
        });
        let finds = match trap {
            Some(_) if instance.was_interrupted() => vec![Find::Hang],
            Some(_) if instance.memory_was_refused() => vec![Find::Memory],
            Some(why) => vec![Find::Trap(why)],
            None => oracle::judge(&run.history).into_iter().map(Find::Anomaly).collect(),
        };
        self.last = Some(instance);
        Ok(Execution { finds, history: run.history })
    }

    fn regions(&self, visit: &mut dyn FnMut(&mut dyn Iterator<Item = (Layout, &[u8])>)) {
        if let Some(instance) = &self.last {
            instance.regions(visit);
        }
    }

    fn comparisons(&self) -> Vec<Comparison> {
        self.regions.iter().flat_map(|region| region.comparisons.iter().copied()).collect()
    }
}
