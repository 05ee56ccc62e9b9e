//! How the requirements of `store@0.2.0` are written down.

use kvspec_reference::{Profile, RequirementId};

use crate::requirement::entry::{Basis, Concern, Grounds, Level, Requirement, Source};

/// The interface `store`.
const STORE: &str = "wit/store.wit";
/// The interface `atomics`.
const ATOMICS: &str = "wit/atomic.wit";
/// The interface `batch`.
const BATCH: &str = "wit/batch.wit";

pub(super) const fn store(item: &'static str, phrase: &'static str) -> Source {
    Source { file: STORE, item, phrase }
}

pub(super) const fn atomics(item: &'static str, phrase: &'static str) -> Source {
    Source { file: ATOMICS, item, phrase }
}

pub(super) const fn batch(item: &'static str, phrase: &'static str) -> Source {
    Source { file: BATCH, item, phrase }
}

/// A requirement of both drafts.
pub(super) const fn requirement(
    id: RequirementId,
    (level, basis): (Level, Basis),
    sources: &'static [Source],
    statement: &'static str,
    argument: &'static str,
) -> Requirement {
    Requirement {
        id,
        level,
        concern: Concern::Answers,
        statement,
        profile: Profile::StoreDraft,
        grounds: Grounds { basis, argument, sources },
        shared_with_store: None,
        retired: None,
    }
}

/// A requirement of the second draft alone.
pub(super) const fn of_second_draft(
    id: RequirementId,
    strength: (Level, Basis),
    sources: &'static [Source],
    statement: &'static str,
    argument: &'static str,
) -> Requirement {
    Requirement { profile: Profile::StoreDraft2, ..requirement(id, strength, sources, statement, argument) }
}
