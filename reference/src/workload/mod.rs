//! Workloads: what sessions are asked to do.
//!
//! The same type comes from cases, from proptest, from a fuzzer's bytes and from files. The text
//! form ([`text`]) has one step a line and outlives any generator:
//!
//! ```text
//! kvspec workload 1
//! profile eventual@0.1.0
//! sessions 2
//!
//! 0 set b k stamp(0.1 64)     # session 0 writes 64 bytes that name their writer
//! 1 get b k
//! 0 delete b "a key\n"
//! 0 set b k "abcdef" streamed 2 flush 3     # as a stream: 2 bytes, a flush, 3 bytes, the rest
//! 1 increment b n 5
//! 0 cas-new h b k             # a handle of session 0, by the name of h
//! 0 swap h "v"
//! 0 set-many b a "v" k[0..1201] stamp(0.2 32)
//! 1 get-many b a k[0..1201]   # the keys a and k0000 to k1200
//! 1 delete-many b a
//! 1 list b                    # all pages; "list b page 1" reads the first alone
//! wait 500ms                  # let time pass
//! quiesce                     # let the convergence bound pass, then read every register
//! ```
//!
//! The order of the lines is the interleaving: a driver that calls one session at a time follows
//! it; a driver with real threads keeps the order within each session, and lets no step cross a
//! `wait` or `quiesce`.

pub mod client;
pub mod driver;
mod keys;
pub mod log;
mod persistence;
mod pieces;
pub mod recorder;
pub mod session_log;
pub mod shrink;
pub mod stamp;
mod step;
mod stored_stream;
pub mod text;
mod value_source;

pub use keys::{BATCH_KEYS_MAX, Keys};
pub use persistence::Persistence;
pub use pieces::{Cut, Pieces};
pub use step::{Call, SESSIONS_MAX, Step, Workload};
pub use value_source::ValueSource;
