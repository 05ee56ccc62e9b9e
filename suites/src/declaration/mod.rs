//! What an implementation declares of itself, in `kvspec.toml` or in code.
//!
//! An undeclared capability is skipped with its reason; a declared one that fails is a failure.
//! [`Declaration::faults`] says what is wrong with a declaration itself; [`Declaration::probe`]
//! proposes one by trying.

mod faults;
mod fields;
mod key_characters;
mod number;
mod probe;

pub use faults::DeclarationFault;
pub use fields::{Capabilities, Claim, Consistency, Declaration, Errors, Identity, Limits};
pub use key_characters::KeyCharacters;
pub use probe::Proposal;
