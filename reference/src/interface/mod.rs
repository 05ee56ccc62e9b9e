//! The interface of `wasi:keyvalue` as traits.
//!
//! A store needs the four operations of [`Bucket`] and [`Implementation::open`]; all else has a
//! default. Value resources ([`OutgoingValue`], [`IncomingValue`]) default to plain buffers; an
//! implementation whose values have an own life (a component) brings its own.
//!
//! Three kinds of failure never mix ([`Failure`]): an error the interface allows, a trap of the
//! implementation, and a fault of kvspec itself. Where no answer came, none of them is known.

mod bucket;
mod buffered;
mod capability;
mod clock;
mod failure;
mod fresh;
mod implementation;
mod value;

pub use bucket::Bucket;
pub use buffered::{BufferedIncoming, BufferedOutgoing};
pub use capability::{Atomics, Batch, CompareAndSwap, Counter, KeyPage, Listing, Pair, Swap};
pub use clock::{Clock, ManualClock};
pub use failure::{ErrorKind, Failure, InterfaceError, Result};
pub use fresh::{Fresh, fresh};
pub use implementation::{Implementation, Subject};
pub use value::{IncomingValue, InputStream, OutgoingValue, OutputStream};
