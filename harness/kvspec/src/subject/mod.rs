//! Ways to load an implementation: each gives a [`Subject`](kvspec_reference::interface::Subject).
//!
//! * [`native`]: a Rust trait object.
//! * [`process`]: a host in a process of its own, of any language.
//! * `embedded`: a host in this process, of any runtime at any version (feature `probe`).
//! * [`probed`]: what the ways into a host share: calls of a probe that runs in it.

#[cfg(feature = "probe")]
#[cfg_attr(docsrs, doc(cfg(feature = "probe")))]
pub mod embedded;
mod grants;
mod hangs;
mod load_error;
pub mod native;
pub mod panics;
mod patience;
pub mod probed;
pub mod process;

pub use grants::{BuiltIn, Directory, Grants};
pub use hangs::Hangs;
pub use load_error::LoadError;
pub use patience::Patience;
