//! `kvspec fuzz`: that it finds what is hidden, repeats itself, and raises no false alarm.

mod guest;

use kvspec::Declaration;
use kvspec::fuzzing::{ComponentTarget, Engine, Found, Options, Prototype};
use kvspec::subject::Limits;
use kvspec::subject::component;

/// The engine on the Rust component with this bug.
fn engine(bug: Option<&str>, options: Options) -> Engine<ComponentTarget> {
    let loading = component::Options {
        environment: bug.map(|bug| ("KVSPEC_BUG".to_owned(), bug.to_owned())).into_iter().collect(),
        limits: Limits { memory_bytes: 64 << 20, call_ticks: 10 },
        ..Default::default()
    };
    let (prototype, instrumentation) = Prototype::load(&guest::store(""), loading, Declaration::default()).unwrap();
    assert!(instrumentation.edges > 100, "{instrumentation:?}");
    Engine::new(prototype.target(options.seed), Vec::new(), options)
}

/// The first find within so many executions.
fn search(bug: &str, feedback: bool, seed: u64, executions: u64) -> Option<Found> {
    let mut engine = engine(Some(bug), Options { seed, feedback, ..Options::default() });
    engine.run(|progress, finds| progress.executions < executions && finds.is_empty()).unwrap();
    engine.finds().first().cloned()
}

#[test]
fn a_good_store_gives_no_find() {
    let mut engine = engine(None, Options::default());
    engine.run(|progress, _| progress.executions < 2_000).unwrap();
    assert!(engine.finds().is_empty(), "{:?}", engine.finds());
    let progress = engine.progress();
    assert!(progress.edges > 300 && progress.corpus > 100, "{progress:?}");
}

#[test]
fn plain_bugs_are_found_soon_and_made_small() {
    for (bug, signature, steps_max) in [
        ("value-cut-at-100", "KVE-INT-03", 2),
        ("lossy-utf8", "KVE-INT-01", 2),
        ("delete-ignored", "KVE-CON-02", 3),
        ("exists-counts-tombstones", "KVE-INT-01", 3),
        ("traps-on-empty-key", "trap: ", 1),
        ("eats-memory", "memory", 1),
    ] {
        let found = search(bug, true, 1, 500).unwrap_or_else(|| panic!("{bug} is not found"));
        assert!(found.find.signature().starts_with(signature), "{bug}: {}", found.find.signature());
        assert!(found.workload.steps.len() <= steps_max, "{bug}: {:?}", found.workload);
        assert!(found.is_minimal && found.repeats, "{bug}: {found:?}");
        assert!(!found.history.records.is_empty(), "{bug}");
    }
}

#[test]
fn a_bug_behind_a_key_of_four_bytes_is_found_only_with_feedback() {
    for bug in ["loses-one-key", "loses-one-key-bytewise"] {
        let found = search(bug, true, 1, 4_000).unwrap_or_else(|| panic!("{bug} is not found"));
        assert_eq!(found.find.signature(), "KVE-CON-02");
        assert!(format!("{:?}", found.workload).contains("k3y!"), "{:?}", found.workload);
        let blind = search(bug, false, 1, 4_000);
        assert!(blind.is_none(), "{bug}: found without feedback: {blind:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut engine = engine(Some("traps-on-empty-key"), Options { seed, ..Options::default() });
        engine.run(|progress, _| progress.executions < 300).unwrap();
        let finds: Vec<String> = engine.finds().iter().map(|f| format!("{} {:?}", f.executions, f.workload)).collect();
        let corpus: Vec<String> = engine.corpus().map(|workload| format!("{workload:?}")).collect();
        (engine.progress(), finds, corpus)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
