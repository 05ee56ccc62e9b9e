use std::collections::BTreeSet;
use std::path::Path;

use super::*;

#[test]
fn ids_are_unique_and_belong_to_their_profile() {
    let mut ids = BTreeSet::new();
    for requirement in all() {
        let id = requirement.id;
        assert!(ids.insert(id), "two requirements have the ID {id}");
        let parts: Vec<&str> = id.split('-').collect();
        let well_formed = parts.len() == 3
            && parts[1].len() == 3
            && parts[1].bytes().all(|b| b.is_ascii_uppercase())
            && parts[2].len() == 2
            && parts[2].bytes().all(|b| b.is_ascii_digit());
        assert!(well_formed, "{id} is not of the form KVE-ABC-01");
        assert!(parts[0] == requirement.profile.prefix, "{id} is not of profile {}", requirement.profile.name);
    }
}

#[test]
fn every_requirement_in_force_has_a_case() {
    for requirement in all().filter(|r| r.retired.is_none()) {
        assert!(!requirement.cases().is_empty(), "no case tests {}", requirement.id);
    }
}

#[test]
fn every_must_is_the_main_claim_of_a_case() {
    for requirement in all().filter(|r| r.level == Level::Must && r.retired.is_none()) {
        let is_main = requirement.cases().iter().any(|case| case.requirements[0] == requirement.id);
        assert!(is_main, "no case is about {} first of all", requirement.id);
    }
}

#[test]
fn every_requirement_says_where_it_comes_from() {
    for requirement in all() {
        assert!(!requirement.sources.is_empty(), "{} cites nothing", requirement.id);
        for source in requirement.sources {
            assert!(source.file.ends_with(".wit") && !source.item.is_empty(), "{}", requirement.id);
        }
        assert!(!requirement.statement.ends_with('.') && requirement.statement.len() > 20, "{}", requirement.id);
        let is_argued = !requirement.argument.is_empty();
        assert!(is_argued || requirement.basis == Basis::Explicit, "{} gives no argument", requirement.id);
        assert!(!requirement.is_only_observed() || requirement.level == Level::May, "{}", requirement.id);
    }
}

/// What `store@0.2.0` does not share is about value resources, and the one that it decides itself.
#[test]
fn all_is_shared_but_what_needs_value_resources() {
    let not_shared = |r: &&Requirement| r.profile == EVENTUAL && !store::SHARED.contains(&r.id);
    let ids: Vec<&str> = all().filter(not_shared).map(|r| r.id).collect();
    let expected = [
        "KVE-SET-03",
        "KVE-SET-04",
        "KVE-OUT-01",
        "KVE-OUT-02",
        "KVE-INC-01",
        "KVE-INC-02",
        "KVE-INC-03",
        "KVE-CON-05",
    ];
    assert_eq!(ids, expected);
    assert!(store::SHARED.iter().all(|id| find(id).is_some_and(|r| r.profile == EVENTUAL)));
}

#[test]
fn a_shared_requirement_is_cited_from_the_text_of_the_profile() {
    let delete = find("KVE-DEL-01").unwrap();
    assert_eq!(delete.source_text(), "wit/eventual.wit@b6313d4, delete");
    assert_eq!(delete.source_in("eventual@0.1.0"), delete.source_text());
    assert_eq!(delete.source_in("store@0.2.0-draft"), "wit/store.wit@219ea36, bucket.delete");
    assert_eq!(delete.source_in("store@0.2.0-draft2"), "wit/store.wit@fb6e23d, bucket.delete");
    let of_values = find("KVE-OUT-01").unwrap();
    assert_eq!(of_values.source_in("store@0.2.0-draft"), of_values.source_text());
    let of_store = find("KVS-CAS-01").unwrap();
    assert_eq!(of_store.source_in("store@0.2.0-draft"), "wit/atomic.wit@fb6e23d, cas.current");
}

#[test]
fn the_table_for_people_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("REQUIREMENTS.md");
    let of_store = crate::stores::mutants::store::all();
    let mutants = crate::stores::mutants::all().iter().chain(&of_store);
    let shown: Vec<(&str, &str)> = mutants.flat_map(|m| m.breaks.iter().map(|id| (m.name, *id))).collect();
    let current = markdown(&shown);
    if std::env::var_os("KVSPEC_BLESS").is_some_and(|v| v == "1") {
        std::fs::write(&path, &current).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == current, "suites/REQUIREMENTS.md is not current: run this test with KVSPEC_BLESS=1");
}

#[test]
fn the_table_names_mutants() {
    let text = markdown(&[("forgets_everything", "KVE-SET-01")]);
    let (_, after) = text.split_once("### KVE-SET-01").unwrap();
    let (section, _) = after.split_once("###").unwrap();
    assert!(section.contains("* mutants: `forgets_everything`"), "{section}");
}
