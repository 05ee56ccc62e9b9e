//! What the tests of kvspec run against: guests, hosts and servers.
//!
//! Everything that is built for tests is built by [`made`], one thing at a time on a machine. Where a
//! program is not installed, [`missing`] says what becomes of the test.

pub mod bodies;
pub mod folders;
pub mod guest;
pub mod made;
pub mod maps;
pub mod missing;
pub mod redis;
pub mod redis_server;

/// A component that exports the interface and does nothing, as text.
pub const EXPORTS_STORE: &str = include_str!("../data/exports-store.wat");
