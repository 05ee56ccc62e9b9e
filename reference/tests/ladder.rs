//! The ladder as a whole: what is implied is never contradicted, each level has a history that
//! breaks it and nothing weaker, and an explanation is small.

mod small;

use kvspec_reference::consistency::explain::explain;
use kvspec_reference::consistency::ladder::{Options, checker, judge};
use kvspec_reference::consistency::{Finding, Level};
use kvspec_reference::history::{ClockUnit, Entry, Header, State};
use kvspec_reference::{History, HistoryBuilder, Kind, Outcome};
use small::{Random, Shape, random};

const ABSENT: u32 = State::ABSENT.number();

/// A history of lines such as `1 get y -> 2 @ 30..35`: session, operation, invocation, response.
fn parse(text: &str) -> History {
    let header = Header { profile: "eventual@0.1.0".into(), convergence_bound: 0, clock: ClockUnit::Counter };
    let mut builder = HistoryBuilder::new(header);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (what, when) = line.split_once(" @ ").expect("a line has a time");
        let time = |text: &str| text.trim().parse::<u64>().expect("a time is a number");
        let words: Vec<&str> = what.split_whitespace().collect();
        let (invoke, response) = when.split_once("..").expect("an operation has two times");
        let register = builder.register("b", words[2]);
        let state = |builder: &mut HistoryBuilder, word: &str| match word {
            "absent" => ABSENT,
            number => builder.value_named(number.parse().expect("a value is a number")).number(),
        };
        let (kind, value) = match words[1] {
            "set" => (Kind::Set, state(&mut builder, words[4])),
            "delete" => (Kind::Delete, ABSENT),
            "get" => (Kind::Get, state(&mut builder, words[4])),
            other => panic!("no operation {other}"),
        };
        let session = words[0].parse().expect("a session is a number");
        let (invoke, response) = (time(invoke), Some(time(response)));
        builder.push(Entry {
            session,
            kind,
            register,
            operand: State::value(value).into(),
            outcome: Outcome::Ok,
            invoke,
            response,
        });
    }
    builder.finish().expect("a history")
}

/// For each level a history that breaks it and keeps all that it implies.
const ANOMALIES: [(Level, &str); 15] = [
    // While x is written, one session sees the new value and then another the old one.
    (
        Level::Linearizable,
        "0 set x = 1 @ 0..5
         0 set x = 2 @ 10..40
         1 get x -> 2 @ 15..20
         2 get x -> 1 @ 25..30
         1 get x -> 2 @ 60..65
         2 get x -> 2 @ 60..65",
    ),
    // Each session misses the other's write: store buffering.
    (
        Level::Sequential,
        "0 set x = 1 @ 0..5
         1 set y = 2 @ 0..5
         0 get y -> absent @ 10..15
         1 get x -> absent @ 10..15
         0 get y -> 2 @ 20..25
         1 get x -> 1 @ 20..25",
    ),
    // Each session puts the other's write last.
    (
        Level::CausalConvergent,
        "0 set x = 1 @ 0..5
         1 set x = 2 @ 0..5
         0 get x -> 2 @ 10..15
         1 get x -> 1 @ 10..15",
    ),
    // Session 1 wrote x = 2 before it missed z = 1, from which x = 1 follows by way of session 2; so
    // x = 1 came later than x = 2 for session 1, which saw all of it and still reads x = 2.
    (
        Level::CausalMemory,
        "0 set z = 1 @ 0..5
         2 get z -> 1 @ 10..15
         2 set x = 1 @ 20..25
         2 set y = 1 @ 30..35
         1 set x = 2 @ 0..5
         1 get z -> absent @ 10..15
         1 get y -> 1 @ 40..45
         1 get x -> 2 @ 50..55",
    ),
    // Session 1 answers what session 2 then sees without the question.
    (
        Level::Causal,
        "0 set x = 1 @ 0..5
         1 get x -> 1 @ 10..15
         1 set y = 2 @ 20..25
         2 get y -> 2 @ 30..35
         2 get x -> absent @ 40..45",
    ),
    // Session 1 sees the second write of session 0 without the first.
    (
        Level::Pram,
        "0 set x = 1 @ 0..5
         0 set y = 2 @ 10..15
         1 get y -> 2 @ 20..25
         1 get x -> absent @ 30..35",
    ),
    // Two sessions see two writes in opposite orders.
    (
        Level::Coherent,
        "0 set x = 1 @ 0..5
         1 set x = 2 @ 0..5
         2 get x -> 1 @ 10..15
         3 get x -> 2 @ 10..15
         2 get x -> 2 @ 20..25
         3 get x -> 1 @ 20..25",
    ),
    // A session misses what another wrote before.
    (
        Level::Regular,
        "0 set x = 1 @ 0..5
         0 set x = 2 @ 10..15
         1 set x = 3 @ 0..5
         1 get x -> 3 @ 20..25",
    ),
    // A session misses its own write.
    (
        Level::ReadYourWrites,
        "0 set x = 1 @ 0..5
         1 set x = 2 @ 10..15
         1 get x -> 1 @ 20..25",
    ),
    // A session goes back from what it had read.
    (
        Level::MonotonicReads,
        "0 set x = 1 @ 0..5
         0 set x = 2 @ 10..15
         1 get x -> 2 @ 20..25
         1 get x -> 1 @ 30..35",
    ),
    (
        Level::MonotonicWrites,
        "0 set x = 1 @ 0..5
         0 set y = 2 @ 10..15
         1 get y -> 2 @ 20..25
         1 get x -> absent @ 30..35",
    ),
    (
        Level::WritesFollowReads,
        "0 set x = 1 @ 0..5
         1 get x -> 1 @ 10..15
         1 set y = 2 @ 20..25
         2 get y -> 2 @ 30..35
         2 get x -> absent @ 40..45",
    ),
    // All agree at last, on a write that was followed by another.
    (
        Level::LastWrite,
        "0 set x = 1 @ 0..5
         0 set x = 2 @ 10..15
         0 get x -> 1 @ 30..35
         1 get x -> 1 @ 30..35",
    ),
    // Two sessions differ forever.
    (
        Level::Convergent,
        "0 set x = 1 @ 0..5
         1 set x = 2 @ 0..5
         0 get x -> 1 @ 30..35
         1 get x -> 2 @ 30..35",
    ),
    // Nobody wrote 7.
    (
        Level::Integrity,
        "0 set x = 1 @ 0..5
         1 get x -> 7 @ 10..15",
    ),
];

#[test]
fn each_level_is_broken_by_a_history_that_keeps_all_weaker_ones() {
    for (level, text) in ANOMALIES {
        let history = parse(text);
        for other in Level::ALL.into_iter().filter(|&other| level.implies(other)) {
            let finding = checker(other)(&history);
            let is_broken = matches!(finding, Finding::Broken(_));
            assert_eq!(is_broken, other == level, "{text}\nshould break {level:?} only, but {other:?}: {finding:?}");
            assert!(!matches!(finding, Finding::Unknown(_)), "{finding:?}");
        }
    }
}

#[test]
fn the_ladder_names_the_level_that_is_broken() {
    for (level, text) in ANOMALIES {
        let ladder = judge(&parse(text), &Options::default());
        assert!(matches!(ladder.finding(level), Some(Finding::Broken(_))), "{level:?}: {ladder:?}");
        assert!(matches!(ladder.finding(Level::Linearizable), Some(Finding::Broken(_))), "{level:?}: {ladder:?}");
        assert!(ladder.first_broken().contains(&level), "{level:?}: {:?}", ladder.first_broken());
    }
}

#[test]
fn an_explanation_of_a_hand_made_anomaly_is_the_anomaly() {
    for (level, text) in ANOMALIES {
        let history = parse(text);
        let Finding::Broken(witness) = checker(level)(&history) else { panic!("{level:?} is broken by\n{text}") };
        let explanation = explain(&history, level, &witness);
        assert!(explanation.operations.len() <= 8, "{level:?}: {explanation:?}");
        assert!(explanation.operations.windows(2).all(|pair| pair[0] < pair[1]), "{level:?}: {explanation:?}");
        assert!(!explanation.because.is_empty(), "{level:?}");
    }
}

const SHAPE: Shape = Shape {
    operations_max: 12,
    sessions: 3,
    registers: 2,
    deletes: 15,
    exists: 15,
    repeats: 15,
    indeterminate: 15,
    swaps: 10,
    wild: 10,
    lag: 30,
};

#[test]
fn what_is_implied_is_never_contradicted() {
    let total: usize = std::env::var("KVSPEC_AGREEMENT").ok().map_or(3000, |n| n.parse().expect("a number"));
    let unique = Shape { deletes: 0, exists: 0, repeats: 0, indeterminate: 0, swaps: 0, ..SHAPE };
    let strong = Shape { wild: 0, lag: 0, ..SHAPE };
    let mut linearizable = 0;
    for (seed, shape) in [SHAPE, unique, strong].into_iter().enumerate() {
        let mut numbers = Random::new(seed as u64);
        for _ in 0..total / 3 {
            let history = random(&mut numbers, &shape);
            let findings = Level::ALL.map(|level| (level, checker(level)(&history)));
            let is_broken = |finding: &Finding| matches!(finding, Finding::Broken(_));
            for (strong, kept) in findings.iter().filter(|(_, f)| !is_broken(f) && !matches!(f, Finding::Unknown(_))) {
                let contradicts = |(weak, finding): &&(Level, Finding)| strong.implies(*weak) && is_broken(finding);
                let broken = findings.iter().find(contradicts);
                assert!(broken.is_none(), "{strong:?} is {kept:?}, but {broken:?}\n{}", text(&history));
            }
            linearizable += usize::from(findings[0].1 == Finding::Kept);
            assert_ladder(&history, &findings);
        }
    }
    assert!(linearizable > total / 10, "too few linearizable histories: {linearizable}");
}

/// The ladder says of each level what its checker says, or something that was settled without it.
fn assert_ladder(history: &History, findings: &[(Level, Finding)]) {
    let ladder = judge(history, &Options::default());
    for (level, alone) in findings {
        let finding = ladder.finding(*level).expect("every level was asked for");
        let agrees = match (finding, alone) {
            (Finding::Broken(_), Finding::Broken(_)) => true,
            (Finding::Broken(_), Finding::Unknown(_)) | (Finding::Kept, Finding::NotExercised(_)) => true,
            _ => finding == alone,
        };
        assert!(agrees, "{level:?}: the ladder says {finding:?}, its checker {alone:?}\n{}", text(history));
    }
}

fn text(history: &History) -> String {
    let line = |i: usize| {
        let r = &history.records()[i];
        format!("{:>3}..{:<10} {}\n", r.invoke.place(), r.response.place(), history.operation_text(i))
    };
    (0..history.records().len()).map(line).collect()
}

/// A store that does everything at once, and then one read of a value long overwritten, by a session
/// that has seen the overwriting write.
fn with_one_stale_read(operations: usize) -> (History, usize) {
    const SESSIONS: usize = 8;
    const REGISTERS: usize = 8;
    let mut numbers = Random::new(5);
    let mut builder = HistoryBuilder::new(Header::default());
    (0..REGISTERS).for_each(|key| assert_eq!(builder.register("b", &format!("k{key}")), key as u32));
    let mut logs = vec![vec![ABSENT]; REGISTERS];
    let mut stale = None;
    for i in 0..operations {
        let (session, register) = (numbers.below(SESSIONS) as u16, numbers.below(REGISTERS));
        let log = &mut logs[register];
        let kind = if numbers.chance(30) { Kind::Set } else { Kind::Get };
        let value = if i > operations / 2 && stale.is_none() && kind == Kind::Get && log.len() > 20 {
            stale = Some(i);
            log[log.len() - 20]
        } else if kind == Kind::Set {
            log.push(builder.value_named(i as u64).number());
            log[log.len() - 1]
        } else {
            log[log.len() - 1]
        };
        let (invoke, response) = (2 * i as u64, Some(2 * i as u64 + 1));
        let register = register as u32;
        builder.push(Entry {
            session,
            kind,
            register,
            operand: State::value(value).into(),
            outcome: Outcome::Ok,
            invoke,
            response,
        });
    }
    (builder.finish().expect("one after another"), stale.expect("one read is stale"))
}

#[test]
fn one_stale_read_among_many_is_named_and_explained_in_few_operations() {
    let (history, stale) = with_one_stale_read(20_000);
    let ladder = judge(&history, &Options::default());
    let mut explained = 0;
    for (level, finding) in ladder.findings() {
        if let Finding::Broken(witness) = finding {
            let Finding::Broken(own) = checker(level)(&history) else { panic!("{level:?} alone is not broken") };
            for witness in [witness, &own] {
                let explanation = explain(&history, level, witness);
                assert!(explanation.operations.contains(&stale), "{level:?} does not name {stale}: {explanation:?}");
                assert!(explanation.operations.len() <= 8, "{level:?}: {explanation:?}");
            }
            explained += 1;
        }
    }
    assert!(explained >= 6, "{explained}: {ladder:?}");
}

#[test]
fn the_levels_asked_for_are_reported_and_what_is_implied() {
    let history = parse(ANOMALIES[0].1);
    let options = Options { levels: vec![Level::Coherent, Level::Linearizable], ..Options::default() };
    let ladder = judge(&history, &options);
    let reported: Vec<Level> = ladder.findings().map(|(level, _)| level).collect();
    // On one register, coherent is sequential.
    use Level::{Causal, CausalConvergent, CausalMemory, Coherent, Linearizable, Pram, Sequential};
    assert_eq!(reported, [Linearizable, Sequential, CausalConvergent, CausalMemory, Causal, Pram, Coherent]);
    assert_eq!(ladder.strongest_kept(), [Sequential]);
    assert_eq!((ladder.implied_by(Causal), ladder.implied_by(Sequential)), (Some(Sequential), None));
    assert_eq!(ladder.first_broken(), [Level::Linearizable]);
}
