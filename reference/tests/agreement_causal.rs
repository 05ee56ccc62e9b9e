//! The checkers of the causal family agree with definitions that try everything.
//!
//! `KVSPEC_AGREEMENT=100000 cargo test --release -p kvspec-reference --test agreement_causal` runs
//! that many random histories of each shape for each level, and every history of four operations.

mod small;

use kvspec_reference::consistency::explain::explain;
use kvspec_reference::consistency::ladder::checker;
use kvspec_reference::consistency::{Finding, Level};
use kvspec_reference::definitions::causal::{keeps, keeps_with_any_order};
use kvspec_reference::history::{Entry, Header, State};
use kvspec_reference::{History, HistoryBuilder, Kind, Outcome};
use small::{Random, Shape, random};

const ABSENT: u32 = State::ABSENT.number();
const PRESENT: u32 = State::PRESENT.number();

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
        let r = &history.records()[i];
        format!("{:>3}..{:<10} {}\n", r.invoke.place(), r.response.place(), history.operation_text(i))
    };
    (0..history.records().len()).map(line).collect()
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
        let mut numbers = Random::new(name.len() as u64);
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
    let mut numbers = Random::new(1);
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
        let mut numbers = Random::new(77);
        let mut explained = 0;
        for _ in 0..count(400) / 4 {
            let history = random(&mut numbers, &shape);
            for level in LEVELS {
                let check = checker(level);
                let Finding::Broken(witness) = check(&history) else { continue };
                let explanation = explain(&history, level, &witness);
                let records = explanation.operations.iter().map(|&i| history.records()[i]).collect();
                let part = history.with_records(records).expect("a part");
                assert_eq!(keeps(&part, level), Some(false), "{level:?}\n{}of\n{}", text(&part), text(&history));
                assert!(!explanation.because.is_empty());
                explained += 1;
            }
        }
        assert!(explained > 0, "{name}: nothing was broken");
    }
}

/// Calls `judge` with every history of `operations` operations, one after another in time, of two
/// sessions on two registers with two values (the first operation's session, register and value
/// are fixed: the rest is the same with other names). Returns how many there were.
fn every(operations: usize, judge: &mut dyn FnMut(&History)) -> usize {
    const KINDS: [(Kind, u32); 8] = [
        (Kind::Set, 1),
        (Kind::Set, 2),
        (Kind::Delete, ABSENT),
        (Kind::Get, ABSENT),
        (Kind::Get, 1),
        (Kind::Get, 2),
        (Kind::Exists, ABSENT),
        (Kind::Exists, PRESENT),
    ];
    let choices = KINDS.len() * 4;
    let (first, rest) = (KINDS.len(), choices.pow(operations as u32 - 1));
    for number in 0..first * rest {
        let mut digits = number;
        let mut builder = HistoryBuilder::new(Header::default());
        builder.register("b", "k0");
        builder.register("b", "k1");
        assert_eq!([1, 2].map(|name| builder.value_named(name).number()), [1, 2]);
        for i in 0..operations {
            let radix = if i == 0 { first } else { choices };
            let (choice, time) = (digits % radix, 2 * i as u64);
            digits /= radix;
            let (kind, value) = KINDS[choice % KINDS.len()];
            let (session, register) = ((choice / KINDS.len() % 2) as u16, (choice / KINDS.len() / 2) as u32);
            let (outcome, invoke, response) = (Outcome::Ok, time, Some(time + 1));
            builder.push(Entry {
                session,
                kind,
                register,
                operand: State::value(value).into(),
                outcome,
                invoke,
                response,
            });
        }
        judge(&builder.finish().expect("one after another"));
    }
    first * rest
}
