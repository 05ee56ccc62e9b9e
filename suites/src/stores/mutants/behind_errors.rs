//! Mutants that declare errors, or a quota, as legal stores of their kind do, and have a bug beside that:
//! trying again must not hide it.

use std::time::Duration;

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::Failure;

use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Hooks, Slot, hooked};
use crate::stores::legal::errors::{
    BUSY, QUOTA, TOTAL_BYTES_MAX, busy_declared, is_busy, quota_declared, throttled_declared,
};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "busy-and-the-next-write-is-dropped",
        &[KveCon02, KveSet01, KveSet02, KveDel01, KveDel03],
        "The connection that answered 503 is reused half-open: the next write on it goes nowhere, and is ok.",
        |seed| hooked(seed, NEXT_WRITE_DROPPED),
    )
    .declaring(busy_declared),
    Mutant::new(
        "busy-and-absent",
        &[KveGet01, KveExi01, KveCon02, KveCon03],
        "A read that finds no free connection takes that for an absent key.",
        |seed| hooked(seed, BUSY_AND_ABSENT),
    )
    .declaring(busy_declared),
    Mutant::new(
        "busy-and-the-old-value-is-back",
        &[KveCon02, KveCon03, KveSet02, KveDel01],
        "A write that met a busy moment is rolled back, and so is the one before it.",
        |seed| hooked(seed, ROLLED_BACK),
    )
    .declaring(busy_declared),
    Mutant::new(
        "throttled-writes-are-dropped-for-two-seconds",
        &[KveCon02, KveSet02, KveDel01, KveDel03],
        "The limiter counts two seconds where one is declared, and what comes too early is ok and lost.",
        |seed| hooked(seed, DROPPED_IF_EARLY),
    )
    .declaring(throttled_declared),
    Mutant::new(
        "quota-counts-what-was-overwritten",
        &[KveVal03, KveSet02, KveSet01, KveDel03],
        "What was overwritten or deleted still counts, so the quota is used up too early.",
        |seed| hooked(seed, COUNTS_ALL_WRITES),
    )
    .declaring(quota_declared),
    Mutant::new(
        "quota-evicts-at-half",
        &[KveKey02, KveCon02, KveVal03, KveSet01],
        "A cache taken for a store with a quota: at half of it, another pair makes room.",
        |seed| hooked(seed, EVICTS_AT_HALF),
    )
    .declaring(quota_declared),
];

/// A busy moment is counted aside, for the write that follows.
const NEXT_WRITE_DROPPED: Hooks = Hooks {
    after_error: |core, _| {
        core.last.replace(Some((String::new(), String::new())));
    },
    set: |slot, value| if is_first_after_error(slot) { Ok(()) } else { (CORRECT.set)(slot, value) },
    delete: |slot| if is_first_after_error(slot) { Ok(()) } else { (CORRECT.delete)(slot) },
    ..BUSY
};

fn is_first_after_error(slot: &Slot<'_>) -> bool {
    slot.core.last.take().is_some()
}

const BUSY_AND_ABSENT: Hooks =
    Hooks { before: |_| Ok(()), read: |slot| if is_busy(slot.core) { Ok(None) } else { (CORRECT.read)(slot) }, ..BUSY };

const ROLLED_BACK: Hooks = Hooks {
    before: |_| Ok(()),
    set: |slot, value| {
        if is_busy(slot.core) {
            slot.write(slot.previous());
            return Err(Failure::error("503: try again later"));
        }
        (CORRECT.set)(slot, value)
    },
    // One that is busy when it deletes says so after it rolled back what came before.
    delete: |slot| {
        if is_busy(slot.core) {
            slot.write(slot.previous());
            return Ok(());
        }
        (CORRECT.delete)(slot)
    },
    ..BUSY
};

const DROPPED_IF_EARLY: Hooks = Hooks {
    set: |slot, value| if is_early(slot) { Ok(()) } else { (CORRECT.set)(slot, value) },
    delete: |slot| if is_early(slot) { Ok(()) } else { (CORRECT.delete)(slot) },
    ..CORRECT
};

fn is_early(slot: &Slot<'_>) -> bool {
    let two_seconds_ns = Duration::from_secs(2).as_nanos() as u64;
    slot.versions().last().is_some_and(|version| slot.age_ns(version) < two_seconds_ns)
}

const COUNTS_ALL_WRITES: Hooks = Hooks {
    set: |slot, value| {
        let counted = slot.core.count.get() + (slot.key().len() + value.len()) as u64;
        if counted > TOTAL_BYTES_MAX as u64 {
            return Err(Failure::error("507: the quota is used up"));
        }
        slot.core.count.set(counted);
        (CORRECT.set)(slot, value)
    },
    ..CORRECT
};

const EVICTS_AT_HALF: Hooks = Hooks {
    set: |slot, value| {
        let pairs = slot.core.present_pairs();
        let held: usize = pairs.iter().map(|(place, value_bytes)| place.1.len() + value_bytes).sum();
        let other = pairs.iter().find(|(place, _)| place.0 == slot.place.0 && *place != slot.place);
        if let Some((place, _)) = other.filter(|_| held + value.len() > TOTAL_BYTES_MAX / 2) {
            slot.sibling(&place.1).write(None);
        }
        (QUOTA.set)(slot, value)
    },
    ..CORRECT
};
