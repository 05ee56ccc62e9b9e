//! How the requirements of `eventual@0.1.0` are written down.
//!
//! A requirement that the text of `store@0.2.0` makes too cites that text besides, in the words that
//! both drafts have.

use kvspec_reference::{Profile, RequirementId};

use crate::requirement::entry::{Basis, Concern, Grounds, Level, Requirement, Source};

/// The interface `types`.
const TYPES: &str = "wit/types.wit";
/// The interface `eventual`.
const EVENTUAL: &str = "wit/eventual.wit";
/// The interface `wasi-keyvalue-error`.
const ERROR: &str = "wit/error.wit";
/// The interface `store` of `store@0.2.0`.
const STORE: &str = "wit/store.wit";

pub(super) const fn types(item: &'static str, phrase: &'static str) -> Source {
    Source { file: TYPES, item, phrase }
}

pub(super) const fn eventual(item: &'static str, phrase: &'static str) -> Source {
    Source { file: EVENTUAL, item, phrase }
}

pub(super) const fn error(phrase: &'static str) -> Source {
    Source { file: ERROR, item: "error", phrase }
}

pub(super) const fn store(item: &'static str, phrase: &'static str) -> Source {
    Source { file: STORE, item, phrase }
}

/// A requirement of `eventual@0.1.0` alone.
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
        profile: Profile::Eventual,
        grounds: Grounds { basis, argument, sources },
        shared_with_store: None,
        retired: None,
    }
}

impl Requirement {
    /// The same, speaking of something other than answers.
    pub(super) const fn speaking_of(mut self, concern: Concern) -> Self {
        self.concern = concern;
        self
    }

    /// The same, made by `store@0.2.0` too, for the same reasons.
    pub(super) const fn shared(mut self, sources: &'static [Source]) -> Self {
        self.shared_with_store = Some(Grounds { sources, ..self.grounds });
        self
    }

    /// The same, made by `store@0.2.0` too, where it is derived with an argument of its own.
    pub(super) const fn derived_in_store(mut self, sources: &'static [Source], argument: &'static str) -> Self {
        self.shared_with_store = Some(Grounds { basis: Basis::Derived, argument, sources });
        self
    }
}
