//! Random workloads, with the habits that find bugs in stores.
//!
//! One generator serves all: a proptest strategy ([`workloads()`]), a fuzzer's bytes
//! ([`from_unstructured`]) and a plain seed ([`from_seed`]). It favours hot keys, storms of set and
//! delete on one key, keys that are easily confused, pauses around the convergence bound, a key
//! left in peace while others are written, reopening, and values around the sizes of buffers.
//! Written values are stamped, so that a wrong read names its writer; in part of the workloads a
//! few values repeat on purpose, as deletes always do.
//!
//! Where listings, increments, swaps and batches are offered ([`Repertoire`]), workloads use them too, with
//! crowds of keys around the size of a page, sums past 32, 53 and 63 bits, handles that outlast writes,
//! whole compressed streams as values, and everything read again when time has passed.
//!
//! What it makes obeys the declaration: keys that are allowed, values within the limit, buckets
//! that exist.

mod choices;
mod crowds;
mod fuzzed;
mod names;
mod repertoire;
mod size;
mod store;
mod strategy;
mod streams;
mod values;
mod workload;

pub use fuzzed::FuzzedWorkload;
pub use repertoire::Repertoire;
pub use size::Size;
pub use strategy::{WorkloadTree, Workloads, workloads};
pub use workload::{from_seed, from_seed_offering, from_unstructured, from_unstructured_offering};

#[cfg(test)]
mod tests;
