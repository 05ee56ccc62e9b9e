//! One entry of the registry: what is demanded, how strongly, and what it rests on.

use std::fmt;

use kvspec_reference::{Profile, RequirementId};

use super::text::Text;

/// What a store must or may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// A store that does not is not conformant.
    Must,
    /// Either way is fine; which way is reported.
    May,
}

/// What a requirement rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Basis {
    /// A sentence of the text says it.
    Explicit,
    /// It follows from sentences of the text; the argument is in the requirement.
    Derived,
    /// The text contradicts itself, or its authors disagree. Reported, never a failure.
    Contested,
    /// The text is silent. Reported, never a failure.
    Unspecified,
}

/// What a requirement speaks of. It decides which requirement an error or an outdated value breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Concern {
    /// What a call answers. An error in place of the answer breaks it.
    Answers,
    /// That a call is answered at all. An error is an answer.
    Response,
    /// Which states a register may have. An error breaks the requirement of the call, not this one.
    States,
    /// Where a value comes from. As [`Concern::States`]; besides, a value that the register once had
    /// is no violation, however old.
    Origin,
}

/// A few words of the original, and where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The file in the profile's repository, at its commit.
    pub file: &'static str,
    /// The item of that file: its documentation or its signature has the words.
    pub item: &'static str,
    /// The words, verbatim but for line breaks.
    pub phrase: &'static str,
}

/// What a requirement rests on in the text of one profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grounds {
    /// How it rests on the sources.
    pub basis: Basis,
    /// Why it follows, where it is derived; what is open, where it is contested or unspecified.
    pub argument: &'static str,
    /// Where the original stands.
    pub sources: &'static [Source],
}

/// One requirement.
#[derive(Debug, Clone, Copy)]
pub struct Requirement {
    /// Its ID.
    pub id: RequirementId,
    /// How strongly it is demanded.
    pub level: Level,
    /// What it speaks of.
    pub concern: Concern,
    /// What it says, in our words.
    pub statement: &'static str,
    /// The profile it belongs to.
    pub profile: Profile,
    /// What it rests on in the text of that profile.
    pub grounds: Grounds,
    /// What it rests on in the text of the `store@0.2.0` profiles; set when it belongs to
    /// `eventual@0.1.0` and they demand it too.
    pub shared_with_store: Option<Grounds>,
    /// Set when it is no longer demanded: since when, and why. Its ID is not used again.
    pub retired: Option<&'static str>,
}

impl Requirement {
    /// Whether a violation is only reported, never a failure.
    pub fn is_only_observed(&self) -> bool {
        matches!(self.grounds.basis, Basis::Contested | Basis::Unspecified)
    }

    /// Whether a call that answers with an error breaks it.
    pub fn is_broken_by_an_error(&self) -> bool {
        self.concern == Concern::Answers && !self.is_only_observed()
    }

    /// Whether a profile demands it.
    pub fn is_of(&self, profile: Profile) -> bool {
        match (self.profile, profile) {
            (own, asked) if own == asked => true,
            (Profile::Eventual, asked) => asked.is_store() && self.shared_with_store.is_some(),
            // The second draft adds to the first.
            (Profile::StoreDraft, Profile::StoreDraft2) => true,
            _ => false,
        }
    }

    /// What it rests on in the text of a profile that demands it; in that of its own for any other.
    pub fn grounds_in(&self, profile: Profile) -> Grounds {
        self.shared_with_store.filter(|_| profile.is_store()).unwrap_or(self.grounds)
    }

    /// Where the original stands, such as `wit/eventual.wit@b6313d4, delete: "it does nothing"`.
    pub fn source_text(&self) -> String {
        self.source_in(self.profile)
    }

    /// As [`Requirement::source_text`], in the text that [`Requirement::grounds_in`] speaks of.
    pub fn source_in(&self, profile: Profile) -> String {
        let is_shared = self.shared_with_store.is_some() && profile.is_store();
        let commit = Text::of(if is_shared { profile } else { self.profile }).commit;
        let place = |s: &Source| format!("{}@{commit}, {}: \"{}\"", s.file, s.item, s.phrase);
        self.grounds_in(profile).sources.iter().map(place).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Must => "must",
            Level::May => "may",
        })
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Basis::Explicit => "explicit",
            Basis::Derived => "derived",
            Basis::Contested => "contested",
            Basis::Unspecified => "unspecified",
        })
    }
}
