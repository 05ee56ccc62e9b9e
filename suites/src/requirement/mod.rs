//! The registry of requirements: what we demand, how strongly, and where it stands.
//!
//! IDs never change meaning. A requirement that is dropped leaves a tombstone, so that its ID is
//! not used again. `suites/REQUIREMENTS.md` is this registry for people to read; a test keeps it
//! current (run it with `KVSPEC_BLESS=1` to write the file anew).

mod eventual;
pub mod store;
mod table;

use std::fmt;

use crate::case::Case;
use crate::cases;

pub use table::markdown;

/// What a store must, should or may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A store that does not is not conformant.
    Must,
    /// A store that does not is conformant, and told of it.
    Should,
    /// Either way is fine; which way is reported.
    May,
}

/// What a requirement rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// A version of the interface, with the text that defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Its name here, such as `eventual@0.1.0`.
    pub name: &'static str,
    /// The repository of its text.
    pub repository: &'static str,
    /// The commit of its text.
    pub commit: &'static str,
    /// What the IDs of its own requirements begin with.
    pub prefix: &'static str,
}

/// `eventual@0.1.0`.
pub const EVENTUAL: Profile =
    Profile { name: "eventual@0.1.0", repository: "WebAssembly/wasi-keyvalue", commit: "b6313d4", prefix: "KVE" };

/// `store@0.2.0-draft`.
pub const STORE_DRAFT: Profile =
    Profile { name: "store@0.2.0-draft", repository: "WebAssembly/wasi-keyvalue", commit: "219ea36", prefix: "KVS" };

/// `store@0.2.0-draft2`.
pub const STORE_DRAFT2: Profile =
    Profile { name: "store@0.2.0-draft2", repository: "WebAssembly/wasi-keyvalue", commit: "fb6e23d", prefix: "KVS" };

/// All profiles.
pub const PROFILES: &[Profile] = &[EVENTUAL, STORE_DRAFT, STORE_DRAFT2];

/// Where the original of a requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The file in the profile's repository, at its commit.
    pub file: &'static str,
    /// The item of that file whose documentation it is.
    pub item: &'static str,
}

/// One requirement.
#[derive(Debug, Clone, Copy)]
pub struct Requirement {
    /// Such as `KVE-GET-01`.
    pub id: &'static str,
    /// How strongly it is demanded.
    pub level: Level,
    /// What it rests on.
    pub basis: Basis,
    /// What it says, in our words.
    pub statement: &'static str,
    /// Why it follows, where it is derived; what is open, where it is contested or unspecified.
    pub argument: &'static str,
    /// Where the original stands.
    pub sources: &'static [Source],
    /// The profile it belongs to.
    pub profile: Profile,
    /// Set when it is no longer demanded: since when, and why. Its ID is not used again.
    pub retired: Option<&'static str>,
}

impl Requirement {
    /// The cases that test it.
    pub fn cases(&self) -> Vec<&'static Case> {
        cases::of_any_profile().filter(|case| case.requirements.contains(&self.id)).collect()
    }

    /// Whether a violation is only reported, never a failure.
    pub fn is_only_observed(&self) -> bool {
        matches!(self.basis, Basis::Contested | Basis::Unspecified)
    }

    /// Where the original stands, such as `wit/eventual.wit@b6313d4, get`.
    pub fn source_text(&self) -> String {
        self.source_in(self.profile.name)
    }

    /// Where the original stands in the text of a profile that has the requirement too (see
    /// [`store::SHARED`]); in that of its own for any other.
    pub fn source_in(&self, profile: &str) -> String {
        let sharing = PROFILES.iter().find(|known| known.name == profile && known.prefix != self.profile.prefix);
        match sharing.filter(|_| store::SHARED.contains(&self.id)) {
            Some(sharing) => places(sharing, store::sources_of_shared(self.id)),
            None => places(&self.profile, self.sources),
        }
    }
}

fn places(profile: &Profile, sources: &[Source]) -> String {
    let place = |s: &Source| format!("{}@{}, {}", s.file, profile.commit, s.item);
    sources.iter().map(place).collect::<Vec<_>>().join("; ")
}

/// All requirements, in the order of their IDs' groups.
pub fn all() -> impl Iterator<Item = &'static Requirement> {
    eventual::REQUIREMENTS.iter().chain(store::REQUIREMENTS)
}

/// The requirement of this ID.
pub fn find(id: &str) -> Option<&'static Requirement> {
    all().find(|requirement| requirement.id == id)
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Must => "must",
            Level::Should => "should",
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

#[cfg(test)]
mod tests;
