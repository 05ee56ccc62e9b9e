//! Stores that answer errors although they could do what was asked, now and then or at a bound, and say so.

use std::time::Duration;

use kvspec_reference::interface::{Failure, Result};

use super::unusual::Unusual;
use crate::declaration::{Declaration, Errors, Limits};
use crate::stores::hooked::{CORRECT, Core, Hooks, Slot, hooked};

/// A store that is busy answers an error to one call in so many, by chance.
const BUSY_ONE_IN: u64 = 10;
/// How long a key may not be written again, in milliseconds.
pub(crate) const WRITE_INTERVAL_MS: u64 = 1_000;
/// How many bytes of keys and values a store with a quota holds.
pub(crate) const TOTAL_BYTES_MAX: usize = 20_000;
/// The limits of a store that promises little: values beyond are kept too, while they are even.
const VALUE_BYTES_LEAST: usize = 1_000;

pub(super) const STORES: &[Unusual] = &[
    Unusual::new(
        "busy-now-and-then",
        "One call in ten answers an error, by chance, and does nothing: it is to be tried again.",
        busy_declared,
        |seed| hooked(seed, BUSY),
    ),
    Unusual::new(
        "busy-but-done",
        "One call in ten answers an error, by chance, after it did what was asked.",
        busy_declared,
        |seed| hooked(seed, BUSY_BUT_DONE),
    ),
    Unusual::new(
        "one-write-a-second",
        "A key that is written again within a second answers an error, as rate limits do.",
        throttled_declared,
        |seed| hooked(seed, THROTTLED),
    ),
    Unusual::new(
        "quota-of-all",
        "All pairs of all buckets together have at most 20,000 bytes; what would be more is an error.",
        quota_declared,
        |seed| hooked(seed, QUOTA),
    ),
    Unusual::new(
        "more-than-it-promises",
        "Values of 1,000 bytes are kept, longer ones by chance of their length: the limit is a least.",
        || {
            let limits = Limits { max_value_bytes: Some(VALUE_BYTES_LEAST), at_least: true, ..Limits::default() };
            Declaration { limits, ..Declaration::default() }
        },
        |seed| hooked(seed, MORE),
    ),
];

/// Tries that are enough for one error in ten: that all of them fail never comes about.
pub(crate) fn busy_declared() -> Declaration {
    let errors = Errors { retries: 30, retry_wait_ms: Some(10), ..Errors::default() };
    Declaration { errors, ..Declaration::default() }
}

pub(crate) fn throttled_declared() -> Declaration {
    let errors = Errors { min_write_interval_ms: Some(WRITE_INTERVAL_MS), ..Errors::default() };
    Declaration { errors, ..Declaration::default() }
}

pub(crate) fn quota_declared() -> Declaration {
    let limits = Limits { max_total_bytes: Some(TOTAL_BYTES_MAX), ..Limits::default() };
    Declaration { limits, ..Declaration::default() }
}

/// Whether a call comes at a bad moment.
pub(crate) fn is_busy(core: &Core) -> bool {
    core.every(1);
    core.chance(core.count.get(), BUSY_ONE_IN) == 0
}

fn busy() -> Failure {
    Failure::error("503: try again later")
}

pub(crate) const BUSY: Hooks = Hooks {
    open: |core, name| if is_busy(core) { Err(busy()) } else { Ok(name.to_owned()) },
    before: |core| if is_busy(core) { Err(busy()) } else { Ok(()) },
    ..CORRECT
};

const BUSY_BUT_DONE: Hooks = Hooks {
    get: |slot| (BUSY.before)(slot.core).and_then(|()| (CORRECT.get)(slot)),
    exists: |slot| (BUSY.before)(slot.core).and_then(|()| (CORRECT.exists)(slot)),
    set: |slot, value| {
        slot.write(Some(value));
        (BUSY.before)(slot.core)
    },
    delete: |slot| {
        slot.write(None);
        (BUSY.before)(slot.core)
    },
    ..CORRECT
};

pub(crate) const THROTTLED: Hooks = Hooks {
    set: |slot, value| in_time(slot).and_then(|()| (CORRECT.set)(slot, value)),
    delete: |slot| in_time(slot).and_then(|()| (CORRECT.delete)(slot)),
    ..CORRECT
};

fn in_time(slot: &Slot<'_>) -> Result<()> {
    let interval_ns = Duration::from_millis(WRITE_INTERVAL_MS).as_nanos() as u64;
    match slot.versions().last().is_some_and(|version| slot.age_ns(version) < interval_ns) {
        true => Err(Failure::error("429: one write a key and second")),
        false => Ok(()),
    }
}

pub(crate) const QUOTA: Hooks = Hooks {
    set: |slot, value| match has_room(slot, value.len()) {
        true => (CORRECT.set)(slot, value),
        false => Err(Failure::error("507: the quota is used up")),
    },
    ..CORRECT
};

/// Whether a value of this length can take the place of the one that is there.
pub(crate) fn has_room(slot: &Slot<'_>, value_bytes: usize) -> bool {
    let held: usize = slot
        .core
        .present_pairs()
        .into_iter()
        .map(|(place, value_bytes)| match place == slot.place {
            true => 0,
            false => place.1.len() + value_bytes,
        })
        .sum();
    held + slot.key().len() + value_bytes <= TOTAL_BYTES_MAX
}

const MORE: Hooks = Hooks {
    set: |slot, value| match value.len() {
        length if length > VALUE_BYTES_LEAST && length % 2 == 1 => Err(Failure::error("413: too long")),
        _ => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};
