//! The oracle and the levels of the ladder agree with the brute-force definition: on every small
//! history, and on many random ones. `KVSPEC_AGREEMENT=N` sets how many of the latter.

use std::collections::BTreeSet;

use kvspec_reference::consistency::{Finding, convergence, integrity};
use kvspec_reference::definitions::eventual::{Breach, Levels, breaches, levels};
use kvspec_reference::eventual;
use kvspec_reference::history::{Entry, Header, History, HistoryBuilder, Kind, Outcome, State, SwapArguments};
use kvspec_reference::random::Random;
use kvspec_reference::{Anomaly, RequirementId};

const ABSENT: u32 = State::ABSENT.number();
const PRESENT: u32 = State::PRESENT.number();

const BOUND: u64 = 10;

/// What one operation does and sees, without its times. Values: 1 and 2 are two values; that of a
/// swap is its place in [`SWAPS`].
#[derive(Debug, Clone, Copy)]
struct Shape {
    kind: Kind,
    value: u32,
    outcome: Outcome,
}

const fn shape(kind: Kind, value: u32, outcome: Outcome) -> Shape {
    Shape { kind, value, outcome }
}

const SWAPS: [SwapArguments; 5] = [
    SwapArguments { expected: State::value(1), new: State::value(2), swapped: true },
    SwapArguments { expected: State::value(1), new: State::value(1), swapped: true },
    SwapArguments { expected: State::ABSENT, new: State::value(1), swapped: true },
    SwapArguments { expected: State::ABSENT, new: State::value(1), swapped: false },
    SwapArguments { expected: State::value(2), new: State::value(1), swapped: false },
];

/// Swaps, which only some stores have.
const SWAP_SHAPES: [Shape; 7] = [
    shape(Kind::CompareAndSwap, 0, Outcome::Ok),
    shape(Kind::CompareAndSwap, 1, Outcome::Ok),
    shape(Kind::CompareAndSwap, 2, Outcome::Ok),
    shape(Kind::CompareAndSwap, 3, Outcome::Ok),
    shape(Kind::CompareAndSwap, 4, Outcome::Ok),
    shape(Kind::CompareAndSwap, 0, Outcome::Error),
    shape(Kind::CompareAndSwap, 0, Outcome::Failed),
];

/// All that one operation on one register can be, with two values.
const SHAPES: [Shape; 14] = [
    shape(Kind::Set, 1, Outcome::Ok),
    shape(Kind::Set, 1, Outcome::Error),
    shape(Kind::Set, 1, Outcome::Unknown),
    shape(Kind::Set, 2, Outcome::Ok),
    shape(Kind::Set, 2, Outcome::Error),
    shape(Kind::Set, 2, Outcome::Unknown),
    shape(Kind::Delete, ABSENT, Outcome::Ok),
    shape(Kind::Delete, ABSENT, Outcome::Trap),
    shape(Kind::Delete, ABSENT, Outcome::Unknown),
    shape(Kind::Get, 1, Outcome::Ok),
    shape(Kind::Get, 2, Outcome::Ok),
    shape(Kind::Get, ABSENT, Outcome::Ok),
    shape(Kind::Exists, PRESENT, Outcome::Ok),
    shape(Kind::Exists, ABSENT, Outcome::Ok),
];

/// A history from shapes, the order of events (each operation twice: begin, end) and the times of
/// the events. `registers` and `sessions` give each operation its own.
fn history(shapes: &[Shape], order: &[usize], times: &[u64], registers: &[u32], sessions: &[u16]) -> History {
    let header = Header { convergence_bound: BOUND, ..Header::default() };
    let mut builder = HistoryBuilder::new(header);
    for name in ["k", "j"].iter().take(1 + *registers.iter().max().unwrap_or(&0) as usize) {
        builder.register("b", name);
    }
    let (one, two) = (builder.value_bytes(b"one"), builder.value_bytes(b"two"));
    assert_eq!((one.number(), two.number()), (1, 2));
    for swap in SWAPS {
        builder.swap(swap);
    }
    for (operation, shape) in shapes.iter().enumerate() {
        let mut events = (0..order.len()).filter(|e| order[*e] == operation).map(|e| times[e]);
        let (invoke, response) = (events.next().unwrap(), events.next().unwrap());
        builder.push(Entry {
            session: sessions[operation],
            kind: shape.kind,
            register: registers[operation],
            operand: State::value(shape.value).into(),
            outcome: shape.outcome,
            invoke,
            response: (shape.outcome != Outcome::Unknown).then_some(response),
        });
    }
    builder.finish().unwrap()
}

/// Every order of the events of `count` operations that begin in the order of their numbers.
fn event_orders(count: usize) -> Vec<Vec<usize>> {
    fn extend(order: &mut Vec<usize>, begun: usize, count: usize, all: &mut Vec<Vec<usize>>) {
        if order.len() == 2 * count {
            all.push(order.clone());
            return;
        }
        let open: Vec<usize> = (0..begun).filter(|o| order.iter().filter(|x| *x == o).count() == 1).collect();
        for next in open.into_iter().chain((begun < count).then_some(begun)) {
            order.push(next);
            extend(order, begun.max(next + 1), count, all);
            order.pop();
        }
    }
    let mut all = Vec::new();
    extend(&mut Vec::new(), 0, count, &mut all);
    all
}

/// Times of events: a bit says whether the gap before the event is longer than the bound.
fn times(count: usize, long_gaps: u32) -> Vec<u64> {
    let gap = |event: usize| if long_gaps >> event & 1 == 1 { BOUND + 1 } else { 1 };
    (0..count)
        .scan(0, |time, event| {
            *time += gap(event);
            Some(*time)
        })
        .collect()
}

fn breach_of(requirement: RequirementId) -> Breach {
    match requirement {
        RequirementId::KveInt01 | RequirementId::KveInt03 | RequirementId::KveVal01 => Breach::NeverWritten,
        RequirementId::KveInt02 => Breach::NotYetWritten,
        RequirementId::KveCon01 | RequirementId::KveCon02 | RequirementId::KveCon03 | RequirementId::KveCon04 => {
            Breach::NotSettled
        }
        other => panic!("the oracle does not judge {other}"),
    }
}

/// What of the levels the checkers of the ladder say.
fn judged_levels(history: &History) -> Levels {
    let is_kept = |finding: Finding| !matches!(finding, Finding::Broken(_));
    Levels {
        integrity: is_kept(integrity::check(history)),
        convergent: is_kept(convergence::check(history)),
        last_write: is_kept(convergence::check_last_write(history)),
    }
}

/// Panics where oracle, levels and definition differ, or where an anomaly's operations do not prove
/// a breach. Gives how many anomalies there are.
fn compare(history: &History) -> usize {
    let anomalies = eventual::judge(history);
    let register_id = |anomaly: &Anomaly| {
        let (bucket, key) = anomaly.register.as_ref().expect("all anomalies here are of a register");
        history.registers().iter().position(|(b, k)| **b == **bucket && **k == **key).unwrap() as u32
    };
    let shown_by = |anomaly: &Anomaly| (register_id(anomaly), breach_of(anomaly.requirement));
    let judged: BTreeSet<(u32, Breach)> = anomalies.iter().map(shown_by).collect();
    let defined = breaches(history);
    assert_eq!(judged, defined, "{}", text(history));
    let levels = levels(history);
    assert_eq!(judged_levels(history), levels, "{}", text(history));
    // The two together are what the oracle asks of settled reads.
    if levels.integrity {
        let is_settled = defined.iter().all(|(_, breach)| *breach != Breach::NotSettled);
        assert_eq!(levels.convergent && levels.last_write, is_settled, "{}", text(history));
    }
    for anomaly in &anomalies {
        let keep: BTreeSet<usize> = anomaly.operations.iter().copied().collect();
        let kept = keep.iter().map(|&i| history.records()[i]).collect();
        let alone = history.with_records(kept).expect("a part");
        assert!(
            breaches(&alone).contains(&shown_by(anomaly)),
            "{anomaly:#?} does not stand alone in\n{}",
            text(history)
        );
    }
    anomalies.len()
}

fn text(history: &History) -> String {
    let line = |i: usize| {
        let r = &history.records()[i];
        format!("[{:?} {:?}] {}\n", history.time(r.invoke), history.time(r.response), history.operation_text(i))
    };
    (0..history.records().len()).map(line).collect()
}

/// All histories of one register of up to `count` operations, each of a session of its own, with
/// every order of events and every choice of gaps.
fn agree_on_all(count: usize, shapes: &[Shape]) -> (usize, usize) {
    let orders = event_orders(count);
    let (registers, sessions) = (vec![0; count], (0..count as u16).collect::<Vec<_>>());
    let (mut histories, mut anomalies) = (0, 0);
    for choice in 0..shapes.len().pow(count as u32) {
        let chosen: Vec<Shape> =
            (0..count as u32).map(|i| shapes[choice / shapes.len().pow(i) % shapes.len()]).collect();
        for order in &orders {
            // The gap before the first event changes nothing.
            for long_gaps in 0..1 << (2 * count - 1) {
                let history = history(&chosen, order, &times(2 * count, long_gaps << 1), &registers, &sessions);
                anomalies += compare(&history);
                histories += 1;
            }
        }
    }
    (histories, anomalies)
}

#[test]
fn all_histories_of_three_operations() {
    for (count, histories) in [(1, 14 * 2), (2, 14 * 14 * 3 * 8), (3, 14 * 14 * 14 * 15 * 32)] {
        let (compared, anomalies) = agree_on_all(count, &SHAPES);
        assert_eq!(compared, histories);
        assert!(anomalies > 0 && anomalies < compared, "{anomalies} anomalies in {compared} histories");
    }
}

/// Four operations, of fewer kinds, one after another: where windows have two reads and soft
/// states.
#[test]
fn all_sequences_of_five_operations() {
    const FEWER: [Shape; 7] = [SHAPES[0], SHAPES[4], SHAPES[6], SHAPES[9], SHAPES[10], SHAPES[11], SHAPES[12]];
    let count = 5;
    let order: Vec<usize> = (0..count).flat_map(|o| [o, o]).collect();
    let mut anomalies = 0;
    for choice in 0..FEWER.len().pow(5) {
        let chosen: Vec<Shape> = (0..5).map(|i| FEWER[choice / FEWER.len().pow(i) % FEWER.len()]).collect();
        for long_gaps in 0..1 << (count - 1) {
            // Only the gaps between operations are long or short here.
            let spread = (0..count - 1).fold(0, |bits, i| bits | (long_gaps >> i & 1) << (2 * i + 2));
            let sessions = [0, 1, 0, 1, 0];
            anomalies += compare(&history(&chosen, &order, &times(10, spread), &[0; 5], &sessions));
        }
    }
    assert!(anomalies > 10_000, "{anomalies}");
}

#[test]
fn random_histories() {
    let count = random_count();
    let (mut broken, mut settled, mut kinds) = (0, 0, BTreeSet::new());
    for seed in 0..count {
        let history = random_history(&mut Random::new(seed), Clock::Fine);
        broken += u64::from(compare(&history) > 0);
        settled += u64::from(eventual::examine(&history).settled_reads > 1);
        let indeterminate = history.records().iter().filter(|r| r.is_indeterminate_write()).count();
        kinds.insert((levels(&history), indeterminate.min(2)));
    }
    assert!(broken > count / 10 && broken < count * 9 / 10, "{broken} of {count} broken");
    assert!(settled > count / 3, "{settled} of {count} with settled reads");
    assert_eq!(kinds.len(), 8 * 3, "each choice of levels is broken, with and without indeterminate writes: {kinds:?}");
}

fn random_count() -> u64 {
    std::env::var("KVSPEC_AGREEMENT").map_or(20_000, |n| n.parse().expect("a number of histories"))
}

/// Histories in which many events carry the same time, and sessions go on the moment their last
/// operation ended: the order among equal times decides what overlaps.
#[test]
fn random_histories_with_ties() {
    let (mut broken, mut tied, mut touching) = (0, 0, 0);
    let count = random_count();
    for seed in 0..count {
        let history = random_history(&mut Random::new(seed), Clock::Coarse);
        broken += u64::from(compare(&history) > 0);
        tied += u64::from(history.times().is_sorted() && history.times().windows(2).any(|pair| pair[0] == pair[1]));
        touching += u64::from(is_touching(&history));
    }
    assert!(broken > count / 10 && broken < count * 9 / 10, "{broken} of {count} broken");
    assert!(tied > count * 9 / 10 && touching > count / 4, "{tied} of {count} with ties, {touching} touching");
}

/// Whether an operation begins at the very time when the last one of its session ended.
fn is_touching(history: &History) -> bool {
    history.records().iter().any(|later| {
        let times = |r: &kvspec_reference::history::Record| (history.time(r.invoke), history.time(r.response));
        let touches = |earlier: &kvspec_reference::history::Record| {
            earlier.session == later.session
                && earlier.invoke < later.invoke
                && times(earlier).1.is_some()
                && times(earlier).1 == times(later).0
        };
        history.records().iter().any(touches)
    })
}

/// How finely time is told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Clock {
    /// A session never begins an operation at the time when its last one ended.
    Fine,
    /// Times are multiples of half the bound, an operation may take none, and the next of its session
    /// may begin at once.
    Coarse,
}

/// Up to 12 operations of up to 4 sessions on up to 2 registers; sessions are sequential.
fn random_history(random: &mut Random, clock: Clock) -> History {
    let count = random.between(2, 12) as usize;
    let session_count = random.between(1, 4);
    let register_count = random.between(1, 2);
    let long_gap_per_mille = random.below(700);
    let reads_per_mille = random.between(300, 800);
    let swaps_per_mille = if random.chance(900) { 0 } else { random.below(400) };
    // Mostly writes of value 1 and reads of it, so that not nearly all histories are broken.
    let rare_per_mille = random.between(0, 400);
    let mut free_at = vec![0; session_count as usize];
    let convergence_bound = match random.below(16) {
        0 => u64::MAX,
        1 | 2 => 0,
        _ => BOUND,
    };
    let mut builder = HistoryBuilder::new(Header { convergence_bound, ..Header::default() });
    for name in ["k", "j"] {
        builder.register("b", name);
    }
    builder.value_bytes(b"one");
    builder.value_bytes(b"two");
    for swap in SWAPS {
        builder.swap(swap);
    }
    for _ in 0..count {
        let session = random.below(session_count) as usize;
        let is_long = random.chance(long_gap_per_mille);
        let (wait, lasts) = match clock {
            Clock::Fine => (1 + if is_long { BOUND + random.below(5) } else { random.below(4) }, 1 + random.below(8)),
            Clock::Coarse => (BOUND / 2 * if is_long { 2 + random.below(2) } else { random.below(2) }, {
                BOUND / 2 * random.below(3)
            }),
        };
        let invoke = free_at[session] + wait;
        let end = invoke + lasts;
        free_at[session] = end;
        let shapes = if random.chance(reads_per_mille) { &SHAPES[9..] } else { &SHAPES[..9] };
        let shapes = if random.chance(swaps_per_mille) { &SWAP_SHAPES } else { shapes };
        let mut shape = shapes[random.below(shapes.len() as u64) as usize];
        if !random.chance(rare_per_mille) && shape.kind.is_write() {
            shape.outcome = Outcome::Ok;
        }
        if !random.chance(rare_per_mille) && shape.value == 2 && shape.kind != Kind::CompareAndSwap {
            shape.value = 1;
        }
        let Shape { kind, value, outcome } = shape;
        let (session, register) = (session as u16, random.below(register_count) as u32);
        // A recording may lack the time of an answer.
        let response = (outcome != Outcome::Unknown && !random.chance(10)).then_some(end);
        builder.push(Entry { session, kind, register, operand: State::value(value).into(), outcome, invoke, response });
    }
    builder.finish().unwrap()
}
