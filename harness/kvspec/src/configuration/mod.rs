//! `kvspec.toml`: what an implementation declares of itself, and which profile it is tested for.

mod trial;

use std::path::{Path, PathBuf};
use std::time::Duration;

use kvspec_reference::Profile;
use kvspec_reference::consistency::Level;
use kvspec_suites::Declaration;
use kvspec_suites::declaration::{Consistency, Errors, Identity, Limits};
use serde::Deserialize;

use crate::amount::{self, Amount};
use crate::subject::Grants;
use crate::toml_file::{self, TomlFileError};

pub use trial::{Tried, refusal_to_create};

/// Levels that a profile promises, those that every profile does first: broken, they make a store
/// not conformant. Only the first is exercised by every history with reads.
pub fn promised(profile: Profile) -> &'static [Level] {
    const ALL: [Level; 4] = [Level::Integrity, Level::LastWrite, Level::Convergent, Level::ReadYourWrites];
    if profile.is_store() { &ALL } else { &ALL[..3] }
}

fn profile<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Profile>, D::Error> {
    String::deserialize(from)?.parse().map(Some).map_err(serde::de::Error::custom)
}

fn call_timeout<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    match amount::parse(&String::deserialize(from)?) {
        Ok(Amount::Time(time)) if !time.is_zero() => Ok(Some(time)),
        _ => Err(serde::de::Error::custom("write a time of more than nothing: \"500ms\", \"90s\", \"10m\"")),
    }
}

/// The content of `kvspec.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// `None`: found from the target.
    #[serde(default, deserialize_with = "profile")]
    pub profile: Option<Profile>,
    /// The component that is tested where the command line names no target; from the folder of this file.
    pub target: Option<PathBuf>,
    /// How long one call may take, where the command line does not say.
    #[serde(default, deserialize_with = "call_timeout")]
    pub call_timeout: Option<Duration>,
    /// Who is tested.
    pub implementation: Identity,
    /// What it can do, as far as it is declared.
    pub capabilities: DeclaredCapabilities,
    /// Where it says no.
    pub limits: Limits,
    /// What it promises.
    pub consistency: Consistency,
    /// Which errors it answers now and then.
    pub errors: Errors,
    /// What a component is given.
    pub grants: Grants,
}

/// The capabilities of a configuration: what is not declared is not promised, and can be tried.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredCapabilities {
    /// See [`Capabilities::creates_buckets`](kvspec_suites::declaration::Capabilities::creates_buckets).
    pub creates_buckets: Option<bool>,
    /// See [`Capabilities::buckets`](kvspec_suites::declaration::Capabilities::buckets).
    pub buckets: Vec<String>,
    /// See [`Capabilities::streaming`](kvspec_suites::declaration::Capabilities::streaming).
    pub streaming: Option<bool>,
    /// See [`Capabilities::size_known`](kvspec_suites::declaration::Capabilities::size_known).
    pub size_known: Option<bool>,
    /// See [`Capabilities::outlives_instance`](kvspec_suites::declaration::Capabilities::outlives_instance).
    pub outlives_instance: bool,
}

impl Configuration {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML, has a field that is unknown or of another type, or
    /// declares what cannot be meant.
    pub fn load(file: &Path) -> Result<Self, TomlFileError> {
        toml_file::load(file, Self::parse)
    }

    /// Reads a configuration from its text.
    ///
    /// # Errors
    /// What is wrong: with line and column where the text is at fault, with the field where its
    /// meaning is. A line each.
    pub fn parse(text: &str) -> Result<Self, String> {
        let configuration: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        if configuration.grants.crash && configuration.grants.dir.is_empty() {
            return Err("grants.crash: it is of files; give a folder, too: dir = [\"::/data\"]".into());
        }
        let faults = configuration.clone().declaration().faults();
        if !faults.is_empty() {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            return Err(lines.join("\n"));
        }
        Ok(configuration)
    }

    /// The declaration in it. Of what it leaves open, streams and sizes are promised; buckets are
    /// created on opening where none is named.
    pub fn declaration(self) -> Declaration {
        let Self {
            profile: _,
            target: _,
            call_timeout: _,
            grants: _,
            implementation,
            capabilities,
            limits,
            consistency,
            errors,
        } = self;
        let DeclaredCapabilities { creates_buckets, buckets, streaming, size_known, outlives_instance } = capabilities;
        let mut declaration = Declaration::default();
        declaration.capabilities.creates_buckets = creates_buckets.unwrap_or(buckets.is_empty());
        declaration.capabilities.buckets = buckets;
        declaration.capabilities.streaming = streaming.unwrap_or(true);
        declaration.capabilities.size_known = size_known.unwrap_or(true);
        declaration.capabilities.outlives_instance = outlives_instance;
        (declaration.implementation, declaration.limits) = (implementation, limits);
        (declaration.consistency, declaration.errors) = (consistency, errors);
        declaration
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_configuration_is_read() {
        let text = r#"
            profile = "eventual@0.1.0"
            call_timeout = "90s"
            [implementation]
            name = "my store"
            [capabilities]
            streaming = false
            [limits]
            max_value_bytes = 1000
            [consistency]
            convergence_ms = 500
        "#;
        let configuration = Configuration::parse(text).unwrap();
        assert_eq!(configuration.call_timeout, Some(Duration::from_secs(90)));
        let declaration = configuration.declaration();
        assert_eq!(declaration.implementation.name.as_deref(), Some("my store"));
        assert!(!declaration.capabilities.streaming);
        assert_eq!(declaration.limits.max_value_bytes, Some(1000));
        assert_eq!(declaration.convergence_bound().as_millis(), 500);
    }

    #[test]
    fn faults_name_their_place() {
        let unknown = Configuration::parse("[limits]\nmax_key_size = 3\n").unwrap_err();
        assert!(unknown.contains("line 2") && unknown.contains("max_key_size"), "{unknown}");
        for (text, help) in [
            ("[consistency]\nconvergence_ms = \"500ms\"\n", "without a unit, such as 500"),
            ("[consistency]\nconvergence_ms = -1\n", "0 or more"),
            ("[limits]\nmax_key_bytes = -5\n", "1 or more"),
            ("[limits]\nmax_keys = 1.5\n", "leave the line out"),
        ] {
            let fault = Configuration::parse(text).unwrap_err();
            assert!(fault.contains("line 2") && fault.contains(help), "{fault}");
        }
        let timeout = Configuration::parse("call_timeout = \"0s\"").unwrap_err();
        assert!(timeout.contains("90s"), "{timeout}");
        let profile = Configuration::parse("profile = \"eventual@0.3.0\"").unwrap_err();
        assert!(profile.contains("eventual@0.1.0"), "{profile}");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_field() {
        let text = "[capabilities]\ncreates_buckets = false\n[limits]\nmax_key_bytes = 0\n";
        let faults = Configuration::parse(text).unwrap_err();
        let fields: Vec<&str> = faults.lines().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(fields, ["capabilities.buckets", "limits.max_key_bytes"], "{faults}");
    }

    #[test]
    fn a_crash_needs_files() {
        let of = |text: &str| Configuration::parse(text);
        assert!(of("[grants]\ncrash = true").is_err_and(|fault| fault.contains("grants.crash")));
        assert!(of("[grants]\ncrash = true\ndir = [\"::/data\"]").is_ok_and(|read| read.grants.crash));
    }

    #[test]
    fn buckets_that_are_named_are_not_created() {
        let of = |text: &str| Configuration::parse(text).unwrap().declaration().capabilities.creates_buckets;
        assert!(of(""));
        assert!(!of("[capabilities]\nbuckets = [\"default\"]"));
        assert!(of("[capabilities]\nbuckets = [\"default\"]\ncreates_buckets = true"));
    }
}
