//! The registry of requirements: what we demand, how strongly, and what it rests on.
//!
//! IDs never change meaning. A requirement that is dropped leaves a tombstone, so that its ID is
//! not used again. `suites/REQUIREMENTS.md` is this registry for people to read; a test keeps it
//! current (run it with `KVSPEC_BLESS=1` to write the file anew).
//!
//! Each requirement cites the few words of the original that it rests on, by file, commit and item.
//! Where a definition comes from the literature, its argument names the paper:
//!
//! * Herlihy and Wing, *Linearizability*, ACM TOPLAS 12(3), 1990.
//! * Terry et al., *Session guarantees for weakly consistent replicated data*, PDIS 1994.
//! * Vogels, *Eventually consistent*, CACM 52(1), 2009.
//! * Viotti and Vukolić, *Consistency in non-transactional distributed storage systems*, ACM
//!   Computing Surveys 49(1), 2016.

mod entry;
mod eventual;
mod store;
mod text;

use kvspec_reference::RequirementId;

pub use entry::{Basis, Concern, Grounds, Level, Requirement, Source};
pub use text::Text;

/// All requirements, in the order of their IDs' groups.
pub fn all() -> impl Iterator<Item = &'static Requirement> {
    eventual::GROUPS.iter().chain(store::GROUPS).copied().flatten()
}

/// The requirement of this ID.
pub fn find(id: RequirementId) -> &'static Requirement {
    all().find(|requirement| requirement.id == id).expect("every ID is registered: a test holds this")
}

#[cfg(test)]
mod tests;
