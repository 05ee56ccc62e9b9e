//! The suite against its mutants, and against correct stores that look broken.
//!
//! `KVSPEC_SEEDS=1000 cargo test --release -p kvspec-suites --test kill_matrix` runs the unusual
//! stores with a thousand seeds each; the default is three, so that the test takes seconds.
//! `KVSPEC_SKIP=sizes_around,thousands` leaves out cases whose names contain one of these.

mod many_seeds;

use std::sync::LazyLock;

use kvspec_reference::{Profile, RequirementId};
use kvspec_suites::kill_matrix::{self, Matrix};
use kvspec_suites::requirement::{self, Level, Requirement};
use kvspec_suites::stores::legal;
use kvspec_suites::{Case, cases};

/// With how many seeds all stores are run. Nearly all mutants die with any.
const SEEDS: u64 = 1;

static MATRIX: LazyLock<Matrix> = LazyLock::new(|| kill_matrix::run(0..SEEDS, &cases::all()));

fn musts() -> Vec<RequirementId> {
    let is_must = |r: &&Requirement| r.level == Level::Must && r.retired.is_none();
    let is_own = |r: &&Requirement| r.profile == Profile::Eventual;
    requirement::all().filter(is_own).filter(is_must).map(|r| r.id).collect()
}

#[test]
fn every_mutant_is_killed_by_a_requirement_that_it_breaks() {
    assert_eq!(MATRIX.survivors(), [""; 0], "mutants that live");
    assert_eq!(MATRIX.misnamed(), [""; 0], "mutants whose anomalies name none of the requirements they break");
}

#[test]
fn every_must_has_a_mutant_that_only_its_cases_kill() {
    let bare: Vec<RequirementId> = musts().into_iter().filter(|id| MATRIX.shown_by(*id).is_empty()).collect();
    assert!(bare.is_empty(), "{bare:?}\n{}", MATRIX.requirements_text(&musts()));
}

#[test]
fn no_unusual_store_is_failed() {
    let alarms = MATRIX.false_alarms();
    assert!(alarms.is_empty(), "{} false alarms\n{}", alarms.len(), alarms.join("\n"));
    assert!(MATRIX.unusual.iter().all(|row| row.passed > 0), "{}", MATRIX.unusual_text());
}

#[test]
fn no_unusual_store_is_failed_with_more_seeds() {
    let skip = std::env::var("KVSPEC_SKIP").unwrap_or_default();
    let skipped: Vec<&str> = skip.split(',').filter(|part| !part.is_empty()).collect();
    let is_wanted = |case: &&'static Case| skipped.iter().all(|part| !case.name.contains(part));
    let wanted: Vec<&'static Case> = cases::all().into_iter().filter(is_wanted).collect();
    assert!(!wanted.is_empty(), "KVSPEC_SKIP leaves no case");
    let alarms = many_seeds::false_alarms(legal::all(), Profile::Eventual, many_seeds::count(), &wanted);
    assert!(alarms.is_empty(), "{} false alarms\n{}", alarms.len(), alarms.join("\n"));
}

#[test]
fn matrix_reads_well() {
    insta::assert_snapshot!("mutants", MATRIX.mutants_text());
    insta::assert_snapshot!("requirements", MATRIX.requirements_text(&musts()));
}

#[test]
fn failures_read_well() {
    let mut text = String::new();
    for id in musts() {
        text += &MATRIX.example_of(id).unwrap_or_else(|| panic!("no anomaly names {id}"));
    }
    insta::assert_snapshot!("failures", text);
}

#[test]
fn a_matrix_that_is_ended_has_the_rows_until_then() {
    let mut stores = 0;
    let some = kill_matrix::run_watched(0..1, &cases::all()[..2], &mut |_| {
        stores += 1;
        stores <= 3
    });
    assert_eq!((some.mutants.len(), some.unusual.len()), (3, 0));
}
