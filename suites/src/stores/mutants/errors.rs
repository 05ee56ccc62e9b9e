//! Mutants that do not report a failure as they should, or do not get over one.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::Failure;

use super::declared::{BUCKETS, KEY_BYTES_MAX, LIMITED, VALUE_BYTES_MAX, fixed_buckets, limited};
use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Hooks, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "over-long-value-traps",
        &[KveErr01, KveVal03],
        "An assertion on the length, where an error was due.",
        |seed| hooked(seed, OVER_LONG_TRAPS),
    )
    .declaring(limited),
    Mutant::new(
        "over-long-key-traps",
        &[KveErr01, KveKey03],
        "An assertion on the length of the key, where an error was due.",
        |seed| hooked(seed, OVER_LONG_KEY_TRAPS),
    )
    .declaring(limited),
    Mutant::new("key-with-braces-traps", &[KveErr01, KveKey01], "The key is used as a format or a template.", |seed| {
        hooked(seed, BRACES_TRAP)
    }),
    Mutant::new(
        "store-is-poisoned-after-an-error",
        &[KveErr02],
        "An error while the lock is held poisons it.",
        |seed| hooked(seed, POISONED),
    )
    .declaring(limited),
    Mutant::new(
        "store-traps-after-an-error",
        &[KveErr02, KveErr01],
        "A lock that is poisoned by an error, and unwrapped by the next call.",
        |seed| hooked(seed, POISONED_AND_TRAPS),
    )
    .declaring(limited),
    Mutant::new(
        "an-error-is-told-again-by-the-next-call",
        &[KveErr02],
        "errno is not cleared, and the next call takes it for its own.",
        |seed| hooked(seed, TOLD_AGAIN),
    )
    .declaring(limited),
    Mutant::new(
        "an-error-rolls-back-the-write-before-it",
        &[KveErr02, KveCon02],
        "Writes share a transaction that the error aborts.",
        |seed| hooked(seed, ROLLS_BACK),
    )
    .declaring(limited),
    Mutant::new(
        "sets-after-an-error-are-dropped",
        &[KveErr02, KveCon02],
        "The database turns read-only after a failed write, and nobody looks at the reply.",
        |seed| hooked(seed, READ_ONLY_AFTER_ERROR),
    )
    .declaring(limited),
    Mutant::new(
        "sixteen-errors-exhaust-the-store",
        &[KveErr02],
        "The way out by an error forgets to give back a slot.",
        |seed| hooked(seed, EXHAUSTED),
    )
    .declaring(limited),
    Mutant::new(
        "failed-opening-breaks-the-open-handles",
        &[KveErr02],
        "The connection is put into an aborted state by the failed statement.",
        |seed| hooked(seed, FAILED_OPENING_BREAKS),
    )
    .declaring(fixed_buckets),
];

const OVER_LONG_TRAPS: Hooks = Hooks {
    set: |slot, value| match value.len() {
        ..=VALUE_BYTES_MAX => (CORRECT.set)(slot, value),
        _ => Err(Failure::Trap("assertion failed: value.len() <= MAX".into())),
    },
    ..LIMITED
};

const OVER_LONG_KEY_TRAPS: Hooks = Hooks {
    key: |key| match key.len() {
        ..=KEY_BYTES_MAX => Ok(key.into()),
        _ => Err(Failure::Trap("assertion failed: key.len() <= MAX".into())),
    },
    ..LIMITED
};

const BRACES_TRAP: Hooks = Hooks {
    key: |key| match key.contains(['{', '}']) {
        true => Err(Failure::Trap("KeyError: 'key'".into())),
        false => Ok(key.into()),
    },
    ..CORRECT
};

const POISONED: Hooks = Hooks {
    before: |core| match core.count.get() {
        0 => Ok(()),
        _ => Err(Failure::error("poisoned lock: another task failed inside")),
    },
    ..LIMITED
};

const POISONED_AND_TRAPS: Hooks = Hooks {
    before: |core| match core.count.get() {
        0 => Ok(()),
        _ => Err(Failure::Trap("called `Result::unwrap()` on an `Err` value: PoisonError".into())),
    },
    ..LIMITED
};

const TOLD_AGAIN: Hooks = Hooks {
    before: |core| match core.count.get() {
        // The error that is told again is counted too, so the call after it succeeds.
        1 => Err(Failure::error("the value is too long")),
        _ => Ok(()),
    },
    ..LIMITED
};

const ROLLS_BACK: Hooks = Hooks {
    set: |slot, value| {
        let place = slot.place.clone();
        (LIMITED.set)(slot, value)?;
        slot.core.last.replace(Some(place));
        Ok(())
    },
    after_error: |core, _| {
        let Some(place) = core.last.take() else { return };
        let before = core.versions(&place).iter().rev().nth(1).and_then(|v| v.value());
        core.write(&place, 0, before);
    },
    ..LIMITED
};

const READ_ONLY_AFTER_ERROR: Hooks =
    Hooks { set: |slot, value| if slot.core.count.get() > 0 { Ok(()) } else { (LIMITED.set)(slot, value) }, ..LIMITED };

const EXHAUSTED: Hooks = Hooks {
    before: |core| match core.count.get() {
        ..16 => Ok(()),
        _ => Err(Failure::error("too many operations are in flight")),
    },
    ..LIMITED
};

const FAILED_OPENING_BREAKS: Hooks = Hooks {
    open: |_, name| {
        let known = BUCKETS.contains(&name).then(|| name.to_owned());
        known.ok_or_else(|| Failure::no_such_store("no such bucket"))
    },
    before: |core| match core.count.get() {
        0 => Ok(()),
        _ => Err(Failure::error("current transaction is aborted")),
    },
    after_error: LIMITED.after_error,
    ..CORRECT
};
