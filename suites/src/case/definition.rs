//! What a case is.

use kvspec_reference::RequirementId;

use super::check::{Check, Stop};

/// One case: a claim that is true of good stores, and the code that tries to refute it.
pub struct Case {
    /// Its identity: `profile::group::claim`. Names never change meaning.
    pub name: &'static str,
    /// The requirements it tests, the main one first.
    pub requirements: &'static [RequirementId],
    /// The bug it is there to catch, in words that complete "it catches a store that ...".
    pub catches: &'static str,
    /// Tries to refute the claim.
    pub run: fn(&mut Check<'_>) -> Result<(), Stop>,
}
