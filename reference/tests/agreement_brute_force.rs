//! The fast checkers against the definitions, all orders tried: on every small history, and on
//! random ones, good and bad. `KVSPEC_AGREEMENT` sets how many random histories each level gets,
//! `KVSPEC_SMALL` up to how many operations all histories are tried.

mod random;

use kvspec_reference::consistency::register::{linearizable, regular, sessions};
use kvspec_reference::consistency::{Finding, convergence, integrity};
use kvspec_reference::definitions::registers;
use kvspec_reference::history::{Entry, Header, HistoryBuilder, Kind, Outcome};
use random::{Compared, Mix, Random};

const LINEARIZABLE: Compared = ("linearizable", linearizable::check, registers::linearizable);
const REGULAR: Compared = ("regular", regular::check, registers::regular);
const INTEGRITY: Compared = ("integrity", integrity::check, registers::integrity);
const CONVERGENT: Compared = ("convergent", convergence::check, registers::convergent);
const LAST_WRITE: Compared = ("last write", convergence::check_last_write, registers::last_write);
const READ_YOUR_WRITES: Compared = ("read your writes", sessions::check_read_your_writes, registers::read_your_writes);
const MONOTONIC_READS: Compared = ("monotonic reads", sessions::check_monotonic_reads, registers::monotonic_reads);

const LEVELS: [Compared; 7] =
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

fn agree_on_random_histories(seed: u64, level: Compared, operations_max: usize) {
    let count = random::count(10_000);
    let mut kept = 0;
    for i in 0..count {
        let mut random = Random::new(seed << 40 | i);
        let mix = Mix::drawn(&mut random, operations_max);
        let history = random::history(&mut random, &mix);
        kept += u64::from(random::agree(level, &history));
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

/// Coarse clocks: most events share their time with others, and sessions begin an operation at the
/// very time at which they ended one, several at once, too.
#[test]
fn levels_of_real_time_agree_where_times_are_equal() {
    for (number, level) in (20..).zip(LEVELS) {
        let count = random::count(10_000);
        let (mut kept, mut touching, mut at_once) = (0, 0, 0);
        for i in 0..count {
            let mut random = Random::new(number << 40 | i);
            let drawn = Mix::drawn(&mut random, 9);
            let sessions = 2 + random.below(3);
            let mix = Mix { sessions, registers: 1, ties: 60 + random.below(30), ..drawn };
            let history = random::history(&mut random, &mix);
            kept += u64::from(random::agree(level, &history));
            touching += u64::from(touches_itself(&history));
            at_once += u64::from(!history.handovers().is_empty());
        }
        println!(
            "{}: {count} histories, {kept} keep it; in {touching} a session touches itself, in {at_once} several at once",
            level.0
        );
        // Few small histories have a value out of thin air, or a read that comes so late.
        let is_rare = [INTEGRITY.0, CONVERGENT.0, LAST_WRITE.0].contains(&level.0);
        let broken_least = count / if is_rare { 200 } else { 50 };
        assert!(kept * 20 > count && count - kept > broken_least, "{}: {kept} of {count}: too one-sided", level.0);
        assert!(touching * 2 > count && at_once * 10 > count, "{touching} and {at_once} of {count} are too few");
    }
}

/// Whether some session began an operation at the time at which it had ended one.
fn touches_itself(history: &kvspec_reference::History) -> bool {
    let records = history.records();
    records.iter().enumerate().any(|(i, b)| {
        let before = records[..i].iter().filter(|a| a.session == b.session);
        before.into_iter().any(|a| history.time(a.response) == history.time(b.invoke))
    })
}

#[test]
fn a_session_that_reads_at_the_time_its_write_ended_must_see_it() {
    let mut builder = HistoryBuilder::new(Header::default());
    let register = builder.register("b", "k");
    let (one, two) = (builder.value_named(1), builder.value_named(2));
    for (kind, value, invoke, response) in [(Kind::Set, one, 1, 5), (Kind::Set, two, 9, 12), (Kind::Get, one, 12, 15)] {
        let (session, outcome, response) = (0, Outcome::Ok, Some(response));
        builder.push(Entry { session, kind, register, operand: value.into(), outcome, invoke, response });
    }
    let history = builder.finish().expect("a history");
    for (name, check, _) in [LINEARIZABLE, REGULAR, READ_YOUR_WRITES] {
        assert!(matches!(check(&history), Finding::Broken(_)), "{name}");
    }
}
