//! The text that defines a profile.

use kvspec_reference::Profile;

/// Where the text of a profile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// The profile it defines.
    pub profile: Profile,
    /// Its repository on GitHub.
    pub repository: &'static str,
    /// Its commit, abbreviated.
    pub commit: &'static str,
}

const TEXTS: &[Text] =
    &[text(Profile::Eventual, "b6313d4"), text(Profile::StoreDraft, "219ea36"), text(Profile::StoreDraft2, "fb6e23d")];

const fn text(profile: Profile, commit: &'static str) -> Text {
    Text { profile, repository: "WebAssembly/wasi-keyvalue", commit }
}

impl Text {
    /// The text of this profile.
    pub fn of(profile: Profile) -> Self {
        let known = TEXTS.iter().find(|text| text.profile == profile);
        *known.expect("every profile has a text: a test holds this")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_one_text() {
        assert!(TEXTS.iter().map(|text| &text.profile).eq(Profile::ALL));
        assert_eq!(Text::of(Profile::StoreDraft2).commit, "fb6e23d");
    }
}
