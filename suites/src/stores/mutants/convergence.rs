//! Mutants that do not converge, lose a last write, or do not stay where they converged. All live
//! by the virtual clock; their declared bound is the default of one second.

use kvspec_reference::RequirementId::*;

use super::declared::{BOUND_MS, ms};
use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Hooks, Slot, Version, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "handles-are-split-brained",
        &[KveCon01, KveBkt03],
        "Two replicas that never exchange anything; handles go to one or the other in turn.",
        |seed| hooked(seed, Hooks { read: |slot| Ok(slot.newest_of(|v| is_of_own_replica(slot, v))), ..CORRECT }),
    ),
    Mutant::new(
        "others-see-writes-long-after-the-bound",
        &[KveCon01, KveBkt03],
        "Replication once a minute, declared as within a second.",
        |seed| {
            hooked(
                seed,
                Hooks {
                    read: |slot| Ok(slot.newest_of(|v| slot.is_own(v) || slot.age_ns(v) >= ms(60_000))),
                    ..CORRECT
                },
            )
        },
    ),
    Mutant::new(
        "deletes-are-not-replicated",
        &[KveCon01, KveDel01, KveBkt03],
        "The stream of changes has inserts and updates; deletions were forgotten.",
        |seed| hooked(seed, DELETES_NOT_REPLICATED),
    ),
    Mutant::new(
        "large-values-are-not-replicated",
        &[KveCon01, KveBkt03, KveVal03],
        "A message limit of 128 KiB between replicas; what is longer is logged and dropped.",
        |seed| hooked(seed, LARGE_NOT_REPLICATED),
    ),
    Mutant::new(
        "replica-drops-updates-of-a-burst",
        &[KveCon01, KveCon02, KveCon03, KveBkt03],
        "A queue of eight between replicas that drops when it is full.",
        |seed| hooked(seed, BURST_IS_DROPPED),
    ),
    Mutant::new(
        "exists-of-others-is-never-refreshed",
        &[KveCon01, KveExi01],
        "exists reads an index that each handle loads once.",
        |seed| hooked(seed, INDEX_IS_LOADED_ONCE),
    ),
    Mutant::new(
        "even-handles-have-a-fast-clock",
        &[KveCon02],
        "Last writer wins by wall clock, and one node's clock is an hour ahead.",
        |seed| hooked(seed, FAST_CLOCK),
    ),
    Mutant::new(
        "ties-go-to-the-greater-value",
        &[KveCon02, KveSet02],
        "Last writer wins with stamps of a millisecond; a tie goes to the greater value.",
        |seed| hooked(seed, GREATER_VALUE_WINS),
    ),
    Mutant::new(
        "sets-of-two-sessions-within-10-ms-are-one",
        &[KveCon02],
        "Coalescing of writes to the same key, which keeps the first.",
        |seed| hooked(seed, COALESCES),
    ),
    Mutant::new(
        "burst-of-forty-writes-of-two-sessions-is-cut",
        &[KveCon02],
        "A conflict log of forty entries for each key and millisecond, which drops what comes later.",
        |seed| hooked(seed, BURST_IS_CUT),
    ),
    Mutant::new(
        "delete-loses-against-a-recent-set",
        &[KveCon02, KveDel01],
        "An add-wins set: a deletion within a second of another session's set counts as concurrent.",
        |seed| hooked(seed, ADD_WINS),
    ),
    Mutant::new(
        "read-repair-writes-the-old-value-back",
        &[KveCon02, KveCon03, KveGet03],
        "A reader at a lagging replica repairs the other one, without comparing versions.",
        |seed| hooked(seed, READ_REPAIR),
    ),
    Mutant::new(
        "deleted-key-comes-back-after-a-minute",
        &[KveCon03, KveDel01],
        "Tombstones are collected before all replicas have seen them; anti-entropy restores the value.",
        |seed| hooked(seed, COMES_BACK),
    ),
    Mutant::new(
        "overwritten-value-comes-back-after-a-minute",
        &[KveCon03, KveSet02],
        "A replica that was down returns, and what it has is taken for newer.",
        |seed| hooked(seed, OLD_VALUE_COMES_BACK),
    ),
    Mutant::new(
        "values-expire-after-a-minute",
        &[KveCon03],
        "A cache with a default time to live, taken for a store.",
        |seed| hooked(seed, EXPIRES),
    ),
    Mutant::new(
        "large-values-expire-after-an-hour",
        &[KveCon03],
        "Large bodies are spooled to temporary files, which a cleaner removes when they are an hour old.",
        |seed| hooked(seed, LARGE_EXPIRES),
    ),
    Mutant::new(
        "every-seventh-get-is-of-the-old-version",
        &[KveCon03, KveCon01],
        "One of seven replicas behind the balancer is never updated.",
        |seed| hooked(seed, FLAPS),
    ),
    Mutant::new(
        "deleted-keys-come-back-on-opening",
        &[KveCon03, KveBkt03],
        "Opening replays a log that has no deletions in it.",
        |seed| hooked(seed, BACK_ON_OPENING),
    ),
    Mutant::new(
        "deleted-keys-come-back-on-the-next-set",
        &[KveCon03, KveKey02, KveBkt01],
        "A write merges the page in memory with one from disk that still has the key.",
        |seed| hooked(seed, BACK_ON_SET),
    ),
    Mutant::new(
        "replication-waits-for-silence",
        &[KveCon04],
        "A debounce: changes go out when the bucket was not written for half a second.",
        |seed| hooked(seed, WAITS_FOR_SILENCE),
    ),
    Mutant::new(
        "replication-goes-newest-first",
        &[KveCon04],
        "A stack where a queue was meant, one entry each half second: old ones starve.",
        |seed| hooked(seed, NEWEST_FIRST),
    ),
];

fn is_of_own_replica(slot: &Slot<'_>, version: &Version) -> bool {
    version.handle % 2 == slot.handle.number % 2
}

const DELETES_NOT_REPLICATED: Hooks =
    Hooks { read: |slot| Ok(slot.newest_of(|v| is_of_own_replica(slot, v) || v.state.is_some())), ..CORRECT };

const LARGE_NOT_REPLICATED: Hooks = Hooks {
    read: |slot| {
        let is_small = |v: &Version| v.state.as_ref().is_none_or(|state| state.len() <= 131_072);
        Ok(slot.newest_of(|v| is_of_own_replica(slot, v) || is_small(v)))
    },
    ..CORRECT
};

const BURST_IS_DROPPED: Hooks =
    Hooks { read: |slot| Ok(slot.newest_of(|v| is_of_own_replica(slot, v) || v.sequence % 16 < 8)), ..CORRECT };

const INDEX_IS_LOADED_ONCE: Hooks = Hooks {
    exists: |slot| Ok(slot.newest_of(|v| slot.is_own(v) || v.sequence < slot.handle.opened).is_some()),
    ..CORRECT
};

/// The state of the version with the greatest stamp; of equal ones the later.
fn winner<K: Ord>(slot: &Slot<'_>, stamp: impl Fn(&Version) -> K) -> Option<Vec<u8>> {
    slot.versions().iter().max_by_key(|v| stamp(v)).and_then(Version::value)
}

const FAST_CLOCK: Hooks = Hooks {
    read: |slot| Ok(winner(slot, |v| v.at_ns + if v.handle.is_multiple_of(2) { ms(3_600_000) } else { 0 })),
    ..CORRECT
};

const GREATER_VALUE_WINS: Hooks =
    Hooks { read: |slot| Ok(winner(slot, |v| (v.at_ns / ms(1), v.state.clone()))), ..CORRECT };

/// Whether another handle wrote the newest version within this time.
fn has_rival(slot: &Slot<'_>, within_ns: u64) -> bool {
    slot.versions().last().is_some_and(|v| !slot.is_own(v) && slot.age_ns(v) < within_ns)
}

const COALESCES: Hooks =
    Hooks { set: |slot, value| if has_rival(slot, ms(10)) { Ok(()) } else { (CORRECT.set)(slot, value) }, ..CORRECT };

const BURST_IS_CUT: Hooks = Hooks {
    set: |slot, value| {
        let versions = slot.versions();
        let recent = versions.iter().rev().take_while(|v| slot.age_ns(v) < ms(1)).count();
        let has_two_writers = versions.iter().any(|v| !slot.is_own(v));
        if recent >= 40 && has_two_writers { Ok(()) } else { (CORRECT.set)(slot, value) }
    },
    ..CORRECT
};

const ADD_WINS: Hooks =
    Hooks { delete: |slot| if has_rival(slot, ms(BOUND_MS)) { Ok(()) } else { (CORRECT.delete)(slot) }, ..CORRECT };

const READ_REPAIR: Hooks = Hooks {
    read: |slot| {
        let seen = slot.newest_of(|v| is_of_own_replica(slot, v) || slot.age_ns(v) >= ms(300));
        if seen.is_some() && seen != slot.newest() {
            slot.write(seen.clone());
        }
        Ok(seen)
    },
    ..CORRECT
};

const LATE_NS: u64 = ms(60_000);

const COMES_BACK: Hooks = Hooks {
    read: |slot| match slot.versions().last() {
        Some(v) if v.state.is_none() && slot.age_ns(v) >= LATE_NS => Ok(slot.previous()),
        _ => Ok(slot.newest()),
    },
    ..CORRECT
};

const OLD_VALUE_COMES_BACK: Hooks = Hooks {
    read: |slot| match slot.versions().last() {
        Some(v) if v.state.is_some() && slot.age_ns(v) >= LATE_NS => Ok(slot.previous().or(v.value())),
        _ => Ok(slot.newest()),
    },
    ..CORRECT
};

/// What is spooled to a file, in bytes, and how long the file is left there.
const SPOOLED_BYTES: usize = 32_768;
const SPOOLED_NS: u64 = ms(3_600_000);

const LARGE_EXPIRES: Hooks = Hooks {
    read: |slot| match slot.versions().last() {
        Some(v) if slot.age_ns(v) >= SPOOLED_NS => Ok(v.value().filter(|value| value.len() < SPOOLED_BYTES)),
        _ => Ok(slot.newest()),
    },
    ..CORRECT
};

const EXPIRES: Hooks = Hooks {
    read: |slot| match slot.versions().last() {
        Some(v) if slot.age_ns(v) >= LATE_NS => Ok(None),
        _ => Ok(slot.newest()),
    },
    ..CORRECT
};

const FLAPS: Hooks = Hooks {
    get: |slot| Ok(if slot.core.every(7) { slot.previous().or(slot.newest()) } else { slot.newest() }),
    ..CORRECT
};

const BACK_ON_OPENING: Hooks = Hooks {
    read: |slot| {
        let versions = slot.versions();
        let replayed = versions.iter().rev().find(|v| v.sequence < slot.handle.opened && v.state.is_some());
        match versions.last() {
            Some(v) if v.state.is_none() && v.sequence < slot.handle.opened => Ok(replayed.and_then(Version::value)),
            _ => Ok(slot.newest()),
        }
    },
    ..CORRECT
};

const BACK_ON_SET: Hooks = Hooks {
    delete: |slot| {
        slot.core.last.replace(Some(slot.place.clone()));
        (CORRECT.delete)(slot)
    },
    set: |slot, value| {
        if let Some(deleted) = slot.core.last.take().filter(|deleted| *deleted != slot.place) {
            let versions = slot.core.versions(&deleted);
            let state = versions.iter().rev().find_map(Version::value);
            slot.core.write(&deleted, slot.handle.number, state);
        }
        (CORRECT.set)(slot, value)
    },
    ..CORRECT
};

/// The newest version of the whole bucket.
fn newest_of_bucket(slot: &Slot<'_>) -> Option<Version> {
    slot.core.newest_of_bucket(&slot.place.0)
}

const WAITS_FOR_SILENCE: Hooks = Hooks {
    read: |slot| {
        let is_silent = newest_of_bucket(slot).is_none_or(|v| slot.age_ns(&v) >= ms(500));
        Ok(slot.newest_of(|v| slot.is_own(v) || is_silent))
    },
    ..CORRECT
};

const NEWEST_FIRST: Hooks = Hooks {
    read: |slot| {
        // An entry is sent half a second after the last one that came while it waited.
        let newest = newest_of_bucket(slot);
        let waits = |v: &Version| newest.as_ref().is_some_and(|n| n.sequence > v.sequence && slot.age_ns(n) < ms(500));
        Ok(slot.newest_of(|v| slot.is_own(v) || (slot.age_ns(v) >= ms(500) && !waits(v))))
    },
    ..CORRECT
};
