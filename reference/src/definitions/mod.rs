//! The definitions by brute force: what the fast checkers are measured against.

pub mod atomics;
pub mod causal;
pub mod eventual;
pub mod registers;
