//! The levels that look at one register at a time, in real time.

mod guarantee;
mod handover_scan;
mod handovers;
pub mod linearizable;
pub mod regular;
pub mod sessions;
pub(crate) mod writers;
