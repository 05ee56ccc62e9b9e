//! What can be wrong with a declaration itself.

use std::collections::BTreeSet;
use std::fmt;

use super::fields::{Claim, Declaration};

/// Something that a declaration cannot mean.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeclarationFault {
    /// The field, such as `limits.max_key_bytes`.
    pub field: &'static str,
    /// What is wrong, and how to fix it.
    pub message: String,
}

impl fmt::Display for DeclarationFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl std::error::Error for DeclarationFault {}

/// The longest convergence bound, in milliseconds: an hour. On a real clock a run waits it out many
/// times.
const CONVERGENCE_MS_MAX: u64 = 3_600_000;

/// The longest wait before one call, in milliseconds: a minute.
const WAIT_MS_MAX: u64 = 60_000;
/// The most further tries of one call.
const RETRIES_MAX: u32 = 1_000;

impl Declaration {
    /// All faults, in the order of the fields; none of a declaration that can be run.
    pub fn faults(&self) -> Vec<DeclarationFault> {
        let mut faults = Vec::new();
        self.add_bucket_faults(&mut faults);
        self.add_limit_faults(&mut faults);
        self.add_consistency_faults(&mut faults);
        self.add_error_faults(&mut faults);
        faults
    }

    fn add_bucket_faults(&self, faults: &mut Vec<DeclarationFault>) {
        let capabilities = &self.capabilities;
        let mut add = |message: String| faults.push(DeclarationFault { field: "capabilities.buckets", message });
        if capabilities.buckets.is_empty() && !capabilities.creates_buckets {
            add("no bucket to work in: name one that exists, or declare capabilities.creates_buckets = true".into());
        }
        let mut seen = BTreeSet::new();
        for name in &capabilities.buckets {
            if !seen.insert(name) {
                add(format!("{name:?} is named twice: name each bucket once"));
            }
        }
        if let Some(max) = self.limits.max_buckets.filter(|&max| max < capabilities.buckets.len()) {
            let count = capabilities.buckets.len();
            add(format!("{count} are named, but limits.max_buckets = {max}: name fewer, or raise the limit"));
        }
    }

    fn add_limit_faults(&self, faults: &mut Vec<DeclarationFault>) {
        let limits = &self.limits;
        let at_least_one = [
            ("limits.max_key_bytes", limits.max_key_bytes),
            ("limits.max_value_bytes", limits.max_value_bytes),
            ("limits.max_buckets", limits.max_buckets),
            ("limits.max_keys", limits.max_keys),
            ("limits.max_handles", limits.max_handles),
            ("limits.max_total_bytes", limits.max_total_bytes),
        ];
        for (field, limit) in at_least_one {
            if limit == Some(0) {
                let message = "0 leaves nothing to test: give 1 or more, or leave it out for no limit".into();
                faults.push(DeclarationFault { field, message });
            }
        }
    }

    fn add_error_faults(&self, faults: &mut Vec<DeclarationFault>) {
        let errors = &self.errors;
        let waits = [
            ("errors.retry_wait_ms", errors.retry_wait_ms),
            ("errors.min_write_interval_ms", errors.min_write_interval_ms),
        ];
        for (field, wait_ms) in waits {
            if let Some(wait_ms) = wait_ms.filter(|&wait_ms| wait_ms > WAIT_MS_MAX) {
                let message =
                    format!("{wait_ms} is more than a minute ({WAIT_MS_MAX}): declare what can be waited for");
                faults.push(DeclarationFault { field, message });
            }
        }
        if errors.retries > RETRIES_MAX {
            let message = format!("{} is more than {RETRIES_MAX}: who needs so many does not answer", errors.retries);
            faults.push(DeclarationFault { field: "errors.retries", message });
        }
        if errors.retries == 0 && errors.retry_wait_ms.is_some() {
            let message = "nothing is tried again: declare errors.retries, or leave it out".into();
            faults.push(DeclarationFault { field: "errors.retry_wait_ms", message });
        }
    }

    fn add_consistency_faults(&self, faults: &mut Vec<DeclarationFault>) {
        let consistency = &self.consistency;
        let mut add = |field, message: String| faults.push(DeclarationFault { field, message });
        match consistency.convergence_ms {
            Some(bound) if bound > CONVERGENCE_MS_MAX => add(
                "consistency.convergence_ms",
                format!("{bound} is more than an hour ({CONVERGENCE_MS_MAX}): declare a bound that can be waited for"),
            ),
            Some(bound) if bound > 0 && consistency.claims.contains(&Claim::Linearizable) => add(
                "consistency.convergence_ms",
                format!(
                    "{bound} contradicts the claim \"linearizable\", whose reads are never stale: drop one of them"
                ),
            ),
            _ => {}
        }
        for (i, claim) in consistency.claims.iter().enumerate() {
            if consistency.claims[..i].contains(claim) {
                add("consistency.claims", format!("{} is claimed twice: claim it once", claim.name()));
            }
        }
    }
}

impl Claim {
    /// The name in a declaration.
    pub fn name(self) -> &'static str {
        match self {
            Claim::ReadYourWrites => "read-your-writes",
            Claim::MonotonicReads => "monotonic-reads",
            Claim::Linearizable => "linearizable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(change: impl FnOnce(&mut Declaration)) -> Vec<String> {
        let mut declaration = Declaration::default();
        change(&mut declaration);
        declaration.faults().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_default_has_no_fault() {
        assert_eq!(Declaration::default().faults(), []);
    }

    /// What is run in the tests of the tests, a user can declare.
    #[test]
    fn mutants_and_unusual_stores_declare_what_can_be_meant() {
        use crate::stores::legal;
        use crate::stores::mutants;
        let of_store = mutants::store::all();
        let mutants = mutants::all().iter().chain(&of_store).map(|mutant| (mutant.name, mutant.declaration));
        let unusual = legal::all().iter().chain(legal::store::all()).map(|store| (store.name, store.declaration));
        for (name, declaration) in mutants.chain(unusual) {
            assert_eq!(declaration().faults(), [], "{name}");
        }
    }

    #[test]
    fn each_fault_names_its_field_and_the_mend() {
        let only = |texts: Vec<String>, field: &str, words: &str| {
            assert!(texts.len() == 1 && texts[0].starts_with(field) && texts[0].contains(words), "{texts:?}");
        };
        only(texts(|d| d.capabilities.creates_buckets = false), "capabilities.buckets:", "name one that exists");
        only(texts(|d| d.capabilities.buckets = vec!["a".into(), "a".into()]), "capabilities.buckets:", "twice");
        let two_of_one = |d: &mut Declaration| {
            d.capabilities.buckets = vec!["a".into(), "b".into()];
            d.limits.max_buckets = Some(1);
        };
        only(texts(two_of_one), "capabilities.buckets:", "limits.max_buckets = 1");
        only(texts(|d| d.limits.max_key_bytes = Some(0)), "limits.max_key_bytes:", "1 or more");
        only(texts(|d| d.limits.max_value_bytes = Some(0)), "limits.max_value_bytes:", "1 or more");
        only(texts(|d| d.limits.max_keys = Some(0)), "limits.max_keys:", "1 or more");
        only(texts(|d| d.limits.max_handles = Some(0)), "limits.max_handles:", "1 or more");
        only(texts(|d| d.limits.max_total_bytes = Some(0)), "limits.max_total_bytes:", "1 or more");
        only(texts(|d| d.errors.retries = 1_001), "errors.retries:", "does not answer");
        only(texts(|d| d.errors.retry_wait_ms = Some(1)), "errors.retry_wait_ms:", "declare errors.retries");
        only(texts(|d| d.errors.min_write_interval_ms = Some(60_001)), "errors.min_write_interval_ms:", "a minute");
        only(texts(|d| d.consistency.convergence_ms = Some(u64::MAX)), "consistency.convergence_ms:", "an hour");
        let claims_too_much = |d: &mut Declaration| {
            d.consistency.convergence_ms = Some(5);
            d.consistency.claims = vec![Claim::Linearizable];
        };
        only(texts(claims_too_much), "consistency.convergence_ms:", "contradicts");
        let twice = vec![Claim::MonotonicReads, Claim::MonotonicReads];
        only(texts(|d| d.consistency.claims = twice), "consistency.claims:", "monotonic-reads is claimed twice");
    }
}
