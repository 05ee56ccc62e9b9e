//! `store@0.2.0` with `atomics` and `batch`, as a component exports it.

mod functions;
mod live;
pub(crate) mod shape;

pub(crate) use functions::Functions;
pub(crate) use live::{Mode, StoreInstance};
