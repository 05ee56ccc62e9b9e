//! The fast checkers against the definitions, all orders tried: on every small history, and on
//! random ones, good and bad. `KVSPEC_AGREEMENT` sets how many random histories each level gets,
//! `KVSPEC_SMALL` up to how many operations all histories are tried.

mod random;

use kvspec_reference::judge::{convergence, exhaustive, integrity, linearizable, regular, sessions};
use random::{Level, Mix, Random};

const LINEARIZABLE: Level = ("linearizable", linearizable::check, exhaustive::linearizable);
const REGULAR: Level = ("regular", regular::check, exhaustive::regular);
const INTEGRITY: Level = ("integrity", integrity::check, exhaustive::integrity);
const CONVERGENT: Level = ("convergent", convergence::check, exhaustive::convergent);
const LAST_WRITE: Level = ("last write", convergence::check_last_write, exhaustive::last_write);
const READ_YOUR_WRITES: Level = ("read your writes", sessions::check_read_your_writes, exhaustive::read_your_writes);
const MONOTONIC_READS: Level = ("monotonic reads", sessions::check_monotonic_reads, exhaustive::monotonic_reads);

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
    let count = random::count(3_000);
    let mut kept = 0;
    for i in 0..count {
        let mut random = Random(seed << 40 | i);
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

/// Longer histories, where the sweep over absence and the chains of swaps have something to do.
/// Few operations overlap, so that all orders can be tried.
#[test]
fn linearizable_agrees_on_longer_histories() {
    for i in 0..random::count(3_000) {
        let mut random = Random(8 << 40 | i);
        let mix = Mix { sessions: 2 + random.below(2), registers: 1, ..Mix::drawn(&mut random, 14) };
        random::agree(LINEARIZABLE, &random::history(&mut random, &mix));
    }
}
