//! Mutants of `get` and `exists`.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::Failure;

use super::declared::ms;
use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Hooks, Slot, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "get-takes-the-value-away",
        &[KveGet03],
        "A backend built on a queue or on GETDEL: reading removes.",
        |seed| hooked(seed, GET_TAKES_AWAY),
    ),
    Mutant::new(
        "thirtieth-reading-of-a-value-takes-it-away",
        &[KveGet03],
        "Each handle has a limit of uses of a value, as of a token, and the last use revokes it.",
        |seed| hooked(seed, THIRTY_USES),
    ),
    Mutant::new(
        "value-that-rested-an-hour-must-be-restored",
        &[KveGet01],
        "Cold storage: get of what nobody touched for an hour is an error until it was restored.",
        |seed| hooked(seed, RESTED_AN_HOUR),
    ),
    Mutant::new(
        "get-of-a-collected-tombstone-is-an-error",
        &[KveGet02],
        "Collection frees the tombstone, and the index goes on pointing to where it was.",
        |seed| hooked(seed, COLLECTED),
    ),
    Mutant::new(
        "get-gives-an-unfilled-buffer",
        &[KveGet01, KveInt01],
        "The buffer is allocated with the right length, and the read into it is never waited for.",
        |seed| hooked(seed, Hooks { get: |slot| Ok(slot.newest().map(|v| vec![0; v.len()])), ..CORRECT }),
    ),
    Mutant::new(
        "get-misses-long-keys",
        &[KveGet01, KveKey01],
        "Two hash functions choose the shard: one for writing, one for reading, equal for short keys.",
        |seed| hooked(seed, Hooks { get: |slot| Ok(slot.newest().filter(|_| slot.key().len() < 32)), ..CORRECT }),
    ),
    Mutant::new(
        "get-leaves-the-tail-of-the-last-read",
        &[KveGet01, KveInt03],
        "A read buffer that is used again and not cut to the length of the value.",
        |seed| hooked(seed, GET_LEAVES_TAIL),
    ),
    Mutant::new(
        "get-of-absent-finds-the-only-entry",
        &[KveGet02, KveKey01, KveInt03],
        "In a page with one entry keys are compared only as far as the shorter one goes.",
        |seed| hooked(seed, Hooks { get: |slot| Ok(only_entry(slot).or(slot.newest())), ..CORRECT }),
    ),
    Mutant::new(
        "get-of-absent-is-an-error",
        &[KveGet02],
        "The backend's not-found status is passed on as a failure.",
        |seed| hooked(seed, GET_OF_ABSENT_IS_ERROR),
    ),
    Mutant::new(
        "get-of-absent-is-the-empty-value",
        &[KveGet02, KveInt01],
        "A C API that gives an empty buffer for a missing key.",
        |seed| hooked(seed, Hooks { get: |slot| Ok(slot.newest().or(Some(vec![]))), ..CORRECT }),
    ),
    Mutant::new(
        "get-of-absent-is-the-text-nil",
        &[KveGet02, KveInt01],
        "A protocol's nil reply that is formatted as a string.",
        |seed| hooked(seed, Hooks { get: |slot| Ok(slot.newest().or(Some(b"nil".to_vec()))), ..CORRECT }),
    ),
    Mutant::new(
        "get-of-deleted-is-an-error",
        &[KveGet02],
        "Key never seen and key with a tombstone take two ways, and only one was mapped to none.",
        |seed| hooked(seed, GET_OF_DELETED_IS_ERROR),
    ),
    Mutant::new(
        "get-of-absent-traps",
        &[KveErr01, KveGet02],
        "map.get(key).unwrap() in an adapter that was only tried with keys that exist.",
        |seed| hooked(seed, GET_OF_ABSENT_TRAPS),
    ),
    Mutant::new(
        "get-of-absent-creates-the-key",
        &[KveGet03, KveGet02],
        "map[key] or a defaultdict: asking for a missing key inserts an empty value.",
        |seed| hooked(seed, GET_CREATES),
    ),
    Mutant::new(
        "absence-is-remembered",
        &[KveGet01, KveSet01],
        "A negative cache that a later set does not invalidate.",
        |seed| hooked(seed, ABSENCE_IS_REMEMBERED),
    ),
    Mutant::new("exists-of-empty-is-false", &[KveExi01, KveVal02], "exists is STRLEN > 0.", |seed| {
        hooked(seed, Hooks { exists: |slot| Ok(slot.newest().is_some_and(|v| !v.is_empty())), ..CORRECT })
    }),
    Mutant::new(
        "exists-of-falsy-text-is-false",
        &[KveExi01],
        "An adapter in a language with truthiness: if (get(key)), after the value was parsed.",
        |seed| hooked(seed, EXISTS_OF_FALSY_IS_FALSE),
    ),
    Mutant::new("exists-of-the-text-no-is-false", &[KveExi01], "A reader of YAML: no is false.", |seed| {
        hooked(seed, Hooks { exists: |slot| Ok(slot.newest().is_some_and(|v| v != b"no")), ..CORRECT })
    }),
    Mutant::new(
        "exists-needs-a-get-first",
        &[KveExi01],
        "exists looks into the cache alone, and only get fills it.",
        |seed| hooked(seed, EXISTS_NEEDS_GET),
    ),
    Mutant::new(
        "exists-fails-for-binary-values",
        &[KveExi01, KveVal01],
        "exists fetches the value as a string and fails to decode it.",
        |seed| hooked(seed, EXISTS_FAILS_FOR_BINARY),
    ),
    Mutant::new(
        "exists-of-absent-is-an-error",
        &[KveExi02],
        "HEAD answers 404, and the adapter calls every status of 400 and above a failure.",
        |seed| hooked(seed, EXISTS_OF_ABSENT_IS_ERROR),
    ),
    Mutant::new(
        "exists-is-true-for-a-prefix",
        &[KveExi02, KveKey01],
        "exists lists the keys that begin with the key, and asks whether there are any.",
        |seed| hooked(seed, EXISTS_FOR_PREFIX),
    ),
    Mutant::new(
        "exists-of-absent-finds-the-only-entry",
        &[KveExi02, KveKey01],
        "In a page with one entry keys are compared only as far as the shorter one goes.",
        |seed| hooked(seed, Hooks { exists: |slot| Ok(only_entry(slot).or(slot.newest()).is_some()), ..CORRECT }),
    ),
    Mutant::new("exists-is-always-true", &[KveExi02], "A Bloom filter that is full, taken for an answer.", |seed| {
        hooked(seed, Hooks { exists: |_| Ok(true), ..CORRECT })
    }),
    Mutant::new(
        "third-exists-of-absent-is-remembered",
        &[KveExi03, KveExi01],
        "A negative cache for keys that are asked for often, which set does not invalidate.",
        |seed| hooked(seed, THIRD_EXISTS_IS_REMEMBERED),
    ),
    Mutant::new(
        "exists-creates-the-key",
        &[KveExi03, KveExi02],
        "SETNX as a test of existence, without removing the key again.",
        |seed| hooked(seed, EXISTS_CREATES),
    ),
];

const GET_TAKES_AWAY: Hooks = Hooks {
    get: |slot| {
        let value = slot.newest();
        slot.write(None);
        Ok(value)
    },
    ..CORRECT
};

/// How long tombstones live, and values in warm storage.
const HOUR_NS: u64 = ms(3_600_000);

const THIRTY_USES: Hooks = Hooks {
    get: |slot| {
        slot.core.count.set(slot.handle.number.into());
        Ok(slot.newest())
    },
    // What is got and not consumed is not used.
    consume: |got| {
        let user = ("user".to_owned(), got.core.count.get().to_string());
        let version = got.core.versions(&got.place).last().map_or(0, |v| v.sequence as u8);
        let mut aside = got.core.aside.borrow_mut();
        let uses = aside.entry(user).or_default();
        uses.retain(|used| *used == version);
        uses.push(version);
        if uses.len() == 30 {
            got.core.write(&got.place, 0, None);
        }
        (CORRECT.consume)(got)
    },
    ..CORRECT
};

const RESTED_AN_HOUR: Hooks = Hooks {
    get: |slot| match slot.versions().last() {
        Some(v) if v.state.is_some() && slot.age_ns(v) >= HOUR_NS => Err(Failure::error("restore the object first")),
        _ => Ok(slot.newest()),
    },
    ..CORRECT
};

const COLLECTED: Hooks = Hooks {
    get: |slot| match slot.versions().last() {
        Some(v) if v.state.is_none() && slot.age_ns(v) >= HOUR_NS => Err(Failure::error("no entry at this offset")),
        _ => Ok(slot.newest()),
    },
    ..CORRECT
};

const GET_LEAVES_TAIL: Hooks = Hooks {
    get: |slot| {
        let buffer = ("buffer".to_owned(), String::new());
        let Some(mut value) = slot.newest() else { return Ok(None) };
        let mut aside = slot.core.aside.borrow_mut();
        if let Some(last) = aside.get(&buffer).filter(|last| last.len() > value.len()) {
            value.extend_from_slice(&last[value.len()..]);
        }
        aside.insert(buffer, value.clone());
        Ok(Some(value))
    },
    ..CORRECT
};

const GET_OF_ABSENT_IS_ERROR: Hooks =
    Hooks { get: |slot| slot.newest().map(Some).ok_or_else(|| Failure::error("key not found")), ..CORRECT };

const GET_OF_DELETED_IS_ERROR: Hooks = Hooks {
    get: |slot| match slot.versions().last() {
        Some(version) if version.state.is_none() => Err(Failure::error("key is deleted")),
        _ => Ok(slot.newest()),
    },
    ..CORRECT
};

const GET_OF_ABSENT_TRAPS: Hooks = Hooks {
    get: |slot| {
        let value = slot.newest().map(Some);
        value.ok_or_else(|| Failure::Trap("called `Option::unwrap()` on a `None` value".into()))
    },
    ..CORRECT
};

const GET_CREATES: Hooks = Hooks {
    get: |slot| {
        let value = slot.newest();
        if value.is_none() {
            slot.write(Some(vec![]));
        }
        Ok(value)
    },
    ..CORRECT
};

const ABSENCE_IS_REMEMBERED: Hooks = Hooks {
    get: |slot| {
        let value = slot.newest().filter(|_| slot.aside().is_none());
        if value.is_none() {
            slot.put_aside(b"absent");
        }
        Ok(value)
    },
    ..CORRECT
};

const EXISTS_OF_FALSY_IS_FALSE: Hooks =
    Hooks { exists: |slot| Ok(slot.newest().is_some_and(|v| !matches!(&v[..], b"0" | b"false" | b"null"))), ..CORRECT };

const EXISTS_NEEDS_GET: Hooks = Hooks {
    get: |slot| {
        slot.put_aside(b"cached");
        Ok(slot.newest())
    },
    exists: |slot| Ok(slot.newest().is_some() && slot.aside().is_some()),
    ..CORRECT
};

const EXISTS_FAILS_FOR_BINARY: Hooks = Hooks {
    exists: |slot| match slot.newest().map(String::from_utf8) {
        Some(Err(_)) => Err(Failure::error("stream did not contain valid UTF-8")),
        value => Ok(value.is_some()),
    },
    ..CORRECT
};

const EXISTS_OF_ABSENT_IS_ERROR: Hooks =
    Hooks { exists: |slot| slot.newest().map(|_| true).ok_or_else(|| Failure::error("404 Not Found")), ..CORRECT };

const EXISTS_FOR_PREFIX: Hooks = Hooks {
    exists: |slot| Ok(slot.core.present_keys(&slot.place.0).iter().any(|key| key.starts_with(slot.key()))),
    ..CORRECT
};

const EXISTS_CREATES: Hooks = Hooks {
    exists: |slot| {
        let present = slot.newest().is_some();
        if !present {
            slot.write(Some(vec![]));
        }
        Ok(present)
    },
    ..CORRECT
};

/// The value of the only present key of the bucket, when that begins with this one, which was
/// never written.
fn only_entry(slot: &Slot<'_>) -> Option<Vec<u8>> {
    match &slot.core.present_keys(&slot.place.0)[..] {
        [only] if slot.versions().is_empty() && only.starts_with(slot.key()) => slot.sibling(only).newest(),
        _ => None,
    }
}

const THIRD_EXISTS_IS_REMEMBERED: Hooks = Hooks {
    exists: |slot| {
        // The cache belongs to the handle.
        let own = slot.handle.number.to_le_bytes();
        let asked = slot.aside().unwrap_or_default();
        let times = asked.chunks(own.len()).filter(|number| *number == own).count();
        let present = slot.newest().is_some() && times < 3;
        if !present {
            slot.put_aside(&[&asked[..], &own].concat());
        }
        Ok(present)
    },
    ..CORRECT
};
