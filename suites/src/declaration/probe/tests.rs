use std::time::Duration;

use kvspec_reference::InMemory;
use kvspec_reference::interface::{Implementation, fresh};
use kvspec_reference::workload::recorder::ManualClock;

use super::*;
use crate::cases::weak_stores::Weakest;
use crate::declaration::Limits;

fn probe(declared: &Declaration, known: &Declaration) -> Proposal {
    let declared = declared.clone();
    let subject = fresh(move |_| Weakest::new(declared.clone(), 11, Duration::ZERO));
    Declaration::probe(&subject, &ManualClock::default(), known).unwrap()
}

#[test]
fn a_store_without_limits_is_proposed_as_such() {
    let known = Declaration::default();
    let proposal = Declaration::probe(&fresh(|_| InMemory::new()), &ManualClock::default(), &known).unwrap();
    assert_eq!(proposal.declaration, known, "{:#?}", proposal.findings);
    assert!(proposal.findings.iter().any(|f| f.contains("convergence_ms = 0")));
}

#[test]
fn each_limit_is_found_exactly() {
    let limits = Limits {
        max_key_bytes: Some(37),
        max_value_bytes: Some(1_000),
        key_characters: KeyCharacters::PrintableAscii,
        max_buckets: None,
        max_keys: Some(12),
        max_handles: Some(3),
        ..Limits::default()
    };
    let declared = Declaration { limits, ..Declaration::default() };
    let proposal = probe(&declared, &Declaration::default());
    assert_eq!(proposal.declaration.limits, declared.limits, "{:#?}", proposal.findings);
    for field in ["max_key_bytes = 37", "max_value_bytes = 1000", "max_keys = 12", "max_handles = 3", "printable-ascii"]
    {
        assert!(proposal.findings.iter().any(|f| f.contains(field)), "{field}: {:#?}", proposal.findings);
    }
    for characters in KeyCharacters::ALL {
        let mut declared = Declaration::default();
        declared.limits.key_characters = characters;
        assert_eq!(probe(&declared, &Declaration::default()).declaration.limits, declared.limits);
    }
    for limit in [1, 2] {
        let mut declared = Declaration::default();
        declared.limits.max_key_bytes = Some(limit);
        declared.limits.max_value_bytes = Some(limit);
        assert_eq!(probe(&declared, &Declaration::default()).declaration.limits, declared.limits);
    }
}

#[test]
fn capabilities_are_found() {
    let mut declared = Declaration::default();
    declared.capabilities.streaming = false;
    declared.capabilities.size_known = false;
    declared.capabilities.outlives_instance = true;
    let found = probe(&declared, &Declaration::default()).declaration.capabilities;
    assert_eq!(found, declared.capabilities);
}

/// Takes everything and shows nothing.
struct Mute;

impl Implementation for Mute {
    fn open(&self, _: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(Mute))
    }
}

impl Bucket for Mute {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn set(&self, _: &str, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn delete(&self, _: &str) -> Result<()> {
        Ok(())
    }

    fn exists(&self, _: &str) -> Result<bool> {
        Ok(false)
    }
}

#[test]
fn what_never_shows_is_not_measured() {
    let silent = Declaration::probe(&fresh(|_| Mute), &ManualClock::default(), &Declaration::default()).unwrap();
    let fields: Vec<&str> = silent.untried.iter().map(|(field, _)| *field).collect();
    assert!(fields.contains(&"capabilities.size_known"), "{:?}", silent.findings);
    assert!(silent.declaration.capabilities.size_known, "left as it was");
    assert!(!silent.findings.iter().any(|finding| finding.contains("size_known")), "{:?}", silent.findings);
    assert!(!silent.shows_at_once);
    // The smallest store has no second instance.
    let prompt =
        Declaration::probe(&fresh(|_| InMemory::new()), &ManualClock::default(), &Declaration::default()).unwrap();
    assert!(prompt.shows_at_once);
    assert!(matches!(&prompt.untried[..], [("capabilities.outlives_instance", _)]), "{:?}", prompt.untried);
}

#[test]
fn a_store_that_creates_no_buckets_must_be_told_one() {
    let mut declared = Declaration::default();
    declared.capabilities.creates_buckets = false;
    declared.capabilities.buckets = vec!["there".into()];
    let lost = probe(&declared, &Declaration::default());
    assert!(lost.findings.last().is_some_and(|f| f.contains("name one that exists")), "{:?}", lost.findings);
    assert_eq!(lost.declaration.faults()[0].field, "capabilities.buckets");
    let told = probe(&declared, &declared);
    assert_eq!(told.declaration.capabilities, declared.capabilities);
    assert_eq!(told.declaration.faults(), []);
}

#[test]
fn a_lag_that_was_seen_becomes_a_bound() {
    let mut declared = Declaration::default();
    declared.consistency.convergence_ms = Some(400);
    let proposal = probe(&declared, &Declaration::default());
    let bound_ms = proposal.declaration.consistency.convergence_ms.unwrap();
    assert!((1..=4 * 1_000).contains(&bound_ms), "{:#?}", proposal.findings);
    declared.consistency.convergence_ms = Some(60_000);
    let patient = probe(&declared, &Declaration::default());
    let text = patient.findings.last().unwrap();
    assert!(text.contains("convergence_ms"), "{text}");
}
