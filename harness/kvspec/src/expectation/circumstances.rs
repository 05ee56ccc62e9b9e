//! What a run is made in, and which expectations are meant for it.

use kvspec_reference::Profile;

use super::date::Date;

/// What a run is made in.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The profile that is tested.
    pub profile: Profile,
    /// What reports call the target; none: a store in the user's own tests.
    pub target: Option<&'a str>,
    /// The day.
    pub today: Date,
}

/// When an expectation is meant: all that is named must hold.
#[derive(Debug, Clone, Default)]
pub struct When {
    profile: Option<Profile>,
    os: Option<String>,
    target: Option<glob::Pattern>,
}

/// As it stands in the file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhenFields {
    profile: Option<String>,
    os: Option<String>,
    target: Option<String>,
}

/// The systems that Rust knows and kvspec may run on, by Rust's names.
const SYSTEMS: [&str; 8] = ["android", "dragonfly", "freebsd", "linux", "macos", "netbsd", "openbsd", "windows"];

impl WhenFields {
    pub(super) fn checked(self) -> Result<When, String> {
        let Self { profile, os, target } = self;
        let of_profile = |text: String| text.parse().map_err(|fault| format!("when.profile = {text:?}: {fault}"));
        let profile = profile.map(of_profile).transpose()?;
        if let Some(os) = os.as_deref().filter(|os| !SYSTEMS.contains(os)) {
            return Err(format!("when.os = {os:?} is not known: write one of {}", SYSTEMS.join(", ")));
        }
        let of_target = |text: String| {
            glob::Pattern::new(&text)
                .map_err(|e| format!("when.target = {text:?}: {} at character {}", e.msg, e.pos + 1))
        };
        Ok(When { profile, os, target: target.map(of_target).transpose()? })
    }
}

impl When {
    /// Whether an expectation is meant here.
    pub(super) fn holds(&self, circumstances: &Circumstances<'_>) -> bool {
        self.profile.is_none_or(|profile| profile == circumstances.profile)
            && self.os.as_deref().is_none_or(|os| os == std::env::consts::OS)
            && self.target.as_ref().is_none_or(|glob| glob.matches(circumstances.target.unwrap_or_default()))
    }

    /// Whether it can hold of any target of this profile.
    pub(super) fn is_of(&self, profile: Profile) -> bool {
        self.profile.is_none_or(|own| own == profile)
    }
}
