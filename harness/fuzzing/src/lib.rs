//! Coverage-guided fuzzing of a component of any profile, in process: `kvspec fuzz`.
//!
//! A [`Prototype`] is a component that was instrumented ([`kvspec_coverage`]); [`component`] runs
//! workloads on instances of it, each of which serves for some (`life`) and is watched for what it
//! never gives back (`leak`). [`engine`] makes the workloads: it changes those that showed something
//! new, as the code of the component tells. What goes wrong becomes a [`Found`]: a small workload
//! that shows it.
//!
//! # Why an engine of our own
//!
//! The package `fuzz` gives the same oracle to libFuzzer. The command does not use it, because
//! libFuzzer's driver never returns (it ends the process itself), keeps its state in globals (one
//! search a process), takes the signals, and needs a C++ compiler wherever kvspec is built. LibAFL
//! has none of these faults, but adds 118 packages and a third to the time of a cold build. What
//! is left to write is small, and gains two things: workloads are changed as workloads, not as
//! bytes, and a run depends on its seed alone, so that a number of executions can be promised.

mod added;
mod bounds;
mod bytes;
mod calls;
pub mod campaign;
pub mod component;
mod corpus;
pub mod engine;
mod exchange;
mod exercised;
mod feedback;
mod find;
mod kept;
mod leak;
mod life;
mod loaded;
mod mutation;
mod neighbours;
mod parts;
mod prototype;
mod replay;
pub mod report;
mod stop;

pub use bounds::Bounds;
pub use campaign::{Budget, Campaign, CampaignError, Outcome};
pub use component::ComponentTarget;
pub use corpus::{CorpusError, load as load_corpus};
pub use engine::{Engine, Options, Progress, Target};
pub use exercised::Exercised;
pub use find::{Execution, Find, Found};
pub use kept::Kept;
pub use leak::Leak;
pub use prototype::{Instrumentation, Prototype};
pub use replay::{Again, replay};
pub use stop::Stop;
