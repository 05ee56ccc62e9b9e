//! Mutants whose reads give values that nobody wrote, or wrote elsewhere, or only in part. Most
//! are wrong for a moment only: polling for the right value does not find them, the judgement of
//! the whole history does.

use kvspec_reference::RequirementId::*;

use super::declared::ms;
use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Form, Hooks, Slot, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "every-fifth-get-has-a-flipped-bit",
        // A value with one byte changed is no part and no mixture: it did not come back unchanged.
        &[KveInt01, KveVal01],
        "Memory without error correction, or a checksum that is written and never compared.",
        |seed| hooked(seed, FLIPS_A_BIT),
    ),
    Mutant::new(
        "every-fifth-get-has-the-version-at-its-end",
        &[KveInt01, KveVal01],
        "A suffix of the store's own that only one of two read paths removes.",
        |seed| hooked(seed, VERSION_AT_END),
    ),
    Mutant::new(
        "first-get-after-an-overwrite-is-zeros",
        &[KveInt01],
        "The index points to the new place before the bytes are there.",
        |seed| hooked(seed, ZEROS_AT_FIRST),
    ),
    Mutant::new(
        "outgoing-value-shows-before-it-is-set",
        &[KveInt02, KveSet04],
        "The body is written straight to the place of the key that was used last.",
        |seed| hooked(seed, SHOWS_BEFORE_SET),
    ),
    Mutant::new(
        "fresh-outgoing-value-shows-until-it-is-set",
        &[KveInt02],
        "The body is buffered in the page of the key that was set last, and get looks into the buffer.",
        |seed| hooked(seed, FRESH_SHOWS),
    ),
    Mutant::new(
        "streamed-value-that-is-dropped-unset-shows",
        &[KveInt01],
        "Dropping the value finishes its upload, under the key that was used last.",
        |seed| hooked(seed, SHOWS_WHEN_DROPPED),
    ),
    Mutant::new(
        "value-without-a-body-is-rubbish",
        &[KveInt01],
        "A buffer that was allocated and never written.",
        |seed| hooked(seed, NO_BODY_IS_RUBBISH),
    ),
    Mutant::new(
        "get-reads-the-dirty-buffer-of-another-key",
        &[KveInt03],
        "One write buffer for all keys of a handle; a get served while it is dirty reads it.",
        |seed| hooked(seed, DIRTY_BUFFER),
    ),
    Mutant::new(
        "pages-of-an-overwrite-arrive-one-by-one",
        &[KveInt03],
        "Replication by page: for half a second the first half is new and the second old.",
        |seed| hooked(seed, PAGES_ONE_BY_ONE),
    ),
    Mutant::new(
        "pages-of-a-large-overwrite-reach-others-one-by-one",
        &[KveInt03],
        "Replication by page of what is longer than one.",
        |seed| hooked(seed, LARGE_PAGES_ELSEWHERE),
    ),
    Mutant::new(
        "value-grows-into-view",
        &[KveInt03, KveVal03],
        "A reader sees the file while its writer still writes.",
        |seed| hooked(seed, GROWS_INTO_VIEW),
    ),
    Mutant::new(
        "cache-forgets-the-bucket",
        &[KveInt03, KveBkt01],
        "A cache of 100 ms that is keyed by the key alone.",
        |seed| hooked(seed, CACHE_FORGETS_BUCKET),
    ),
    Mutant::new(
        "cache-forgets-the-key",
        &[KveInt03, KveKey01],
        "A cache of one entry, for 100 ms, that is compared by the length of the key.",
        |seed| hooked(seed, CACHE_FORGETS_KEY),
    ),
    Mutant::new(
        "two-sets-at-once-are-mixed",
        &[KveInt03],
        "Two sessions write the same file in the same millisecond: each writes its half last.",
        |seed| hooked(seed, MIXES_TWO_SETS),
    ),
];

const FLIPS_A_BIT: Hooks = Hooks {
    get: |slot| {
        let mut value = slot.newest();
        if let Some(last) = value.as_mut().and_then(|v| v.last_mut())
            && slot.core.every(5)
        {
            *last ^= 0x10;
        }
        Ok(value)
    },
    ..CORRECT
};

const VERSION_AT_END: Hooks = Hooks {
    get: |slot| {
        let value = slot.newest();
        Ok(value.map(|v| if slot.core.every(5) { [&v[..], b"\0v1"].concat() } else { v }))
    },
    ..CORRECT
};

const ZEROS_AT_FIRST: Hooks = Hooks {
    get: |slot| {
        let (value, sequence) = (slot.newest(), slot.versions().last().map(|v| v.sequence.to_string()));
        let Some(sequence) = sequence.filter(|_| slot.previous().is_some()) else { return Ok(value) };
        if slot.aside() == Some(sequence.clone().into_bytes()) {
            return Ok(value);
        }
        slot.put_aside(sequence.as_bytes());
        Ok(value.map(|v| vec![0; v.len()]))
    },
    ..CORRECT
};

/// Remembers the register that was read last: correct.
const REMEMBERS_READS: Hooks = Hooks {
    read: |slot| {
        slot.core.last.replace(Some(slot.place.clone()));
        Ok(slot.newest())
    },
    ..CORRECT
};

const SHOWS_BEFORE_SET: Hooks = Hooks {
    set_body: |slot, body| {
        slot.core.last.take();
        body.set_in(slot)
    },
    write_body: |body, bytes| {
        if let Some(place) = &*body.core.last.borrow() {
            body.core.write(place, 0, Some(bytes.to_vec()));
        }
        (CORRECT.write_body)(body, bytes)
    },
    ..REMEMBERS_READS
};

const FRESH_SHOWS: Hooks = Hooks {
    set_body: |slot, body| {
        slot.core.aside.borrow_mut().clear();
        slot.core.last.replace(Some(slot.place.clone()));
        body.set_in(slot)
    },
    write_body: |body, bytes| {
        if let Some(place) = body.core.last.borrow().clone().filter(|_| body.uses.get() == 0) {
            body.core.aside.borrow_mut().insert(place, bytes.to_vec());
        }
        (CORRECT.write_body)(body, bytes)
    },
    drop_body: |body| body.core.aside.borrow_mut().clear(),
    read: |slot| Ok(slot.aside().or(slot.newest())),
    ..CORRECT
};

const SHOWS_WHEN_DROPPED: Hooks = Hooks {
    set_body: |slot, body| {
        slot.core.last.replace(Some(slot.place.clone()));
        body.set_in(slot)
    },
    drop_body: |body| {
        let is_unset = body.uses.get() == 0 && body.form.get() == Form::Streamed;
        if let Some(place) = body.core.last.borrow().clone().filter(|_| is_unset) {
            body.core.write(&place, 0, Some(body.bytes.borrow().clone()));
        }
    },
    ..REMEMBERS_READS
};

const NO_BODY_IS_RUBBISH: Hooks = Hooks {
    set_body: |slot, body| match body.form.get() {
        Form::None => slot.set(vec![0xcd; 16]),
        _ => body.set_in(slot),
    },
    ..CORRECT
};

/// The versions that were written within this time, by any handle, to any key of the bucket.
fn neighbour_written_within(slot: &Slot<'_>, within_ns: u64) -> Option<Vec<u8>> {
    let keys = slot.core.present_keys(&slot.place.0);
    let versions = keys.iter().filter(|key| *key != slot.key()).map(|key| slot.sibling(key).versions());
    let newest = versions.filter_map(|v| v.last().cloned()).max_by_key(|v| v.sequence)?;
    (newest.sequence + 1 == slot.core.writes.get() && slot.age_ns(&newest) < within_ns).then(|| newest.value())?
}

const DIRTY_BUFFER: Hooks =
    Hooks { get: |slot| Ok(slot.newest().map(|own| neighbour_written_within(slot, ms(1)).unwrap_or(own))), ..CORRECT };

/// The newest and the previous value, while the newest is younger than this.
fn while_young(slot: &Slot<'_>, for_ns: u64) -> Option<(Vec<u8>, Vec<u8>)> {
    let versions = slot.versions();
    let newest = versions.last().filter(|v| slot.age_ns(v) < for_ns)?;
    Some((newest.value()?, slot.previous().unwrap_or_default()))
}

const PAGES_ONE_BY_ONE: Hooks = Hooks {
    read: |slot| match while_young(slot, ms(500)) {
        Some((new, old)) if !old.is_empty() => {
            let half = new.len() / 2;
            Ok(Some([&new[..half], old.get(half..).unwrap_or_default()].concat()))
        }
        _ => Ok(slot.newest()),
    },
    ..CORRECT
};

const LARGE_PAGES_ELSEWHERE: Hooks = Hooks {
    read: |slot| match slot.versions().last() {
        Some(v) if !slot.is_own(v) && v.state.as_ref().is_some_and(|state| state.len() > 8_192) => {
            (PAGES_ONE_BY_ONE.read)(slot)
        }
        _ => Ok(slot.newest()),
    },
    ..CORRECT
};

const GROWS_INTO_VIEW: Hooks = Hooks {
    read: |slot| match while_young(slot, ms(300)) {
        Some((new, _)) => Ok(Some(new[..new.len() / 2].to_vec())),
        None => Ok(slot.newest()),
    },
    ..CORRECT
};

/// Reads through a cache that keeps an entry for 100 ms under a name of `name`'s choice.
fn cached(slot: &Slot<'_>, name: String) -> Option<Vec<u8>> {
    let entry = ("cache".to_owned(), name);
    let now = slot.core.now_ns();
    let mut aside = slot.core.aside.borrow_mut();
    if let Some((until, value)) = aside.get(&entry).and_then(|bytes| bytes.split_first_chunk::<8>())
        && now < u64::from_le_bytes(*until)
    {
        return Some(value.to_vec());
    }
    let value = slot.newest()?;
    aside.insert(entry, [&(now + ms(100)).to_le_bytes()[..], &value].concat());
    Some(value)
}

const CACHE_FORGETS_BUCKET: Hooks = Hooks { get: |slot| Ok(cached(slot, slot.key().to_owned())), ..CORRECT };

const CACHE_FORGETS_KEY: Hooks =
    Hooks { get: |slot| Ok(cached(slot, format!("{}/{}", slot.place.0, slot.key().len()))), ..CORRECT };

const MIXES_TWO_SETS: Hooks = Hooks {
    set: |slot, value| {
        let versions = slot.versions();
        let rival = versions.last().filter(|v| !slot.is_own(v) && slot.age_ns(v) < ms(1)).and_then(|v| v.value());
        let half = value.len() / 2;
        let mixed = rival.map(|rival| [&rival[..half.min(rival.len())], &value[half..]].concat());
        (CORRECT.set)(slot, mixed.unwrap_or(value))
    },
    ..CORRECT
};
