//! A history made ready for the levels of the causal family.

mod chains;
#[allow(clippy::module_inception)] // the type that the folder is about
mod execution;
mod normalise;
mod reads_from;

pub(super) use execution::{Execution, INITIAL, Observed, OpenRead, UNREAD};
pub(super) use normalise::normalise;
