use std::collections::BTreeSet;

use kvspec_reference::InMemory;
use kvspec_reference::workload::recorder::ManualClock;

use super::*;
use crate::case::{Totals, Verdict, run_case};
use crate::declaration::Declaration;
use crate::requirement::{self, Level};

#[test]
fn names_are_unique_and_well_formed() {
    let mut names = BTreeSet::new();
    for case in of_any_profile() {
        assert!(names.insert(case.name), "two cases are named {}", case.name);
        let parts: Vec<&str> = case.name.split("::").collect();
        let plain = |part: &&str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        assert!(
            parts.len() == 3 && ["eventual", "store"].contains(&parts[0]) && parts.iter().all(plain),
            "{}",
            case.name
        );
        assert_eq!(find(case.name).map(|c| c.name), Some(case.name));
    }
}

#[test]
fn every_case_names_its_requirements_once() {
    for case in of_any_profile() {
        let ids: BTreeSet<_> = case.requirements.iter().collect();
        assert_eq!(ids.len(), case.requirements.len(), "{} names a requirement twice", case.name);
        assert!(!ids.is_empty(), "{} tests nothing", case.name);
    }
}

#[test]
fn every_requirement_in_force_has_a_case() {
    for requirement in requirement::all().filter(|r| r.retired.is_none()) {
        assert!(testing(requirement.id).next().is_some(), "no case tests {}", requirement.id);
    }
}

#[test]
fn every_must_is_the_main_claim_of_a_case() {
    for requirement in requirement::all().filter(|r| r.level == Level::Must && r.retired.is_none()) {
        let is_main = of_any_profile().any(|case| case.requirements[0] == requirement.id);
        assert!(is_main, "no case is about {} first of all", requirement.id);
    }
}

/// A profile is asked nothing that its text does not demand, and each requirement of its text.
#[test]
fn the_cases_of_a_profile_test_its_requirements() {
    for &profile in Profile::ALL {
        let cases = of(profile);
        let tested: BTreeSet<_> = cases.iter().flat_map(|case| case.requirements).copied().collect();
        let demanded: BTreeSet<_> = requirement::all().filter(|r| r.is_of(profile)).map(|r| r.id).collect();
        assert!(demanded.is_subset(&tested), "{profile}: {:?}", demanded.difference(&tested));
        let foreign: Vec<_> = tested.difference(&demanded).map(|id| requirement::find(*id).profile).collect();
        // The first draft has no swaps, whose cases skip themselves where they are not offered.
        assert!(foreign.iter().all(|of| (profile, *of) == (Profile::StoreDraft, Profile::StoreDraft2)), "{profile}");
    }
}

#[test]
fn the_smallest_store_passes_or_skips_for_a_declaration() {
    let mut reports = Vec::new();
    for case in all() {
        let (store, clock) = (InMemory::new(), ManualClock::default());
        let report = run_case(case, kvspec_reference::Profile::Eventual, &store, &clock, &Declaration::default(), 1);
        match &report.verdict {
            Verdict::Pass => assert!(report.comparisons > 0, "{} passed without evidence", case.name),
            Verdict::Skip(why) => assert!(
                ["capabilities.", "limits.", "consistency.", "no limit"].iter().any(|p| why.starts_with(p)),
                "{}: {why}",
                case.name
            ),
            other => panic!("{}: {other:?}: {:?}", case.name, report.anomalies),
        }
        reports.push(report);
    }
    let totals = Totals::of(&reports);
    assert!(totals.pass > totals.skip * 5, "{totals:?}");
}
