//! Feedback from inside an opaque component: which edges of its code ran, how close its comparisons
//! with constants came, which bytes it compared with which, and how many of its resources live.
//!
//! [`instrument`] rewrites a component, in any language, without its source. Each core module in
//! it gains
//!
//! * a private memory of fixed size, the **region**: one byte for each edge of its control flow
//!   and one for each comparison with a constant (`layout`), room for operands of functions that
//!   compare memory (`comparers`), and counts of the resources it makes and ends (`facts`),
//! * code that counts in it (`plan` says where, `module` writes it),
//! * two functions, lifted to exports of the component (`component`): one gives the region as a
//!   list that the host reads in place, one zeroes it.
//!
//! `CounterRegions` of the crate `kvspec-component` is the host's side. Counters outlive a trap: they lie in a memory that the
//! store keeps until it is dropped. What the guest computes does not change: its own functions,
//! memories and indices stay as they were.

mod comparers;
mod component;
mod counting;
mod facts;
mod layout;
mod module;
mod plan;
mod scope;

use std::fmt;
use std::sync::Arc;

pub use layout::{Layout, ResourceCounts};
pub use plan::{Comparison, Width};

/// A component with counters, and where they are.
#[derive(Debug, Clone)]
pub struct Instrumented {
    /// The rewritten component.
    pub bytes: Vec<u8>,
    /// The regions an instance of it has, one for each core instance of an instrumented module; of a
    /// thousand at most.
    pub regions: Vec<Region>,
    /// Core modules, core instances and components that have no counters, in the order they were met.
    pub untouched: Vec<Untouched>,
}

impl Instrumented {
    /// How many edges all regions have together. 0: there is no code to count in.
    pub fn edge_count(&self) -> usize {
        self.regions.iter().map(|region| region.layout.edges as usize).sum()
    }

    /// How many comparisons all regions have together.
    pub fn comparison_count(&self) -> usize {
        self.regions.iter().map(|region| region.comparisons.len()).sum()
    }
}

/// The counters of one core instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The place of the module in the component, such as `component 0, module 2 (main)`.
    pub module: Arc<str>,
    /// The export `func() -> list<u8>` that gives the region.
    pub read_export: String,
    /// The export `func()` that zeroes the region.
    pub reset_export: String,
    /// What its bytes are.
    pub layout: Layout,
    /// The comparisons, in the order of their bytes.
    pub comparisons: Arc<[Comparison]>,
    /// The types of resources that are counted, in the order of their counts, such as
    /// `wasi:keyvalue/types@0.1.0#bucket`.
    pub resources: Arc<[String]>,
}

/// Is shown the bytes of all regions, each with its layout, always in the same order.
pub type RegionVisitor<'v> = dyn FnMut(&mut dyn Iterator<Item = (Layout, &[u8])>) + 'v;

/// A core module that has no counters, or core instances or a component that are beyond what is
/// counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untouched {
    /// The place of the module in the component.
    pub module: String,
    /// Why.
    pub reason: Reason,
}

/// Why a core module has no counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It has no code.
    NoCode,
    /// It uses something that the rewriter does not know, or more of it than there is room for.
    Unsupported(String),
    /// It comes from outside: imported, or taken from an instance.
    Foreign,
}

impl fmt::Display for Untouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::NoCode => write!(f, "{}: no code", self.module),
            Reason::Unsupported(what) => write!(f, "{}: left alone, {what}", self.module),
            Reason::Foreign => write!(f, "{}: not part of the component", self.module),
        }
    }
}

/// Why a component cannot be instrumented at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstrumentError {
    /// The bytes are a core module. To fix it, make a component of it (`wasm-tools component new`).
    CoreModule,
    /// The bytes cannot be parsed.
    Malformed {
        /// Where, in bytes from the start of the outermost component.
        offset: usize,
        /// What is wrong.
        message: String,
    },
    /// It has exports of the names that instrumentation adds.
    AlreadyInstrumented {
        /// The export.
        export: String,
    },
}

impl fmt::Display for InstrumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstrumentError::CoreModule => {
                f.write_str("a core module, not a component; make one of it with `wasm-tools component new`")
            }
            InstrumentError::Malformed { offset, message } => {
                write!(f, "not a well-formed component: {message} (at byte {offset})")
            }
            InstrumentError::AlreadyInstrumented { export } => {
                write!(f, "already instrumented: it exports `{export}`; give the original component")
            }
        }
    }
}

impl std::error::Error for InstrumentError {}

/// Adds counters to every core module of a component, nested ones too.
///
/// A module without code, or with features the rewriter does not know, passes through unchanged
/// and is listed; so are nested components that lie too deep, or are instantiated too often. The
/// result is the same for the same bytes.
///
/// # Errors
/// When the bytes are no component, or one that was instrumented before.
pub fn instrument(component: &[u8]) -> Result<Instrumented, InstrumentError> {
    component::rewrite(component)
}
