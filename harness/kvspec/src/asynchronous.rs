//! Stores whose calls are asynchronous, such as clients of a server.
//!
//! A store implements [`AsyncImplementation`], its handles [`AsyncBucket`]; no future need be [`Send`].
//! [`on_tokio`] (feature `tokio`) makes each store on a runtime of its own, [`polled`] is for futures that
//! need no runtime, and [`Blocking::new`] takes whatever waits for a future ([`BlockOn`]).
//!
#![cfg_attr(feature = "tokio", doc = "```no_run")]
#![cfg_attr(not(feature = "tokio"), doc = "```ignore")]
#![doc = include_str!("../examples/async_store.rs")]
//! ```

mod blocking;
mod interface;
mod polled;
#[cfg(feature = "tokio")]
mod tokio_runtime;

pub use blocking::{BlockOn, Blocking};
pub use interface::{
    AsyncAtomics, AsyncBatch, AsyncBucket, AsyncCompareAndSwap, AsyncImplementation, AsyncListing, NotOffered,
};
pub use polled::{Polled, polled};
#[cfg(feature = "tokio")]
pub use tokio_runtime::{Tokio, on_tokio};
