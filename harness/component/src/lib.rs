//! Wasm components and hosts in Rust as subjects of kvspec.
//!
//! * [`component`]: a component that exports the interface, run in a sandbox.
//! * [`mod@host`]: a host that offers the interface as an import.
//! * [`counters`]: what an instrumented component counted.

pub mod component;
pub mod counters;
mod dialect;
pub mod host;
mod sandbox;

pub use host::host;
pub use sandbox::Limits;
