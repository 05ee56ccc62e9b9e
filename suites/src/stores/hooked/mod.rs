//! A correct store with a hook at each place where real stores break.
//!
//! A mutant is this store with one hook replaced ([`crate::stores::mutants`]); a store that is correct but
//! unusual is the same with other hooks replaced ([`crate::stores::legal`]). The store keeps every
//! version of every register with its virtual time and its writer, so that a hook can show an
//! older state, another one to each handle, or one that comes late. `get` and `set` take the same
//! way as in a component: through an incoming-value and an outgoing-value.

mod body;
mod correct;
mod parts;
mod registers;
mod slot;
mod store;

pub(crate) use correct::CORRECT;
pub(crate) use parts::{Body, Core, Form, Got, Hooks, Sink, Slot, Version};
pub(crate) use store::hooked;
