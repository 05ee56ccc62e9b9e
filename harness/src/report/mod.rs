//! How results are told: to people and to machines.

pub mod diagram;
