//! The generator obeys a declaration and keeps its habits.

use arbitrary::Unstructured;
use kvspec_reference::random::Random;
use kvspec_reference::workload::{Call, Step, Workload};

use super::*;
use crate::declaration::{Capabilities, Declaration, KeyCharacters, Limits};
use kvspec_reference::workload::text::{WorkloadFile, parse};

fn many(declaration: &Declaration) -> impl Iterator<Item = Workload> {
    (0..1_000).map(|seed| from_seed(declaration, Size::default(), seed))
}

fn calls(workload: &Workload) -> impl Iterator<Item = &Call> {
    workload.steps.iter().filter_map(|step| match step {
        Step::Call { call, .. } => Some(call),
        _ => None,
    })
}

#[test]
fn a_seed_is_a_workload_and_survives_its_text_form() {
    let declaration = Declaration::default();
    for (seed, workload) in many(&declaration).enumerate() {
        assert_eq!(workload, from_seed(&declaration, Size::default(), seed as u64));
        let file = WorkloadFile { profile: "eventual@0.1.0".into(), workload };
        assert_eq!(parse(&file.to_string()).as_ref(), Ok(&file));
    }
}

#[test]
fn the_declaration_is_obeyed() {
    let strict = Declaration {
        capabilities: Capabilities { creates_buckets: false, buckets: vec!["only".into()], ..Default::default() },
        limits: Limits {
            max_key_bytes: Some(10),
            max_value_bytes: Some(20),
            key_characters: KeyCharacters::Portable,
            max_buckets: Some(1),
            max_keys: Some(2),
            max_handles: Some(2),
            max_total_bytes: Some(50),
            at_least: true,
        },
        ..Declaration::default()
    };
    let mut longest = 0;
    for workload in many(&strict) {
        assert!(workload.sessions <= 2 && workload.registers().len() <= 2, "{workload:?}");
        for call in calls(&workload) {
            assert_eq!(call.bucket(), Some("only"));
            if let Some(key) = call.key() {
                assert!(key.len() <= 10 && KeyCharacters::Portable.allow(key), "{key:?}");
            }
            if let Call::Set { value, .. } = call {
                longest = longest.max(value.bytes().len());
            }
        }
    }
    assert!((15..=20).contains(&longest), "{longest}");
}

/// The habits are there, each in a share of the workloads that makes it count.
#[test]
fn the_habits_are_kept() {
    let declaration = Declaration::default();
    let bound = declaration.convergence_bound();
    let share = |has: &dyn Fn(&Workload) -> bool| many(&declaration).filter(|w| has(w)).count();
    let values = |w: &Workload| {
        let set = |call: &Call| if let Call::Set { value, .. } = call { Some(value.bytes()) } else { None };
        calls(w).filter_map(set).collect::<Vec<_>>()
    };
    let repeats = |w: &Workload| {
        let values = values(w);
        (1..values.len()).any(|i| values[..i].contains(&values[i]))
    };
    let differ_in_case = |w: &Workload| {
        let keys: Vec<_> = w.registers().into_iter().map(|(_, key)| key).collect();
        keys.iter().any(|a| keys.iter().any(|b| a != b && a.to_lowercase() == b.to_lowercase()))
    };
    for (habit, least, found) in [
        ("several sessions", 800, share(&|w| w.sessions > 1)),
        ("one register", 150, share(&|w| w.registers().len() == 1)),
        ("several buckets", 100, share(&|w| calls(w).any(|c| c.bucket() != Some("b")))),
        ("keys that differ in case", 30, share(&differ_in_case)),
        ("deletes", 700, share(&|w| calls(w).any(|c| matches!(c, Call::Delete { .. })))),
        ("streamed bodies", 150, share(&|w| calls(w).any(|c| matches!(c, Call::SetStreamed { .. })))),
        ("reopening", 200, share(&|w| calls(w).any(|c| matches!(c, Call::Reopen { .. })))),
        (
            "pauses longer than the bound",
            200,
            share(&|w| w.steps.iter().any(|s| matches!(s, Step::Wait(d) if *d > bound))),
        ),
        ("values of a buffer or more", 200, share(&|w| values(w).iter().any(|v| v.len() >= 255))),
        ("the empty value", 50, share(&|w| values(w).iter().any(Vec::is_empty))),
        ("values that repeat", 100, share(&repeats)),
        ("stamped values only", 500, share(&|w| !repeats(w))),
    ] {
        assert!(found >= least, "{habit}: {found} of 1,000 workloads, at least {least} wanted");
    }
    assert!(many(&declaration).all(|w| w.steps.contains(&Step::Quiesce)));
}

#[test]
fn bytes_make_workloads_and_more_bytes_longer_ones() {
    let declaration = Declaration::default();
    let from_bytes = |bytes: &[u8]| from_unstructured(&declaration, Size::default(), &mut Unstructured::new(bytes));
    assert!(from_bytes(&[]).is_err());
    let mut random = Random::new(5);
    let noise: Vec<u8> = (0..400).map(|_| random.bits() as u8).collect();
    let lengths: Vec<usize> = [4, 40, 400].iter().map(|n| from_bytes(&noise[..*n]).unwrap().steps.len()).collect();
    assert!(lengths.is_sorted() && lengths[0] < lengths[2], "{lengths:?}");
    assert_eq!(from_bytes(&noise), from_bytes(&noise));
}
