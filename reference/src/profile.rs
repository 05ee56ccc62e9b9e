//! The versions of `wasi:keyvalue` that are known here.

use std::fmt;
use std::str::FromStr;

/// A version of the interface, with a text that defines it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// `eventual@0.1.0`: WebAssembly/wasi-keyvalue at commit b6313d4.
    #[default]
    Eventual,
    /// `store@0.2.0-draft`: WebAssembly/wasi-keyvalue at commit 219ea36.
    StoreDraft,
    /// `store@0.2.0-draft2`: WebAssembly/wasi-keyvalue at commit fb6e23d.
    StoreDraft2,
}

impl Profile {
    /// All profiles, oldest first.
    pub const ALL: &'static [Self] = &[Self::Eventual, Self::StoreDraft, Self::StoreDraft2];

    /// Its name, such as `eventual@0.1.0`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eventual => "eventual@0.1.0",
            Self::StoreDraft => "store@0.2.0-draft",
            Self::StoreDraft2 => "store@0.2.0-draft2",
        }
    }

    /// Whether it is a draft of `store@0.2.0`.
    pub const fn is_store(self) -> bool {
        matches!(self, Self::StoreDraft | Self::StoreDraft2)
    }
}

/// A text that is the name of no profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownProfile(String);

/// A profile is equal to its name.
impl PartialEq<&str> for Profile {
    fn eq(&self, name: &&str) -> bool {
        self.name() == *name
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        let known = Self::ALL.iter().find(|profile| profile.name() == text);
        known.copied().ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        write!(f, "unknown profile {:?}; expected one of {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownProfile {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_profile_and_back() {
        for profile in Profile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(*profile));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "store@0.2.0-draft3".parse::<Profile>().unwrap_err();
        let expected = "unknown profile \"store@0.2.0-draft3\"; expected one of eventual@0.1.0, store@0.2.0-draft, \
                        store@0.2.0-draft2";
        assert_eq!(error.to_string(), expected);
    }
}
