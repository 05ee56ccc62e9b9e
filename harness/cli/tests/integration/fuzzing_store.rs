//! The search of `kvspec fuzz` in components of `store@0.2.0`, in both dialects and with all operations.

use std::collections::BTreeSet;
use std::time::Duration;

use kvspec::Declaration;
use kvspec_component::Limits;
use kvspec_component::component::{self, ComponentSubject};
use kvspec_coverage::instrument;
use kvspec_fuzzing::{Engine, Execution, Found, Options, Prototype, Target};
use kvspec_reference::Profile;
use kvspec_reference::history::Kind;
use kvspec_reference::interface::{Counter, Subject as _};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::workload::{Step, Workload};
use kvspec_suites::workloads::generate::{Repertoire, Size, from_seed_offering};
use kvspec_suites::workloads::property;
use kvspec_tests::guest;

/// As the command has it.
const RENEW_AFTER: usize = 32;

/// The features of the guest in each dialect.
const DIALECTS: [(&str, Profile); 2] = [("", Profile::StoreDraft), ("draft2", Profile::StoreDraft2)];

fn options(bug: Option<&str>) -> component::Options {
    component::Options {
        environment: bug.map(|bug| ("KVSPEC_BUG".to_owned(), bug.to_owned())).into_iter().collect(),
        limits: Limits { memory_bytes: 64 << 20, call_timeout: Duration::from_secs(1) },
        ..Default::default()
    }
}

fn prototype(features: &str, bug: Option<&str>) -> Prototype {
    let loaded = Prototype::load(&guest::draft_store(features), options(bug), Declaration::default());
    let (prototype, instrumentation) = loaded.unwrap();
    assert!(instrumentation.edges > 100, "{instrumentation:?}");
    prototype
}

/// The first find within so many executions.
fn search(features: &str, bug: &str, feedback: bool, seed: u64, executions: u64) -> Option<Found> {
    let target = prototype(features, Some(bug)).target(seed).renewed_after(RENEW_AFTER);
    let mut engine = Engine::new(target, Vec::new(), Options { seed, feedback, ..Options::default() });
    engine.run(|progress, finds| progress.executions < executions && finds.is_empty()).unwrap();
    engine.finds().first().cloned()
}

fn words(workloads: impl Iterator<Item = Workload>) -> BTreeSet<String> {
    let calls = workloads.flat_map(|workload| workload.steps).filter_map(|step| match step {
        Step::Call { call, .. } => Some(call.to_string()),
        _ => None,
    });
    calls.filter_map(|call| call.split(' ').next().map(str::to_owned)).collect()
}

#[test]
fn a_good_store_of_each_dialect_gives_no_find_and_is_asked_all_it_offers() {
    for (features, profile) in DIALECTS {
        for (renew_after, executions) in [(1, 100), (RENEW_AFTER, 400)] {
            let prototype = prototype(features, None);
            assert_eq!(prototype.profile(), profile);
            let is_second = profile == Profile::StoreDraft2;
            let increment = Some(if is_second { Counter::Signed } else { Counter::Unsigned });
            let offered = Repertoire { listing: true, increment, swap: is_second, batch: true, page_keys: Some(100) };
            assert_eq!(prototype.repertoire(), offered);
            let mut engine =
                Engine::new(prototype.target(1).renewed_after(renew_after), Vec::new(), Options::default());
            engine.run(|progress, _| progress.executions < executions).unwrap();
            assert!(engine.finds().is_empty(), "{profile}, {renew_after}: {:?}", engine.finds());
            let mut wanted =
                vec!["delete", "delete-many", "exists", "get", "get-many", "increment", "list", "set", "set-many"];
            if is_second {
                wanted.extend(["cas-new", "cas-current", "swap"]);
            }
            if renew_after == 1 {
                continue;
            }
            let called = words(engine.corpus().cloned());
            assert!(wanted.iter().all(|word| called.contains(*word)), "{called:?}");
            assert_eq!(called.contains("swap"), is_second);
        }
    }
}

#[test]
fn bugs_of_every_operation_are_found_soon_and_made_small() {
    for (features, bug, executions_max, signature, steps_max) in [
        ("", "delete-many-keeps-last", 2_000, "KVE-CON-02", 4),
        ("", "sums-wrap-at-32-bits", 2_000, "KVS-INC-", 3),
        ("draft2", "swap-ignores-base", 2_000, "KVS-CAS-03", 4),
        ("", "traps-on-repeated-key", 5_000, "trap: ", 1),
        ("draft2", "forgets-swaps", 2_000, "leak: ", 3),
    ] {
        let found = search(features, bug, true, 1, executions_max).unwrap_or_else(|| panic!("{bug} is not found"));
        assert!(found.find.signature().starts_with(signature), "{bug}: {}", found.find.signature());
        assert!(found.workload.steps.len() <= steps_max, "{bug}: {:?}", found.workload);
        assert!(found.is_minimal && found.repeats, "{bug}: {found:?}");
        assert!(!found.history.records().is_empty(), "{bug}");
    }
}

#[test]
fn a_bug_behind_a_key_of_four_bytes_is_found_only_with_feedback() {
    for (features, profile) in DIALECTS {
        let found = search(features, "loses-one-key", true, 1, 5_000);
        let found = found.unwrap_or_else(|| panic!("{features}: it is not found"));
        assert!(format!("{:?}", found.workload).contains("k3y!"), "{:?}", found.workload);
        // The search without feedback makes no difference between the dialects.
        if profile == Profile::StoreDraft {
            let blind = search(features, "loses-one-key", false, 1, found.executions);
            assert!(blind.is_none(), "{features}: found without feedback: {blind:?}");
        }
    }
}

#[test]
fn a_bug_behind_a_listing_and_a_delete_is_found_and_made_small() {
    for (features, _) in DIALECTS {
        let found = search(features, "delete-after-list-ignored", true, 1, 5_000);
        let found = found.unwrap_or_else(|| panic!("{features}: it is not found"));
        // A quiescence point lists, too. What is deleted may have been set by a swap, which takes a handle.
        assert!(found.workload.steps.len() <= 5, "{:?}", found.workload);
        assert!(found.history.records().iter().any(|record| record.kind == Kind::List), "{:?}", found.history);
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let target = prototype("draft2", Some("swap-ignores-base")).target(seed).renewed_after(RENEW_AFTER);
        let mut engine = Engine::new(target, Vec::new(), Options { seed, ..Options::default() });
        engine.run(|progress, _| progress.executions < 150).unwrap();
        let finds: Vec<String> = engine.finds().iter().map(|f| format!("{} {:?}", f.executions, f.workload)).collect();
        let corpus: Vec<String> = engine.corpus().map(|workload| format!("{workload:?}")).collect();
        (engine.progress(), finds, corpus)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn an_instance_used_again_shows_what_fresh_ones_show() {
    let prototype = prototype("draft2", None);
    let (mut fresh, mut used) = (prototype.target(1), prototype.target(1).renewed_after(1_000));
    for seed in 0..40 {
        let size = Size { value_bytes: 300, ..Size::default() };
        let workload = from_seed_offering(&Declaration::default(), prototype.repertoire(), size, seed);
        let [alone, later] = [&mut fresh, &mut used].map(|target| target.execute(&workload).unwrap());
        assert!(alone.finds.is_empty() && later.finds.is_empty(), "seed {seed}: {later:?}");
        let answers = |execution: &Execution| {
            let records = execution.history.records().iter();
            records.map(|r| (r.session, r.kind, r.register, r.operand, r.outcome)).collect::<Vec<_>>()
        };
        assert_eq!(answers(&alone), answers(&later), "seed {seed}");
    }
}

#[test]
fn instrumentation_changes_no_random_workload() {
    for (features, profile) in DIALECTS {
        let bytes = std::fs::read(guest::draft_store(features)).unwrap();
        let counted = instrument(&bytes).unwrap().bytes;
        let [plain, counted] =
            [bytes, counted].map(|bytes| ComponentSubject::from_bytes(&bytes, options(None)).unwrap());
        assert_eq!(plain.profile(), profile);
        let declaration = Declaration::default();
        let repertoire = Repertoire::offered_by(&plain, &declaration);
        for seed in 0..40 {
            let size = Size { value_bytes: 5_000, ..Size::default() };
            let workload = from_seed_offering(&declaration, repertoire, size, seed);
            let [plain, counted] = [&plain, &counted].map(|subject| {
                let clock = ManualClock::default();
                property::execute(subject, &clock, &declaration, profile, &workload, seed).unwrap().run
            });
            assert_eq!(plain.failures, counted.failures, "seed {seed}");
            assert_eq!(format!("{:?}", plain.history), format!("{:?}", counted.history), "seed {seed}");
        }
    }
}
