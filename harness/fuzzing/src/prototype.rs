//! A component that is instrumented and loaded once, for all searches in it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use kvspec_reference::Profile;
use kvspec_reference::interface::Subject as _;
use kvspec_suites::Declaration;
use kvspec_suites::workloads::generate::Repertoire;

use super::component::ComponentTarget;
use super::life;
use super::loaded::Loaded;
use kvspec::subject::LoadError;
use kvspec_component::component::{ComponentSubject, Options};
use kvspec_coverage::{Instrumented, instrument};

/// A loaded component that searches in other threads can begin from.
#[derive(Clone)]
pub struct Prototype {
    loaded: Arc<Loaded>,
    declaration: Declaration,
    /// Found by trying, when the first search begins.
    repertoire: OnceLock<Repertoire>,
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
            let help = "give the path of a component (.wasm or .wat)";
            in_file(LoadError { file: None, fault, help: help.into() })
        };
        let text_or_binary = std::fs::read(file).map_err(|e| fault(format!("cannot be read: {e}")))?;
        options.try_out(&text_or_binary).map_err(in_file)?;
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
            help: "give a component (.wasm) that exports the interface".into(),
        })?;
        Self::of(instrumented, options.clone(), declaration).map_err(|error| {
            // What is fine without counters is not at fault.
            match ComponentSubject::from_bytes(component, options) {
                Ok(_) => LoadError {
                    file: None,
                    fault: format!("is too large with the counters that the search puts into it: it {}", error.fault),
                    help: "use `kvspec run TARGET --cases N`, which tries random workloads without counters".into(),
                },
                Err(error) => error,
            }
        })
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
        Ok((Self { loaded, declaration, repertoire: OnceLock::new() }, report))
    }

    /// A target for one search, with a fresh instance for each workload. The component's chance comes
    /// from `seed`.
    pub fn target(&self, seed: u64) -> ComponentTarget {
        ComponentTarget::of(self.loaded.clone(), self.declaration.clone(), self.repertoire(), seed)
    }

    /// What the component can be asked beyond get, set, delete and exists.
    pub fn repertoire(&self) -> Repertoire {
        *self.repertoire.get_or_init(|| Repertoire::offered_by(self.subject(), &self.declaration))
    }

    /// The profile that the component exports.
    pub fn profile(&self) -> Profile {
        self.subject().profile()
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
        self.repertoire = OnceLock::new();
        self
    }

    /// What the component declares of itself.
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }
}

impl Instrumentation {
    fn of(instrumented: &Instrumented) -> Self {
        let mut counted: Vec<String> = instrumented.regions.iter().map(|region| region.module.to_string()).collect();
        counted.dedup();
        Self {
            edges: instrumented.edge_count(),
            comparisons: instrumented.comparison_count(),
            counted,
            untouched: instrumented.untouched.iter().map(ToString::to_string).collect(),
        }
    }
}
