//! A run against one subject: the selected cases, each on a fresh implementation, then random
//! workloads.
//!
//! * [`whole`]: the way of a run, which emits events.
//! * [`first_check`](mod@first_check): whether there is anything to run.
//! * [`event`]: the events, and who listens to them.
//! * [`outcome`]: what came of a run.
//! * [`case`]: one case.
//! * [`answers`]: how calls were answered.
//! * [`exploration`] and [`threads`]: random workloads, one call at a time and by real threads.
//! * [`kept`]: the files of workloads that failed.

pub mod answers;
pub mod case;
mod clock;
pub mod event;
pub mod exploration;
pub mod first_check;
mod header;
pub mod kept;
mod meeting;
pub mod outcome;
pub mod plan;
mod sessions;
mod so_far;
pub mod threads;
pub mod whole;

pub use answers::Answers;
pub use case::{CaseRun, run_one};
pub use clock::RealClock;
pub use event::{Event, Listener};
pub use first_check::first_check;
pub use header::RunHeader;
pub use outcome::{Extent, Run};
pub use plan::Plan;
pub use whole::WholeRun;
