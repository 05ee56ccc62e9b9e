//! The context a case runs in: sessions that are recorded, and expectations that wait as long as
//! eventual consistency demands, and no longer.
//!
//! A case is written in steps. [`Check::claim`] names the requirement that the steps after it speak
//! of; [`Check::set`], [`Check::delete`], [`Check::reads`] and [`Check::exists`] act and compare,
//! and skip the case where a declared limit forbids the key or value.
//! A step that fails ends the case with a refutation, of which an anomaly is made when the history
//! is complete. What the implementation declares decides what a case may ask for: see
//! [`Check::needs_streaming`] and its neighbours.

mod afterwards;
mod answered;
mod blame;
mod calls;
mod context;
mod diagnosis;
mod poll;
mod refutation;
mod requisites;
mod setup;
mod stop;
mod streams;
mod value_call;

pub use answered::Answered;
pub use context::Check;
pub use refutation::Refutation;
pub use stop::{Checked, Stop};
pub use streams::{Drained, drain, write_chunks};
pub use value_call::ValueCall;

#[cfg(test)]
mod blame_tests;
#[cfg(test)]
mod tests;
