//! What an experiment showed.

use kvspec_reference::interface::{Failure, Result};

/// What an experiment showed: yes, no, or why it could not be made.
pub(super) type Answer = std::result::Result<bool, String>;

/// Whether the call gave a result rather than an interface error.
pub(super) fn succeeds<T>(result: Result<T>) -> Result<bool> {
    match result {
        Ok(_) => Ok(true),
        Err(Failure::Error(_)) => Ok(false),
        Err(failure) => Err(failure),
    }
}
