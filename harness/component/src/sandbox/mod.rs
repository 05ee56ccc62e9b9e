//! The sandbox a component runs in: WASI with files in memory, no network, a clock of ours and random
//! numbers from a seed.
//!
//! Functions are defined under the exact names a component imports, whatever the 0.2 release, so
//! no WIT of WASI is kept here. Imports that are not offered are named before anything starts; those
//! that the runtimes of some languages carry along trap when they are called, and the trap names them.

mod cli;
mod clock;
mod config;
mod ends;
mod files;
mod imports;
mod io;
mod linker;
mod logging;
mod memory;
mod plugged;
mod random;
mod state;
mod time;

pub(crate) use clock::VirtualClock;
pub(crate) use ends::{HostInput, HostOutput};
pub(crate) use imports::{Missing, missing as missing_imports, opens_files};
pub(crate) use linker::linker;
pub use memory::Limits;
pub(crate) use state::{Estate, Sandbox};
