//! A judgement ends: what it costs is bounded in steps, which are the same on every machine.

mod random;

use kvspec_reference::consistency::budget::DEFAULT_STEPS;
use kvspec_reference::consistency::ladder::{Ladder, Options, check_within, judge};
use kvspec_reference::consistency::{Budget, Finding, Level};
use kvspec_reference::history::{Entry, Header, Record, State};
use kvspec_reference::{History, HistoryBuilder, Kind, Outcome};
use random::Random;
use random::large::{self, Load};

const ABSENT: u32 = State::ABSENT.number();

/// Five values for each of four keys, one read of which is stale.
fn repeating_and_stale(operations: usize) -> History {
    let history = large::history(11, &Load { value_pool: 5, ..Load::plain(operations, 4, 4) });
    let stale = (operations * 9 / 10..operations).find_map(|read| Some((read, stale_value(&history, read)?)));
    let (read, value) = stale.expect("some read has a value that was replaced before it");
    with_value(history, read, value)
}

/// The same history, but that this operation has another value.
fn with_value(history: History, operation: usize, value: u32) -> History {
    let mut parts = history.into_parts();
    parts.records[operation].operand = State::value(value).into();
    History::from_parts(parts).expect("the value is of this history")
}

/// A value all of whose writes had ended before another write began that ended before the read.
fn stale_value(history: &History, read: usize) -> Option<u32> {
    let reader = history.records().get(read).filter(|r| r.kind == Kind::Get)?;
    let of_register = |r: &&Record| r.register == reader.register && r.kind == Kind::Set && r.invoke < reader.response;
    let sets = || history.records().iter().filter(of_register);
    let newest = sets().filter(|w| w.response < reader.invoke).map(|w| w.invoke).max()?;
    let last_end = |value: u32| sets().filter(|w| w.operand == State::value(value).into()).map(|w| w.response).max();
    sets().map(|w| w.operand.state().number()).find(|&value| last_end(value).is_some_and(|end| end < newest))
}

/// Eight sessions on one register with few values: each read gives what some write in flight, or the
/// last one, wrote.
fn eight_sessions_one_register(operations: usize) -> History {
    let mut numbers = Random::new(3);
    let mut builder = HistoryBuilder::new(Header::default());
    builder.register("b", "k");
    let mut log = vec![ABSENT];
    for i in 0..operations {
        let (session, invoke) = ((i % 8) as u16, 2 * i as u64);
        let kind = if numbers.chance(40) { Kind::Set } else { Kind::Get };
        let value = match kind {
            Kind::Set => {
                log.push(builder.value_named(numbers.below(3) as u64).number());
                log[log.len() - 1]
            }
            _ => log[log.len() - 1 - numbers.below(log.len().min(6))],
        };
        let (outcome, response) = (Outcome::Ok, Some(invoke + 15));
        builder.push(Entry {
            session,
            kind,
            register: 0,
            operand: State::value(value).into(),
            outcome,
            invoke,
            response,
        });
    }
    builder.finish().expect("each session issues one call after another")
}

fn ladder_of(history: &History, steps: u64) -> Ladder {
    let ladder = judge(history, &Options { steps, ..Options::default() });
    assert!(ladder.steps() <= steps, "{} of {steps} steps", ladder.steps());
    assert_eq!(ladder.findings().count(), Level::ALL.len());
    for (level, finding) in ladder.findings() {
        if let Finding::Unknown(why) = finding {
            assert!(!why.is_empty(), "{level:?}");
        }
    }
    ladder
}

#[test]
fn linearizable_is_decided_cheaply_where_values_repeat() {
    for operations in [2_000, 100_000] {
        let history = repeating_and_stale(operations);
        let budget = Budget::default();
        let finding = check_within(Level::Linearizable, &history, &budget);
        let Finding::Broken(witness) = finding else { panic!("{operations}: {finding:?}") };
        assert!(witness.operations.len() <= 8, "{operations}: {} operations", witness.operations.len());
        assert!(budget.spent() < 2_000 * operations as u64, "{operations}: {} steps", budget.spent());
    }
}

#[test]
fn the_whole_ladder_ends_within_its_budget() {
    // Less than by default, so that the test is short in every profile.
    let steps = DEFAULT_STEPS >> 4;
    let histories = [repeating_and_stale(2_000), repeating_and_stale(100_000), eight_sessions_one_register(800)];
    for history in &histories[..2] {
        let ladder = ladder_of(history, steps);
        assert!(matches!(ladder.finding(Level::Linearizable), Some(Finding::Broken(_))), "{ladder:?}");
    }
    ladder_of(&histories[2], steps);
}

#[test]
fn the_order_of_one_register_settles_coherence_and_all_that_sequential_implies() {
    let history = eight_sessions_one_register(85);
    // Nobody wrote it in time, and so it is not linearizable.
    let last = history.records().iter().rposition(|r| r.kind == Kind::Get).expect("there are reads");
    let first = history.records()[0].operand;
    let history = with_value(history, last, first.state().number());
    let budget = Budget::default();
    let coherent = check_within(Level::Coherent, &history, &budget);
    assert!(!matches!(coherent, Finding::Unknown(_)), "{coherent:?}");
    assert!(budget.spent() < DEFAULT_STEPS / 2, "{} steps", budget.spent());
    let ladder = ladder_of(&history, DEFAULT_STEPS);
    let kind = |level| ladder.finding(level).map(std::mem::discriminant);
    assert_eq!(kind(Level::Sequential), kind(Level::Coherent), "{ladder:?}");
}

#[test]
fn only_what_is_asked_for_is_judged() {
    let history = repeating_and_stale(2_000);
    let one = |level| judge(&history, &Options { levels: vec![level], ..Options::default() });
    assert!(one(Level::Linearizable).steps() < 1 << 22, "{} steps", one(Level::Linearizable).steps());
    // Levels of linear time cost nothing of the budget, and are decided without any.
    let ladder = judge(&history, &Options { levels: vec![Level::Regular], steps: 0, ..Options::default() });
    // And what is not regular is not linearizable.
    let found: Vec<Level> = ladder.findings().map(|(level, _)| level).collect();
    assert_eq!(found, [Level::Linearizable, Level::Regular]);
    assert!(matches!(ladder.finding(Level::Regular), Some(Finding::Broken(_))), "{ladder:?}");
}

/// The user ends the judgement: what is decided by then stays, the rest is unknown.
#[test]
fn what_is_decided_when_the_user_ends_it_is_told() {
    static STOP: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(true);
    let history = repeating_and_stale(2_000);
    let ladder = judge(&history, &Options { stop: Some(&STOP), ..Options::default() });
    for (level, finding) in ladder.findings() {
        assert!(matches!(finding, Finding::Unknown(why) if why.contains("was ended")), "{level:?}: {finding:?}");
    }
    assert_eq!(ladder.findings().count(), Level::ALL.len());
}

#[test]
fn without_steps_a_level_is_unknown_and_says_why() {
    let history = repeating_and_stale(2_000);
    for level in [Level::Coherent, Level::CausalConvergent, Level::MonotonicWrites, Level::Sequential] {
        let finding = check_within(level, &history, &Budget::new(1));
        assert!(matches!(&finding, Finding::Unknown(why) if why.contains("budget")), "{level:?}: {finding:?}");
    }
}

/// Sets whose end is unknown: the session goes on as a fresh one after each.
fn breaking_off(operations: usize) -> History {
    let mut builder = HistoryBuilder::new(Header::default());
    builder.register("b", "k");
    for i in 0..operations as u64 {
        let (session, value) = ((i % 4) as u16, builder.value_named(i / 2 * 2));
        let (kind, outcome) = if i % 2 == 0 { (Kind::Set, Outcome::Unknown) } else { (Kind::Get, Outcome::Ok) };
        builder.push(Entry {
            session,
            kind,
            register: 0,
            operand: value.into(),
            outcome,
            invoke: 8 * i,
            response: Some(8 * i + 4),
        });
    }
    builder.finish().expect("one after another")
}

#[test]
fn sessions_that_break_off_often_cost_no_more_than_their_operations() {
    let steps = |operations: usize| {
        let (history, budget) = (breaking_off(operations), Budget::default());
        let finding = check_within(Level::MonotonicWrites, &history, &budget);
        assert!(!matches!(finding, Finding::Broken(_) | Finding::Unknown(_)), "{finding:?}");
        budget.spent()
    };
    let (short, long) = (steps(20_000), steps(200_000));
    assert!(long <= 11 * short, "{short} steps, and {long} for ten times as much");
}

#[test]
fn the_same_history_costs_the_same_steps() {
    let history = eight_sessions_one_register(200);
    let first = ladder_of(&history, DEFAULT_STEPS >> 6);
    assert_eq!(first, ladder_of(&history, DEFAULT_STEPS >> 6));
    assert!(first.steps() > 0);
}

/// One stale read breaks many levels; that is one fault.
#[test]
fn one_stale_read_is_one_fault() {
    let mut history = large::history(12, &Load::plain(2_000, 4, 2));
    let stale = large::make_one_read_stale(&mut history);
    let ladder = ladder_of(&history, DEFAULT_STEPS);
    let broken: Vec<Level> = Level::ALL.into_iter().filter(|&level| ladder.proved_by(level).is_some()).collect();
    assert!(broken.len() >= 3, "{ladder:?}");
    let mut proofs: Vec<Level> = broken.iter().filter_map(|&level| ladder.proved_by(level)).collect();
    proofs.sort_unstable();
    proofs.dedup();
    assert_eq!(proofs.len(), 1, "{broken:?} are shown by {proofs:?}");
    let Some(Finding::Broken(witness)) = ladder.finding(proofs[0]) else { panic!("{proofs:?} is broken") };
    assert!(witness.operations.contains(&stale) && witness.operations.len() <= 4, "{witness:?}");
}

/// A register that breaks twice: the proof is about the first time.
#[test]
fn a_proof_is_cut_where_the_history_first_was_broken() {
    let mut builder = HistoryBuilder::new(Header::default());
    builder.register("b", "k");
    let values: Vec<u32> = (1..=40).map(|value| builder.value_named(value).number()).collect();
    for (i, &value) in values.iter().enumerate() {
        let time = 20 * i as u64;
        let read = if i % 10 == 5 { values[i - 2] } else { value };
        for (session, kind, value, invoke) in [(0, Kind::Set, value, time), (1, Kind::Get, read, time + 10)] {
            let (outcome, response) = (Outcome::Ok, Some(invoke + 5));
            builder.push(Entry {
                session,
                kind,
                register: 0,
                operand: State::value(value).into(),
                outcome,
                invoke,
                response,
            });
        }
    }
    let history = builder.finish().expect("one after another");
    let is_stale = |r: &Record| r.kind == Kind::Get && r.operand == State::value(values[3]).into();
    let first = history.records().iter().rposition(is_stale).expect("the first stale read");
    let Finding::Broken(witness) = check_within(Level::Linearizable, &history, &Budget::default()) else {
        panic!("four reads are stale")
    };
    assert_eq!(witness.operations.last(), Some(&first), "{witness:?}");
    assert_eq!(witness.operations.len(), 3, "{witness:?}");
}

/// The reasons of a proof with swaps say who can have given each what it needed.
#[test]
fn a_proof_with_swaps_gives_its_reasons() {
    let mut builder = HistoryBuilder::new(Header::default());
    builder.register("b", "k");
    let value: Vec<u32> = (0..5).map(|number| builder.value_named(number).number()).collect();
    let mut swap = |expected: usize, new: usize| {
        let (expected, new) = (value[expected], value[new]);
        builder.swap(kvspec_reference::history::SwapArguments {
            expected: State::value(expected),
            new: State::value(new),
            swapped: true,
        })
    };
    let calls = [
        (Kind::Set, value[1]),
        (Kind::CompareAndSwap, swap(1, 2).state().number()),
        (Kind::CompareAndSwap, swap(2, 3).state().number()),
        (Kind::Get, value[2]),
    ];
    for (i, (kind, value)) in (0u64..).zip(calls) {
        let (session, outcome, response) = (i as u16, Outcome::Ok, Some(10 * i + 5));
        builder.push(Entry {
            session,
            kind,
            register: 0,
            operand: State::value(value).into(),
            outcome,
            invoke: 10 * i,
            response,
        });
    }
    let history = builder.finish().expect("one after another");
    let Finding::Broken(witness) = check_within(Level::Linearizable, &history, &Budget::default()) else {
        panic!("2 had been replaced")
    };
    let because = witness.because.join("\n");
    // From the read back: each step names what gave it, and what that needed in its turn.
    assert!(witness.because[0].contains("saw #2, which only [session 1"), "{because}");
    assert!(witness.because[1].contains("needs #1, which only [session 0"), "{because}");
    assert!(because.contains("ended before"), "{because}");
}
