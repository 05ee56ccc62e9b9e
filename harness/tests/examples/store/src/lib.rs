//! A crate with a store, as a user of kvspec has it: see `tests/conformance.rs`.
