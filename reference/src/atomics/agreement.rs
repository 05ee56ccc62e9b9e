//! The checkers agree with the definitions by brute force: on all small histories, and on random ones.

use super::increments::{Explained, Increment, explain};
use super::swaps::{Write, conflict};
use crate::definitions::atomics::{AWrite, AnIncrement, increments_explained, swaps_explained};
use crate::random::Random;

const NEVER: u32 = u32::MAX;

/// All ways in which the events of this many operations can follow each other: invocation and response of each,
/// operations numbered by their invocations.
fn interleavings(count: usize) -> Vec<Vec<(u32, u32)>> {
    fn extend(
        open: &mut Vec<usize>,
        intervals: &mut Vec<(u32, u32)>,
        event: u32,
        count: usize,
        all: &mut Vec<Vec<(u32, u32)>>,
    ) {
        if event as usize == 2 * count {
            all.push(intervals.clone());
            return;
        }
        if intervals.len() < count {
            open.push(intervals.len());
            intervals.push((event, NEVER));
            extend(open, intervals, event + 1, count, all);
            intervals.pop();
            open.pop();
        }
        for place in 0..open.len() {
            let ended = open.remove(place);
            intervals[ended].1 = event;
            extend(open, intervals, event + 1, count, all);
            intervals[ended].1 = NEVER;
            open.insert(place, ended);
        }
    }
    let mut all = Vec::new();
    extend(&mut Vec::new(), &mut Vec::new(), 0, count, &mut all);
    all
}

fn agree_on_increments(start: Option<i128>, all: &[AnIncrement]) {
    let increments: Vec<Increment> = (0..)
        .zip(all)
        .map(|(record, i)| {
            let response = if i.result.is_some() { i.response } else { NEVER };
            Increment { record, invoke: i.invoke, response, delta: i.delta, result: i.result }
        })
        .collect();
    let expected = increments_explained(start, all);
    let seen = explain(start, &increments);
    assert_eq!(seen == Explained::Yes, expected, "{start:?} {all:?}: {seen:?}");
    assert_ne!(seen, Explained::Unknown);
}

#[test]
fn on_all_histories_of_three_increments() {
    let mut count = 0;
    for intervals in interleavings(3) {
        for deltas in 0..8 {
            for results in 0..6 * 6 * 6 {
                let increment = |(place, &(invoke, response)): (usize, &(u32, u32))| {
                    let delta = 1 + (deltas >> place & 1);
                    let result = results / 6i128.pow(place as u32) % 6;
                    AnIncrement { invoke, response, delta, result: (result > 0).then_some(result) }
                };
                let all: Vec<AnIncrement> = intervals.iter().enumerate().map(increment).collect();
                agree_on_increments(Some(0), &all);
                count += 1;
            }
        }
    }
    assert_eq!(count, 15 * 8 * 216);
}

/// Intervals of so many operations on one line of events.
fn random_intervals(random: &mut Random, count: usize) -> Vec<(u32, u32)> {
    let mut events: Vec<usize> = (0..count).flat_map(|i| [i, i]).collect();
    // Mostly neighbours change places: long operations and short ones.
    for place in (1..events.len()).rev() {
        let span = if random.chance(600) { 3 } else { events.len() as u64 };
        let other = place.saturating_sub(random.below(span) as usize);
        events.swap(place, other);
    }
    let place = |i: usize, from_end: bool| {
        let found = if from_end { events.iter().rposition(|e| *e == i) } else { events.iter().position(|e| *e == i) };
        found.expect("each is there twice") as u32
    };
    let mut intervals: Vec<(u32, u32)> = (0..count).map(|i| (place(i, false), place(i, true))).collect();
    intervals.sort_unstable();
    intervals
}

fn rounds() -> u64 {
    std::env::var("KVSPEC_AGREEMENT").ok().and_then(|count| count.parse().ok()).unwrap_or(3_000)
}

/// Mostly what a correct counter could have answered, with some of it changed.
#[test]
fn on_random_increments() {
    for seed in 0..rounds() {
        let mut random = Random::new(seed);
        let (count, has_negative) = (2 + random.below(5) as usize, random.chance(300));
        let mut intervals = random_intervals(&mut random, count);
        let start = i128::from(random.below(3));
        let mut number = start;
        let mut all: Vec<AnIncrement> = Vec::new();
        // In the order of their ends: an order that a correct counter can have had.
        intervals.sort_by_key(|interval| interval.1);
        for (invoke, response) in intervals {
            let delta = random.below(4) as i64 - if has_negative { 2 } else { 0 };
            let is_lost = random.chance(200);
            if !(is_lost && random.chance(500)) {
                number += i128::from(delta);
            }
            let wrong = if random.chance(60) { 1 } else { 0 };
            all.push(AnIncrement { invoke, response, delta, result: (!is_lost).then_some(number + wrong) });
        }
        all.sort_by_key(|increment| increment.invoke);
        let known = random.chance(700).then_some(start);
        agree_on_increments(known, &all);
    }
}

fn random_writes(random: &mut Random, unique: bool) -> Vec<AWrite> {
    let count = 2 + random.below(4) as usize;
    let mut intervals = random_intervals(random, 2 * count);
    for place in (1..intervals.len()).rev() {
        intervals.swap(place, place.saturating_sub(random.below(4) as usize));
    }
    let mut all = Vec::new();
    for pair in intervals.chunks(2) {
        let (base, effect) = (&pair[0].min(pair[1]), &pair[0].max(pair[1]));
        let is_swap = random.chance(500) && base.1 < effect.0;
        let state = if unique { all.len() as u32 + 1 } else { random.below(3) as u32 };
        let response = (is_swap || random.chance(900)).then_some(effect.1);
        all.push(AWrite { invoke: effect.0, response, state, base: is_swap.then_some(*base) });
    }
    all.sort_by_key(|write| write.invoke);
    all
}

fn conflict_of(all: &[AWrite]) -> Option<[u32; 2]> {
    let write = |(record, w): (u32, &AWrite)| Write {
        record,
        invoke: w.invoke,
        response: w.response.unwrap_or(NEVER),
        state: w.state,
        base: w.base,
    };
    conflict(&(0..).zip(all).map(write).collect::<Vec<_>>(), 0)
}

#[test]
fn on_random_swaps_of_unique_states() {
    let mut broken = 0;
    for seed in 0..rounds() {
        let all = random_writes(&mut Random::new(seed), true);
        let seen = conflict_of(&all);
        assert_eq!(seen.is_none(), swaps_explained(0, &all), "{all:?}: {seen:?}");
        broken += u64::from(seen.is_some());
    }
    assert!(broken > rounds() / 20 && broken < rounds() / 10 * 9, "{broken} of {}", rounds());
}

#[test]
fn on_random_swaps_nothing_is_held_against_a_store_that_is_right() {
    let (mut seen_broken, mut broken) = (0, 0);
    for seed in 0..rounds() {
        let all = random_writes(&mut Random::new(seed), false);
        let (seen, expected) = (conflict_of(&all), swaps_explained(0, &all));
        assert!(seen.is_none() || !expected, "{all:?}: {seen:?}");
        broken += u64::from(!expected);
        seen_broken += u64::from(seen.is_some());
    }
    assert!(seen_broken > 0 && seen_broken <= broken, "{seen_broken} of {broken}");
}
