//! placeholder
pub mod coverage;
