//! The cases, grouped as the interface is.

mod delete;

use crate::case::Case;

/// All cases, in the order of the interface.
pub fn all() -> Vec<&'static Case> {
    delete::CASES.iter().collect()
}
