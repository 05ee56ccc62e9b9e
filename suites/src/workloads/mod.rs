//! Random workloads: their generators, and the search for one that breaks an implementation.

pub mod generate;
pub mod property;
