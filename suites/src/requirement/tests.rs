use std::collections::BTreeSet;

use kvspec_reference::RequirementId::*;
use kvspec_reference::{Profile, RequirementId};

use super::*;

/// The most words that a phrase has: enough to find the place and to check what is said, no more.
const PHRASE_WORDS_MAX: usize = 12;

#[test]
fn every_id_is_registered_once_and_with_its_profile() {
    let mut ids = BTreeSet::new();
    for requirement in all() {
        assert!(ids.insert(requirement.id), "{} is registered twice", requirement.id);
        let family = requirement.id.as_str().split('-').next();
        assert_eq!(family, Some(if requirement.profile.is_store() { "KVS" } else { "KVE" }), "{}", requirement.id);
    }
    assert!(ids.iter().eq(RequirementId::ALL), "an ID means nothing");
    assert!(RequirementId::ALL.iter().all(|&id| find(id).id == id));
}

/// A requirement with its grounds in its own text, and in that of the profiles that share it.
fn all_grounds() -> impl Iterator<Item = (&'static Requirement, Grounds)> {
    all().flat_map(|r| [Some(r.grounds), r.shared_with_store].into_iter().flatten().map(move |grounds| (r, grounds)))
}

#[test]
fn every_requirement_quotes_what_it_rests_on() {
    for (Requirement { id, .. }, grounds) in all_grounds() {
        assert!(!grounds.sources.is_empty(), "{id} cites nothing");
        for Source { file, item, phrase } in grounds.sources {
            assert!(file.starts_with("wit/") && file.ends_with(".wit") && !item.is_empty(), "{id}: {file}, {item}");
            let words = phrase.split_whitespace().count();
            assert!((1..=PHRASE_WORDS_MAX).contains(&words), "{id} quotes {words} words: {phrase:?}");
            assert_eq!(phrase.split_whitespace().collect::<Vec<_>>().join(" "), *phrase, "{id}");
            assert!(!phrase.contains('"') && !phrase.ends_with('.'), "{id} quotes {phrase:?}");
        }
    }
}

#[test]
fn every_requirement_that_no_sentence_states_is_argued() {
    for (requirement, grounds) in all_grounds() {
        let id = requirement.id;
        let is_argued = !grounds.argument.is_empty();
        assert!(is_argued || grounds.basis == Basis::Explicit, "{id} gives no argument");
        assert!(!grounds.argument.ends_with('.'), "{id}");
        let is_observed = matches!(grounds.basis, Basis::Contested | Basis::Unspecified);
        assert_eq!(is_observed, requirement.is_only_observed(), "{id} is a failure in one profile alone");
        assert_eq!(is_observed, requirement.level == Level::May, "{id}");
    }
    let ends_well = |r: &Requirement| !r.statement.ends_with('.') && r.statement.len() > 20;
    assert!(all().all(ends_well));
}

/// What `store@0.2.0` does not share is about value resources, and the one that it decides itself.
#[test]
fn all_is_shared_but_what_needs_value_resources() {
    let is_own = |r: &&Requirement| r.profile == Profile::Eventual && !r.is_of(Profile::StoreDraft);
    let ids: Vec<RequirementId> = all().filter(is_own).map(|r| r.id).collect();
    assert_eq!(ids, [KveSet03, KveSet04, KveOut01, KveOut02, KveInc01, KveInc02, KveInc03, KveCon05]);
    assert!(all().filter(|r| r.shared_with_store.is_some()).all(|r| r.profile == Profile::Eventual));
}

#[test]
fn the_second_draft_demands_what_the_first_does() {
    let of = |profile| all().filter(move |r| r.is_of(profile)).map(|r| r.id).collect::<BTreeSet<_>>();
    let (eventual, first, second) = (of(Profile::Eventual), of(Profile::StoreDraft), of(Profile::StoreDraft2));
    let added: Vec<_> = second.difference(&first).copied().collect();
    assert_eq!(added, [KvsCas01, KvsCas02, KvsCas03, KvsCas04, KvsCas05, KvsCas06, KvsCas07]);
    assert!(first.is_subset(&second));
    assert!(eventual.iter().all(|&id| find(id).profile == Profile::Eventual));
}

#[test]
fn a_shared_requirement_is_cited_from_the_text_of_the_profile() {
    let delete = find(KveDel02);
    let own = "wit/eventual.wit@b6313d4, delete: \"not exist in the bucket, it does nothing\"";
    assert_eq!((&*delete.source_text(), &*delete.source_in(Profile::Eventual)), (own, own));
    for (profile, commit) in [(Profile::StoreDraft, "219ea36"), (Profile::StoreDraft2, "fb6e23d")] {
        let there = format!("wit/store.wit@{commit}, bucket.delete: \"not exist in the store, it does nothing\"");
        assert_eq!(delete.source_in(profile), there);
    }
    let of_values = find(KveOut01);
    assert_eq!(of_values.source_in(Profile::StoreDraft), of_values.source_text());
    let of_swaps = find(KvsCas01).source_in(Profile::StoreDraft);
    assert!(of_swaps.starts_with("wit/atomic.wit@fb6e23d, cas.current: \""), "{of_swaps}");
}

/// The text of `store@0.2.0` has no paragraph on what follows when updates pause.
#[test]
fn convergence_is_explicit_in_no_draft_of_store() {
    for id in [KveCon01, KveCon02, KveCon03, KveCon04] {
        let requirement = find(id);
        for profile in [Profile::StoreDraft, Profile::StoreDraft2] {
            assert_eq!(requirement.grounds_in(profile).basis, Basis::Derived, "{id}");
        }
    }
    assert_eq!(find(KveCon02).grounds_in(Profile::Eventual).basis, Basis::Explicit);
    assert_eq!(find(KveCon01).grounds_in(Profile::Eventual).basis, Basis::Derived);
}
