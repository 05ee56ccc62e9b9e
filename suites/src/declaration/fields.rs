//! The fields of a declaration.

use std::time::Duration;

use kvspec_reference::workload::Persistence;
use serde::{Deserialize, Serialize};

use super::key_characters::KeyCharacters;
use super::number;

/// Capabilities, limits and promises of an implementation. More fields will come: begin with the default
/// and set what differs.
///
/// ```
/// let mut declaration = kvspec_suites::Declaration::default();
/// declaration.consistency.convergence_ms = Some(0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Declaration {
    /// Who is tested; for reports only.
    pub implementation: Identity,
    /// What it can do beyond the four operations.
    pub capabilities: Capabilities,
    /// Where it says no.
    pub limits: Limits,
    /// What it promises of reads.
    pub consistency: Consistency,
    /// Which errors it answers now and then, without need.
    pub errors: Errors,
}

/// Who is tested.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Identity {
    /// The name of the implementation.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Where it lives.
    pub url: Option<String>,
}

/// What an implementation can do beyond the four operations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Opening a bucket that does not exist creates it. Else `buckets` must name existing ones.
    pub creates_buckets: bool,
    /// Buckets that exist from the start; used where opening creates none.
    pub buckets: Vec<String>,
    /// Bodies can be written and read as streams.
    pub streaming: bool,
    /// `incoming-value-size` gives a number rather than an error.
    pub size_known: bool,
    /// Data outlives the instance: a new one sees what an earlier one stored.
    pub outlives_instance: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { creates_buckets: true, buckets: vec![], streaming: true, size_known: true, outlives_instance: false }
    }
}

/// Where an implementation says no, with an error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Limits {
    /// The longest key, in bytes of UTF-8. `None`: no limit that the suite would reach.
    #[serde(deserialize_with = "number::count")]
    pub max_key_bytes: Option<usize>,
    /// The longest value, in bytes. `None`: no limit that the suite would reach.
    #[serde(deserialize_with = "number::count")]
    pub max_value_bytes: Option<usize>,
    /// Which characters a key may have.
    pub key_characters: KeyCharacters,
    /// How many buckets can be open or exist at once. `None`: no limit that the suite would reach.
    #[serde(deserialize_with = "number::count")]
    pub max_buckets: Option<usize>,
    /// How many pairs a bucket can hold at once. `None`: no limit that the suite would reach.
    #[serde(deserialize_with = "number::count")]
    pub max_keys: Option<usize>,
    /// How many handles of buckets can be open at once. `None`: no limit that the suite would reach.
    #[serde(deserialize_with = "number::count")]
    pub max_handles: Option<usize>,
    /// How many bytes all keys and values that are present can have together, those of all buckets. More
    /// may be an error. `None`: no quota that the suite would reach.
    #[serde(deserialize_with = "number::count")]
    pub max_total_bytes: Option<usize>,
    /// The other limits say what is kept at least, not what is the most: beyond them it may say yes or
    /// no. What it then accepts it must keep like all else.
    pub at_least: bool,
}

/// Errors that an implementation answers now and then to calls that it could answer: it is short of room
/// or time for a moment, or takes only so many writes. Whoever uses it tries again, and so does the suite.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Errors {
    /// How often a call is made again that answered an error, before that counts as its answer.
    pub retries: u32,
    /// How long to wait before each further try, in milliseconds. `None`: 0.
    #[serde(deserialize_with = "number::milliseconds")]
    pub retry_wait_ms: Option<u64>,
    /// The least time between two writes of one key, in milliseconds. `None`: 0.
    #[serde(deserialize_with = "number::milliseconds")]
    pub min_write_interval_ms: Option<u64>,
}

/// What an implementation promises of reads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Consistency {
    /// How long after quiescence reads may still differ, in milliseconds. `None`: 0 where
    /// `linearizable` is claimed, else 1,000; with `read-your-writes`, 0 while one session is alone.
    #[serde(deserialize_with = "number::milliseconds")]
    pub convergence_ms: Option<u64>,
    /// Guarantees that are claimed beyond the profile's own.
    pub claims: Vec<Claim>,
}

/// A guarantee that an implementation claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Claim {
    /// A session's reads see its own writes.
    ReadYourWrites,
    /// A session's reads never go back.
    MonotonicReads,
    /// Each register behaves like one in one place.
    Linearizable,
}

/// The bound of an implementation that declares none and claims nothing that would make it 0.
const DEFAULT_CONVERGENCE_MS: u64 = 1_000;

impl Errors {
    /// How clients call.
    pub fn persistence(&self) -> Persistence {
        Persistence {
            retries: self.retries,
            retry_wait: Duration::from_millis(self.retry_wait_ms.unwrap_or(0)),
            min_write_interval: Duration::from_millis(self.min_write_interval_ms.unwrap_or(0)),
        }
    }
}

impl Declaration {
    /// How long after quiescence reads may still differ, whoever wrote and whoever reads.
    pub fn convergence_bound(&self) -> Duration {
        self.bound_for(2)
    }

    /// As [`Declaration::convergence_bound`], where only this many sessions write and read: a claim of
    /// read-your-writes says nothing of what others wrote, so it is no bound but for one session.
    pub fn bound_for(&self, sessions: u16) -> Duration {
        let claims = &self.consistency.claims;
        let own_at_once = sessions <= 1 && claims.contains(&Claim::ReadYourWrites);
        let default_ms = if own_at_once || claims.contains(&Claim::Linearizable) { 0 } else { DEFAULT_CONVERGENCE_MS };
        Duration::from_millis(self.consistency.convergence_ms.unwrap_or(default_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_a_bound_for_those_it_speaks_of() {
        let bounds = |convergence_ms, claims: &[Claim]| {
            let consistency = Consistency { convergence_ms, claims: claims.to_vec() };
            let declaration = Declaration { consistency, ..Declaration::default() };
            assert_eq!(declaration.convergence_bound(), declaration.bound_for(2));
            [1, 2, 9].map(|sessions| declaration.bound_for(sessions).as_millis())
        };
        assert_eq!(bounds(None, &[]), [1_000; 3]);
        assert_eq!(bounds(None, &[Claim::MonotonicReads]), [1_000; 3]);
        assert_eq!(bounds(None, &[Claim::ReadYourWrites]), [0, 1_000, 1_000]);
        assert_eq!(bounds(None, &[Claim::ReadYourWrites, Claim::Linearizable]), [0; 3]);
        assert_eq!(bounds(Some(7), &[Claim::ReadYourWrites]), [7; 3]);
    }
}
