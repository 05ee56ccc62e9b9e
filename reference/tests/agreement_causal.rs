//! The checkers of the causal family agree with definitions that try everything.
//!
//! `KVSPEC_AGREEMENT=100000 cargo test --release -p kvspec-reference --test agreement_causal` runs
//! that many random histories of each shape for each level, and every history of four operations.

mod small;

use kvspec_reference::History;
use kvspec_reference::judge::exhaustive_causal::{keeps, keeps_with_any_order};
use kvspec_reference::judge::explain::explain;
use kvspec_reference::judge::ladder::checker;
use kvspec_reference::judge::{Finding, Level};
use small::{Random, Shape, every, random};

const LEVELS: [Level; 8] = [
    Level::Sequential,
    Level::CausalConvergent,
    Level::CausalMemory,
    Level::Causal,
    Level::Pram,
    Level::Coherent,
    Level::MonotonicWrites,
    Level::WritesFollowReads,
];

/// Fewer when not asked for more, so that a run of all tests takes seconds.
fn count(default: usize) -> usize {
    std::env::var("KVSPEC_AGREEMENT").ok().map_or(default, |n| n.parse().expect("KVSPEC_AGREEMENT is a number"))
}

const PLAIN: Shape = Shape {
    operations_max: 8,
    sessions: 3,
    registers: 2,
    deletes: 0,
    exists: 0,
    repeats: 0,
    indeterminate: 0,
    swaps: 0,
    wild: 45,
    lag: 60,
};

fn shapes() -> Vec<(&'static str, Shape)> {
    vec![
        ("unique values", PLAIN),
        ("one register", Shape { registers: 1, ..PLAIN }),
        ("three registers, four sessions", Shape { registers: 3, sessions: 4, ..PLAIN }),
        ("deletes", Shape { deletes: 35, exists: 20, operations_max: 7, ..PLAIN }),
        ("repeats", Shape { repeats: 50, operations_max: 7, ..PLAIN }),
        ("indeterminate", Shape { indeterminate: 40, operations_max: 7, ..PLAIN }),
        ("swaps", Shape { swaps: 60, operations_max: 7, ..PLAIN }),
        (
            "everything",
            Shape { deletes: 20, exists: 20, repeats: 30, indeterminate: 25, swaps: 25, operations_max: 6, ..PLAIN },
        ),
        (
            "everything on one register",
            Shape {
                deletes: 20,
                exists: 20,
                repeats: 30,
                indeterminate: 25,
                swaps: 25,
                operations_max: 6,
                registers: 1,
                ..PLAIN
            },
        ),
        ("mostly good", Shape { wild: 5, lag: 20, deletes: 10, ..PLAIN }),
    ]
}

fn text(history: &History) -> String {
    let line = |i: usize| {
        let r = &history.records[i];
        format!("{:>3}..{:<10} {}\n", r.invoke, r.response, history.operation_text(i))
    };
    (0..history.records.len()).map(line).collect()
}

/// Compares one level; true when the history keeps it.
fn compare(history: &History, level: Level) -> bool {
    let check = checker(level);
    let finding = check(history);
    let expected = keeps(history, level).expect("each of these has a definition");
    let agrees = match finding {
        Finding::Kept | Finding::NotExercised(_) => expected,
        Finding::Broken(_) => !expected,
        Finding::Unknown(_) => false,
    };
    assert!(agrees, "{level:?}: by definition {expected}, but {finding:?}\n{}", text(history));
    expected
}

#[test]
fn random_histories_agree_with_the_definitions() {
    for (name, shape) in shapes() {
        let mut numbers = Random(name.len() as u64);
        let mut kept = [0; LEVELS.len()];
        let total = count(1500);
        for _ in 0..total {
            let history = random(&mut numbers, &shape);
            for (level, kept) in LEVELS.into_iter().zip(&mut kept) {
                *kept += usize::from(compare(&history, level));
            }
        }
        for (level, kept) in LEVELS.into_iter().zip(kept) {
            println!("{name}: {level:?} kept by {kept} of {total}");
            assert!(kept > total / 10, "{name}: too few histories keep {level:?}: {kept}");
        }
        let kept_causal = kept[3];
        assert!(kept_causal < total * 99 / 100, "{name}: too few histories break anything: {kept_causal} keep causal");
    }
}

#[test]
fn every_history_of_few_operations_agrees_with_the_definitions() {
    let operations_max = if count(0) > 0 { 4 } else { 3 };
    for operations in 1..=operations_max {
        let total = every(operations, &mut |history| {
            for level in LEVELS {
                compare(history, level);
            }
        });
        println!("{total} histories of {operations} operations");
        assert!(total >= 8);
    }
}

#[test]
fn the_least_causal_order_is_enough() {
    let shape = Shape { operations_max: 4, deletes: 25, repeats: 25, swaps: 20, indeterminate: 20, ..PLAIN };
    let mut numbers = Random(1);
    let mut broken = 0;
    for _ in 0..count(2000) {
        let history = random(&mut numbers, &shape);
        for level in [Level::Causal, Level::CausalMemory, Level::CausalConvergent] {
            let expected = keeps_with_any_order(&history, level);
            assert_eq!(keeps(&history, level), expected, "{level:?}\n{}", text(&history));
            broken += usize::from(expected == Some(false));
        }
    }
    assert!(broken > 20, "{broken}");
}

#[test]
fn what_an_explanation_shows_is_broken_and_nothing_in_it_is_needless() {
    for (name, shape) in shapes() {
        let mut numbers = Random(77);
        let mut explained = 0;
        for _ in 0..count(400) / 4 {
            let history = random(&mut numbers, &shape);
            for level in LEVELS {
                let check = checker(level);
                let Finding::Broken(witness) = check(&history) else { continue };
                let explanation = explain(&history, level, check, &witness);
                let records = explanation.operations.iter().map(|&i| history.records[i]).collect();
                let part = History { records, ..history.clone() };
                assert_eq!(keeps(&part, level), Some(false), "{level:?}\n{}of\n{}", text(&part), text(&history));
                assert!(!explanation.because.is_empty());
                explained += 1;
            }
        }
        assert!(explained > 0, "{name}: nothing was broken");
    }
}
