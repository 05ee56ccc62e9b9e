//! The oracle agrees with the brute-force definition: on every small history, and on many random
//! ones. `KVSPEC_AGREEMENT=N` sets how many of the latter.

use std::collections::BTreeSet;

use kvspec_reference::RequirementId;
use kvspec_reference::consistency::{Finding, convergence, integrity};
use kvspec_reference::definitions::eventual::{Breach, breaches};
use kvspec_reference::eventual;
use kvspec_reference::history::{ABSENT, Entry, Header, History, HistoryBuilder, Kind, Outcome, PRESENT};
use kvspec_reference::random::Random;

const BOUND: u64 = 10;

/// What one operation does and sees, without its times. Values: 1 and 2 are two values.
#[derive(Debug, Clone, Copy)]
struct Shape {
    kind: Kind,
    value: u32,
    outcome: Outcome,
}

const fn shape(kind: Kind, value: u32, outcome: Outcome) -> Shape {
    Shape { kind, value, outcome }
}

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
    assert_eq!((one, two), (1, 2));
    for (operation, shape) in shapes.iter().enumerate() {
        let mut events = (0..order.len()).filter(|e| order[*e] == operation).map(|e| times[e]);
        let (invoke, response) = (events.next().unwrap(), events.next().unwrap());
        builder.push(Entry {
            session: sessions[operation],
            kind: shape.kind,
            register: registers[operation],
            value: shape.value,
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
        RequirementId::KveInt01 | RequirementId::KveInt03 => Breach::NeverWritten,
        RequirementId::KveInt02 => Breach::NotYetWritten,
        _ => Breach::NotSettled,
    }
}

/// Panics where the two differ, or where an anomaly's operations do not prove a breach.
fn compare(history: &History) -> usize {
    let anomalies = eventual::judge(history);
    let register_id = |name: &Option<(String, String)>| {
        let (bucket, key) = name.as_ref().expect("all anomalies here are of a register");
        history.registers.iter().position(|(b, k)| **b == **bucket && **k == **key).unwrap() as u32
    };
    let judged: BTreeSet<(u32, Breach)> =
        anomalies.iter().map(|a| (register_id(&a.register), breach_of(a.requirement))).collect();
    assert_eq!(judged, breaches(history), "{}", text(history));
    for anomaly in &anomalies {
        let breach = (register_id(&anomaly.register), breach_of(anomaly.requirement));
        let mut alone = history.clone();
        let keep: BTreeSet<usize> = anomaly.operations.iter().copied().collect();
        let mut index = 0;
        alone.records.retain(|_| {
            index += 1;
            keep.contains(&(index - 1))
        });
        assert!(breaches(&alone).contains(&breach), "{anomaly:#?} does not stand alone in\n{}", text(history));
    }
    anomalies.len()
}

fn text(history: &History) -> String {
    let line = |i: usize| {
        let r = &history.records[i];
        format!("[{:?} {:?}] {}\n", history.time(r.invoke), history.time(r.response), history.operation_text(i))
    };
    (0..history.records.len()).map(line).collect()
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
    let count: u64 = std::env::var("KVSPEC_AGREEMENT").map_or(20_000, |n| n.parse().expect("a number of histories"));
    let (mut broken, mut settled) = (0, 0);
    for seed in 0..count {
        let history = random_history(&mut Random::new(seed));
        broken += u64::from(compare(&history) > 0);
        settled += u64::from(eventual::examine(&history).settled_reads > 1);
    }
    assert!(broken > count / 10 && broken < count * 9 / 10, "{broken} of {count} broken");
    assert!(settled > count / 3, "{settled} of {count} with settled reads");
}

/// The ladder and the oracle look at the same things from two sides: neither contradicts the other.
#[test]
fn the_ladder_agrees() {
    let mut compared = BTreeSet::new();
    for seed in 0..20_000 {
        let history = random_history(&mut Random::new(seed));
        let found: BTreeSet<Breach> = breaches(&history).into_iter().map(|(_, breach)| breach).collect();
        let is_broken = |finding: Finding| matches!(finding, Finding::Broken(_));
        let integrity_is_kept = !found.contains(&Breach::NeverWritten) && !found.contains(&Breach::NotYetWritten);
        assert_eq!(is_broken(integrity::check(&history)), !integrity_is_kept, "{}", text(&history));
        if !integrity_is_kept {
            continue;
        }
        let is_settled = !found.contains(&Breach::NotSettled);
        let ladder_is_settled =
            !is_broken(convergence::check(&history)) && !is_broken(convergence::check_last_write(&history));
        let unsure = history.records.iter().filter(|r| r.is_indeterminate_write()).count();
        assert_eq!(is_settled, ladder_is_settled, "{}", text(&history));
        compared.insert((is_settled, unsure.min(2)));
    }
    assert_eq!(compared.len(), 6, "{compared:?}");
}

/// Up to 12 operations of up to 4 sessions on up to 2 registers; sessions are sequential.
fn random_history(random: &mut Random) -> History {
    let count = random.between(2, 12) as usize;
    let session_count = random.between(1, 4);
    let register_count = random.between(1, 2);
    let long_gap_per_mille = random.below(700);
    let reads_per_mille = random.between(300, 800);
    // Mostly writes of value 1 and reads of it, so that not nearly all histories are broken.
    let rare_per_mille = random.between(0, 400);
    let mut free_at = vec![0; session_count as usize];
    let mut plan: Vec<(u64, u64, Shape, u32, u16)> = Vec::new();
    for _ in 0..count {
        let session = random.below(session_count) as usize;
        let wait = if random.chance(long_gap_per_mille) { BOUND + random.below(5) } else { random.below(4) };
        let begin = free_at[session] + 1 + wait;
        let end = begin + 1 + random.below(8);
        free_at[session] = end;
        let shapes = if random.chance(reads_per_mille) { &SHAPES[9..] } else { &SHAPES[..9] };
        let mut shape = shapes[random.below(shapes.len() as u64) as usize];
        if !random.chance(rare_per_mille) && shape.kind.is_write() {
            shape.outcome = Outcome::Ok;
        }
        if !random.chance(rare_per_mille) && shape.value == 2 {
            shape.value = 1;
        }
        plan.push((begin, end, shape, random.below(register_count) as u32, session as u16));
    }
    let mut builder = HistoryBuilder::new(Header { convergence_bound: BOUND, ..Header::default() });
    for name in ["k", "j"] {
        builder.register("b", name);
    }
    builder.value_bytes(b"one");
    builder.value_bytes(b"two");
    for (invoke, end, Shape { kind, value, outcome }, register, session) in plan {
        let response = (outcome != Outcome::Unknown).then_some(end);
        builder.push(Entry { session, kind, register, value, outcome, invoke, response });
    }
    builder.finish().unwrap()
}
