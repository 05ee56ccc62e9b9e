//! The probe: the component that kvspec runs in a host of `wasi:keyvalue`, made for the host at hand.
//!
//! It imports the interface in the [`Dialect`] that is asked for, and four functions of WASI: standard
//! input and output. (One for a host in this process needs none of these.) It knows nothing of the interface: it is told a function by its number and
//! the arguments as they lie in memory, calls it, and answers with what it got, as bytes. So one core
//! module serves every dialect, and arguments and results are read and written on kvspec's side, by
//! the canonical ABI of the component model.
//!
//! | file | what is there |
//! |---|---|
//! | `dialect` | which texts of the interface are in the wild |
//! | `interface` | their types and functions, as text of a component |
//! | `component` | the probe around them |
//! | `search` | which dialect a host offers, by trying |
//! | `file` | the probe as a file (feature `probe`) |
//! | `memory.wat.in` | its memory |
//! | `command.wat.in` | what it does in a program of its own: the protocol is explained there |
//! | `exchange.wat.in` | what it does in a host in this process |

mod component;
mod dialect;
#[cfg(feature = "probe")]
#[cfg_attr(docsrs, doc(cfg(feature = "probe")))]
pub mod file;
mod interface;
mod search;

pub use component::{ANSWER_HEAD_BYTES, WASI_RELEASE, component, exchanging_component, imports_only};
pub(crate) use component::{ARGUMENTS_ADDRESS, functions};
pub use dialect::{
    Consume, Cursor, Dialect, EventualDialect, GetMany, Increment, StoreDialect, Streams, UnknownDialect, VERSIONS,
};
#[doc(hidden)]
pub use interface::{Function, Interface, interfaces, resources, write_imports};
pub use search::Found;
