//! Stores whose reads are old, odd or uneven until the convergence bound.

use std::time::Duration;

use super::unusual::Unusual;
use crate::declaration::{Claim, Consistency, Declaration};
use crate::stores::hooked::{CORRECT, Hooks, Slot, Version, hooked};

/// The bound of these stores, in milliseconds.
const BOUND_MS: u64 = 400;
const BOUND_NS: u64 = Duration::from_millis(BOUND_MS).as_nanos() as u64;

/// Declares the bound.
fn bounded() -> Declaration {
    let consistency = Consistency { convergence_ms: Some(BOUND_MS), ..Consistency::default() };
    Declaration { consistency, ..Declaration::default() }
}

/// Declares that every read is of the newest state.
fn strong() -> Declaration {
    let consistency = Consistency { claims: vec![Claim::Linearizable], ..Consistency::default() };
    Declaration { consistency, ..Declaration::default() }
}

/// Claims that a session reads its own writes at once, and declares no bound for others.
fn own_at_once() -> Declaration {
    let consistency = Consistency { claims: vec![Claim::ReadYourWrites], ..Consistency::default() };
    Declaration { consistency, ..Declaration::default() }
}

pub(super) const STORES: &[Unusual] = &[
    Unusual::new(
        "strong-with-no-bound",
        "Every read is of the newest state, so the bound is zero: one read decides.",
        strong,
        |seed| hooked(seed, CORRECT),
    ),
    Unusual::new(
        "stale-until-just-before-the-bound",
        "Every handle, the writer's too, sees the state as it was one nanosecond less than the bound ago.",
        bounded,
        |seed| hooked(seed, viewing(|slot| slot.newest_of(|v| slot.age_ns(v) + 1 >= BOUND_NS))),
    ),
    Unusual::new(
        "absent-until-the-bound",
        "A key is absent until the bound has passed since its last write.",
        bounded,
        |seed| hooked(seed, viewing(|slot| if is_settled(slot) { slot.newest() } else { None })),
    ),
    Unusual::new(
        "flaps-until-the-bound",
        "Until the bound has passed since the last write, reads give the new and the old state in turn.",
        bounded,
        |seed| {
            hooked(
                seed,
                viewing(|slot| if is_settled(slot) || slot.core.every(2) { slot.newest() } else { slot.previous() }),
            )
        },
    ),
    Unusual::new(
        "any-version-until-the-bound",
        "Until the bound has passed since the last write, a read gives any earlier state of the key, by chance.",
        bounded,
        |seed| hooked(seed, viewing(any_version)),
    ),
    Unusual::new(
        "two-replicas-that-reorder",
        "Writes reach the two replicas late and out of order; when all have come, the newest wins.",
        bounded,
        |seed| hooked(seed, viewing(reordered)),
    ),
    Unusual::new(
        "handles-that-lag",
        "Each handle has a view of its own, from none to nearly the whole bound behind.",
        bounded,
        |seed| hooked(seed, viewing(lagging_by_handle)),
    ),
    Unusual::new(
        "others-see-writes-first",
        "A write shows at once to every other handle, and to its own at the bound.",
        bounded,
        |seed| hooked(seed, viewing(|slot| slot.newest_of(|v| !slot.is_own(v) || slot.age_ns(v) >= BOUND_NS))),
    ),
    Unusual::new(
        "exists-lags-get",
        "get sees the newest state, exists an index that is refreshed at the bound.",
        bounded,
        |seed| hooked(seed, Hooks { exists: |slot| Ok(old(slot).is_some()), ..CORRECT }),
    ),
    Unusual::new(
        "get-lags-exists",
        "exists sees the newest state, get a cache that is refreshed at the bound.",
        bounded,
        |seed| hooked(seed, Hooks { get: |slot| Ok(old(slot)), ..CORRECT }),
    ),
    Unusual::new("deletes-show-late", "A set shows at once, a delete at the bound.", bounded, |seed| {
        hooked(seed, viewing(|slot| slot.newest_of(|v| v.state.is_some() || slot.age_ns(v) >= BOUND_NS)))
    }),
    Unusual::new(
        "slow-calls",
        "Each call takes 150 ms of virtual time: the bound passes within three.",
        bounded,
        |seed| hooked(seed, SLOW),
    ),
    Unusual::new(
        "own-writes-at-once-others-late",
        "It claims read-your-writes and no bound; what others write shows after 200 ms, or at the next opening.",
        own_at_once,
        |seed| hooked(seed, viewing(own_or_old)),
    ),
    Unusual::new("slow-and-stale", "Each call takes 30 ms of virtual time, and handles lag.", bounded, |seed| {
        hooked(seed, SLOW_AND_STALE)
    }),
];

const fn viewing(view: fn(&Slot<'_>) -> Option<Vec<u8>>) -> Hooks {
    Hooks { view, ..CORRECT }
}

/// Whether the bound has passed since the last write of the register.
fn is_settled(slot: &Slot<'_>) -> bool {
    slot.versions().last().is_none_or(|v| slot.age_ns(v) >= BOUND_NS)
}

/// The state as it was at the bound ago.
fn old(slot: &Slot<'_>) -> Option<Vec<u8>> {
    slot.newest_of(|v| slot.age_ns(v) >= BOUND_NS)
}

fn any_version(slot: &Slot<'_>) -> Option<Vec<u8>> {
    if is_settled(slot) {
        return slot.newest();
    }
    let versions = slot.versions();
    slot.core.every(1);
    // One more than there are versions: before the first, the key was absent.
    let chosen = slot.core.chance(slot.core.count.get(), versions.len() as u64 + 1);
    versions.get(chosen as usize).and_then(Version::value)
}

fn reordered(slot: &Slot<'_>) -> Option<Vec<u8>> {
    if is_settled(slot) {
        return slot.newest();
    }
    let replica = u64::from(slot.handle.number % 2);
    let arrival_ns = |v: &Version| v.at_ns + slot.core.chance(v.sequence * 2 + replica, BOUND_NS);
    let arrived = |v: &&Version| arrival_ns(v) <= slot.core.now_ns();
    let versions = slot.versions();
    versions.iter().filter(arrived).max_by_key(|v| arrival_ns(v)).and_then(Version::value)
}

fn lagging_by_handle(slot: &Slot<'_>) -> Option<Vec<u8>> {
    let lag_ns = slot.core.chance(u64::from(slot.handle.number), BOUND_NS);
    slot.newest_of(|v| slot.age_ns(v) >= lag_ns)
}

/// What a handle wrote or found when it was opened, else the state as it was 200 ms ago.
fn own_or_old(slot: &Slot<'_>) -> Option<Vec<u8>> {
    let others_ns = Duration::from_millis(200).as_nanos() as u64;
    slot.newest_of(|v| slot.is_own(v) || v.sequence < slot.handle.opened || slot.age_ns(v) >= others_ns)
}

const SLOW: Hooks = Hooks {
    before: |core| {
        core.pass_ms(150);
        Ok(())
    },
    ..CORRECT
};

const SLOW_AND_STALE: Hooks = Hooks {
    before: |core| {
        core.pass_ms(30);
        Ok(())
    },
    view: lagging_by_handle,
    ..CORRECT
};
