//! Operations that read and write at one instant: increments, and swaps between their base and their effect.
//!
//! `increments` and `swaps` define and decide when those of one register are explained; [`judge()`] takes them out of a
//! history and says what is wrong. Both are tested against [`definitions::atomics`](crate::definitions::atomics).

mod increments;
mod judge;
mod swaps;

#[cfg(test)]
mod agreement;

pub use judge::{exercised, judge};
