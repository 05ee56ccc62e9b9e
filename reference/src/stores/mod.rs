//! Stores of our own: the smallest correct one, and a simulated cluster that is truly eventual.

pub mod memory;
pub mod simulated;
