//! The fast checkers against the definitions, all orders tried: on every small history, and on
//! random ones, good and bad. `KVSPEC_AGREEMENT` sets how many random histories each level gets,
//! `KVSPEC_SMALL` up to how many operations all histories are tried.

mod random;

use kvspec_reference::consistency::register::{linearizable, regular, sessions};
use kvspec_reference::consistency::{convergence, integrity};
use kvspec_reference::definitions::registers;
use random::{Level, Mix, Random};

const LINEARIZABLE: Level = ("linearizable", linearizable::check, registers::linearizable);
const REGULAR: Level = ("regular", regular::check, registers::regular);
const INTEGRITY: Level = ("integrity", integrity::check, registers::integrity);
const CONVERGENT: Level = ("convergent", convergence::check, registers::convergent);
const LAST_WRITE: Level = ("last write", convergence::check_last_write, registers::last_write);
const READ_YOUR_WRITES: Level = ("read your writes", sessions::check_read_your_writes, registers::read_your_writes);
const MONOTONIC_READS: Level = ("monotonic reads", sessions::check_monotonic_reads, registers::monotonic_reads);

const LEVELS: [Level; 7] =
    [LINEARIZABLE, REGULAR, INTEGRITY, CONVERGENT, LAST_WRITE, READ_YOUR_WRITES, MONOTONIC_READS];

#[test]
fn every_small_history_is_judged_as_the_definitions_say() {
    let most = std::env::var("KVSPEC_SMALL").map_or(2, |text| text.parse().expect("KVSPEC_SMALL is a number"));
    for operations in 1..=most {
        let count = random::all_small(operations, |history| {
            let kept = LEVELS.map(|level| random::agree(level, history));
            assert_implications(kept, history);
        });
        println!("{count} histories of {operations} operations");
    }
}

/// Linearizable implies all others, regular implies read-your-writes.
fn assert_implications(kept: [bool; 7], history: &kvspec_reference::History) {
    if kept[0] {
        assert_eq!(kept, [true; 7], "linearizable implies the others\n{}", random::text(history));
    }
    if kept[1] {
        assert!(kept[5], "regular implies read your writes\n{}", random::text(history));
    }
}

fn agree_on_random_histories(seed: u64, level: Level, operations_max: usize) {
    let count = random::count(10_000);
    let mut kept = 0;
    for i in 0..count {
        let mut random = Random::new(seed << 40 | i);
        let mix = Mix::drawn(&mut random, operations_max);
        kept += u64::from(random::agree(level, &random::history(&mut random, &mix)));
    }
    println!("{}: {count} random histories, {kept} keep it", level.0);
    assert!(kept * 20 > count && (count - kept) * 50 > count, "{}: {kept} of {count} keep it: too one-sided", level.0);
}

#[test]
fn linearizable_agrees() {
    agree_on_random_histories(1, LINEARIZABLE, 9);
}

#[test]
fn regular_agrees() {
    agree_on_random_histories(2, REGULAR, 16);
}

#[test]
fn integrity_agrees() {
    agree_on_random_histories(3, INTEGRITY, 16);
}

#[test]
fn convergence_agrees() {
    agree_on_random_histories(4, CONVERGENT, 16);
}

#[test]
fn last_write_agrees() {
    agree_on_random_histories(5, LAST_WRITE, 16);
}

#[test]
fn read_your_writes_agrees() {
    agree_on_random_histories(6, READ_YOUR_WRITES, 16);
}

#[test]
fn monotonic_reads_agrees() {
    agree_on_random_histories(7, MONOTONIC_READS, 12);
}

/// Longer histories, where few operations overlap so that all orders can be tried.
fn agree_on_longer_histories(seed: u64, mix: impl Fn(Mix, &mut Random) -> Mix) {
    let count = random::count(10_000);
    let mut kept = 0;
    for i in 0..count {
        let mut random = Random::new(seed << 40 | i);
        let drawn = Mix::drawn(&mut random, 14);
        let mix = mix(Mix { sessions: 2 + random.below(3), registers: 1, operations: 14, ..drawn }, &mut random);
        kept += u64::from(random::agree(LINEARIZABLE, &random::history(&mut random, &mix)));
    }
    println!("{count} longer histories, {kept} keep it");
    assert!(kept * 5 > count && (count - kept) * 20 > count, "{kept} of {count} are linearizable: too one-sided");
}

#[test]
fn linearizable_agrees_on_all_parts_at_once() {
    agree_on_longer_histories(8, |mix, random| Mix { wrong: random.below(20), ..mix });
}

/// Unique values and many deletes: the sweep over absence decides.
#[test]
fn linearizable_agrees_with_deletes() {
    agree_on_longer_histories(9, |mix, random| {
        let (exists, wrong) = (random.below(2) * 20, random.below(20));
        Mix { value_pool: 0, deletes: 40, exists, swaps: 0, failed: 0, wrong, ..mix }
    });
}

/// Unique values and swaps that succeed: chains decide.
#[test]
fn linearizable_agrees_with_swaps() {
    agree_on_longer_histories(10, |mix, random| Mix {
        value_pool: 0,
        deletes: 0,
        exists: 0,
        swaps: 50,
        refused: random.below(2),
        wrong: random.below(20),
        ..mix
    });
}
