//! `kvspec.toml`: what an implementation declares of itself, and which profile it is tested for.

use std::fmt;
use std::path::{Path, PathBuf};

use kvspec_suites::Declaration;
use kvspec_suites::declaration::{Capabilities, Consistency, Identity, Limits};
use serde::Deserialize;

/// The profile that is tested where none is named.
pub const DEFAULT_PROFILE: &str = "eventual@0.1.0";
/// The profiles there are.
pub const PROFILES: &[&str] = &[DEFAULT_PROFILE, "store@0.2.0-draft", "store@0.2.0-draft2"];

/// The content of `kvspec.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// One of [`PROFILES`]; `None`: found from the target.
    pub profile: Option<String>,
    /// Who is tested.
    pub implementation: Identity,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Where it says no.
    pub limits: Limits,
    /// What it promises.
    pub consistency: Consistency,
}

/// Why a configuration cannot be used; names the file, the place and the mend.
#[derive(Debug)]
pub struct ConfigurationError {
    file: PathBuf,
    fault: String,
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.fault.trim_end())
    }
}

impl std::error::Error for ConfigurationError {}

impl Configuration {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML, or has a field that is unknown or of another type.
    pub fn load(file: &Path) -> Result<Self, ConfigurationError> {
        let fault = |fault: String| ConfigurationError { file: file.to_owned(), fault };
        let text = std::fs::read_to_string(file).map_err(|e| fault(format!("cannot be read: {e}")))?;
        Self::parse(&text).map_err(fault)
    }

    /// Reads a configuration from its text.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let configuration: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        if let Some(profile) = &configuration.profile
            && !PROFILES.contains(&profile.as_str())
        {
            return Err(format!("profile = \"{profile}\" is not known; there is {}", PROFILES.join(", ")));
        }
        Ok(configuration)
    }

    /// The declaration in it.
    pub fn declaration(self) -> Declaration {
        let Self { profile: _, implementation, capabilities, limits, consistency } = self;
        Declaration { implementation, capabilities, limits, consistency }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_configuration_is_read() {
        let text = r#"
            profile = "eventual@0.1.0"
            [implementation]
            name = "my store"
            [capabilities]
            streaming = false
            [limits]
            max_value_bytes = 1000
            [consistency]
            convergence_ms = 500
        "#;
        let declaration = Configuration::parse(text).unwrap().declaration();
        assert_eq!(declaration.implementation.name.as_deref(), Some("my store"));
        assert!(!declaration.capabilities.streaming);
        assert_eq!(declaration.limits.max_value_bytes, Some(1000));
        assert_eq!(declaration.convergence_bound().as_millis(), 500);
    }

    #[test]
    fn faults_name_their_place() {
        let unknown = Configuration::parse("[limits]\nmax_key_size = 3\n").unwrap_err();
        assert!(unknown.contains("line 2") && unknown.contains("max_key_size"), "{unknown}");
        let profile = Configuration::parse("profile = \"eventual@0.3.0\"").unwrap_err();
        assert!(profile.contains("eventual@0.1.0"), "{profile}");
    }
}
