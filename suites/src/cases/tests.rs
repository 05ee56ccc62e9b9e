use std::collections::BTreeSet;

use kvspec_reference::InMemory;
use kvspec_reference::workload::recorder::ManualClock;

use super::*;
use crate::case::{Totals, Verdict, run_case};
use crate::declaration::Declaration;
use crate::requirement;

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
fn every_case_names_known_requirements_once() {
    for case in of_any_profile() {
        let ids: BTreeSet<_> = case.requirements.iter().collect();
        assert_eq!(ids.len(), case.requirements.len(), "{} names a requirement twice", case.name);
        for id in case.requirements {
            assert!(requirement::find(id).is_some(), "{} names {id}, which is not in the registry", case.name);
        }
    }
}

#[test]
fn the_smallest_store_passes_or_skips_for_a_declaration() {
    let mut reports = Vec::new();
    for case in all() {
        let (store, clock) = (InMemory::new(), ManualClock::default());
        let report = run_case(case, &store, &clock, &Declaration::default(), 1);
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
