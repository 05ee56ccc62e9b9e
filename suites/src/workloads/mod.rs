//! Random workloads: their generators, the strategy for proptest, and the search for one that breaks
//! an implementation.

pub mod generate;
pub mod property;
pub mod proptest;
