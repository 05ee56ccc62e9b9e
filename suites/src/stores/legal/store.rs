//! Stores of `store@0.2.0` that are correct and unusual: none may be failed.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use kvspec_reference::interface::{
    Clock, Counter, ErrorKind, Failure, Implementation, InterfaceError, KeyPage, Result,
};

use super::unusual::Unusual;
use crate::declaration::{Declaration, Limits};
use crate::stores::mutants::store::base::{self, CORRECT, Hooks, Memory, Place, page_after};
use crate::stores::mutants::store::{creating_buckets, declaration};

macro_rules! stores {
    ($($name:literal: $story:literal $(($declaration:ident))? { $($hook:ident: $function:expr),* $(,)? })+) => {
        const ALL: &[Unusual] = &[$({
            const HOOKS: Hooks = Hooks { $($hook: $function,)* ..CORRECT };
            let declaration = declared!($($declaration)?);
            Unusual { name: $name, story: $story, start: |_seed| base::with(&HOOKS), declaration }
        }),+];
    };
}

macro_rules! declared {
    () => {
        declaration
    };
    ($declaration:ident) => {
        $declaration
    };
}

/// All of them.
pub fn all() -> &'static [Unusual] {
    static BOTH: LazyLock<Vec<Unusual>> = LazyLock::new(|| [ALL, LIMITED].concat());
    &BOTH
}

/// Those that can hold little, and say so.
const LIMITED: &[Unusual] = &[
    limited(
        "store-of-tiny-keys",
        "Keys have at most four bytes; what is longer is an error in every call.",
        |_seed| base::with(&TINY_KEYS),
        || with_limits(Limits { max_key_bytes: Some(KEY_BYTES_MAX), ..Limits::default() }),
    ),
    limited(
        "store-of-tiny-values",
        "Values have at most eight bytes; what is longer is an error, the sum of a counter too.",
        |_seed| base::with(&TINY_VALUES),
        || with_limits(Limits { max_value_bytes: Some(VALUE_BYTES_MAX), ..Limits::default() }),
    ),
    limited(
        "store-of-one-key",
        "A bucket holds one pair at a time; a second one is an error.",
        |_seed| base::with(&ONE_KEY),
        || with_limits(Limits { max_keys: Some(1), ..Limits::default() }),
    ),
];

/// The limits of the stores that have tiny ones, in bytes.
const KEY_BYTES_MAX: usize = 4;
const VALUE_BYTES_MAX: usize = 8;

const fn limited(
    name: &'static str,
    story: &'static str,
    start: fn(u64) -> Box<dyn Implementation>,
    declaration: fn() -> Declaration,
) -> Unusual {
    Unusual { name, story, start, declaration }
}

fn with_limits(limits: Limits) -> Declaration {
    Declaration { limits, ..declaration() }
}

fn short_key(key: &str) -> Result<()> {
    if key.len() <= KEY_BYTES_MAX { Ok(()) } else { Err(Failure::error("a key has at most four bytes")) }
}

fn short_value(value: &[u8]) -> Result<()> {
    if value.len() <= VALUE_BYTES_MAX { Ok(()) } else { Err(Failure::error("a value has at most eight bytes")) }
}

fn has_room(place: &Place, key: &str) -> Result<()> {
    let is_full = place.keys().iter().any(|present| present != key);
    if is_full { Err(Failure::error("there is room for one pair")) } else { Ok(()) }
}

const TINY_KEYS: Hooks = Hooks {
    get: |place, key| short_key(key).and_then(|()| (CORRECT.get)(place, key)),
    exists: |place, key| short_key(key).and_then(|()| (CORRECT.exists)(place, key)),
    set: |place, key, value| short_key(key).and_then(|()| (CORRECT.set)(place, key, value)),
    delete: |place, key| short_key(key).and_then(|()| (CORRECT.delete)(place, key)),
    increment: |place, key, delta| short_key(key).and_then(|()| (CORRECT.increment)(place, key, delta)),
    ..CORRECT
};

const TINY_VALUES: Hooks = Hooks {
    set: |place, key, value| short_value(value).and_then(|()| (CORRECT.set)(place, key, value)),
    increment: |place, key, delta| {
        let before = place.value(key);
        let sum = (CORRECT.increment)(place, key, delta)?;
        short_value(sum.to_string().as_bytes()).inspect_err(|_| place.write(key, before))?;
        Ok(sum)
    },
    swap: |cas, value| short_value(value).and_then(|()| (CORRECT.swap)(cas, value)),
    ..CORRECT
};

const ONE_KEY: Hooks = Hooks {
    set: |place, key, value| has_room(place, key).and_then(|()| (CORRECT.set)(place, key, value)),
    increment: |place, key, delta| has_room(place, key).and_then(|()| (CORRECT.increment)(place, key, delta)),
    swap: |cas, value| has_room(&cas.place, &cas.key).and_then(|()| (CORRECT.swap)(cas, value)),
    ..CORRECT
};

stores! {
    "store-plain": "The correct store itself." {}
    "store-opens-any-bucket": "Opening creates the bucket, whatever its name." (creating_buckets) {
        open: |_| Ok(())
    }
    "store-refuses-odd-names": "Opening creates a bucket, if its name has letters, digits and hyphens alone." (creating_buckets) {
        open: |place| match place.bucket.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            true => Ok(()),
            false => Err(Failure::error("no such name is allowed")),
        }
    }
    "store-denies-what-was-not-granted": "Buckets are granted by name, and any other is denied, be it there or not." {
        open: |place| (CORRECT.open)(place).map_err(|_| {
            Failure::Error(InterfaceError { kind: ErrorKind::AccessDenied, trace: "not granted".into() })
        })
    }
    "list-one-key-a-page": "Each page holds one key." {
        list: |place, cursor| {
            let mut page = page_after(&place.keys(), cursor);
            if page.keys.len() > 1 {
                page.keys.truncate(1);
                page.cursor = page.keys.last().cloned();
            }
            Ok(page)
        }
    }
    "list-backwards-and-twice": "Keys come in descending order, each twice on its page." {
        list: |place, cursor| {
            let mut page = page_after(&place.keys(), cursor);
            page.keys = page.keys.iter().rev().flat_map(|key| [key.clone(), key.clone()]).collect();
            Ok(page)
        }
    }
    "list-has-empty-pages": "The last page is always an empty one, as scans give." {
        list: |place, cursor| match cursor.and_then(|cursor| cursor.strip_prefix('!')) {
            Some(_) => Ok(KeyPage { keys: vec![], cursor: None }),
            None => {
                let page = page_after(&place.keys(), cursor);
                Ok(KeyPage { cursor: page.cursor.or(Some("!".into())), ..page })
            }
        }
    }
    "list-has-empty-pages-between": "Behind each page comes an empty one, with a cursor that goes on." {
        list: |place, cursor| match cursor.and_then(|cursor| cursor.strip_suffix('!')) {
            Some(last) => Ok(KeyPage { keys: vec![], cursor: Some(last.to_owned()) }),
            None => {
                let page = page_after(&place.keys(), cursor);
                Ok(KeyPage { cursor: page.cursor.map(|cursor| cursor + "!"), ..page })
            }
        }
    }
    "list-in-some-order-with-repeats": "Keys come in another order each time, some of them again on later pages." {
        list: |place, cursor| {
            let keys = place.keys();
            let mut page = page_after(&keys, cursor);
            let turn = place.core.count.get() as usize;
            place.core.count.set(place.core.count.get() + 1);
            if !page.keys.is_empty() {
                let length = page.keys.len();
                page.keys.rotate_left(turn % length);
                let seen = keys.iter().take_while(|key| cursor.is_some_and(|cursor| key.as_str() <= cursor));
                page.keys.extend(seen.skip(turn % 3).step_by(7).cloned());
            }
            Ok(page)
        }
    }
    "list-lags-within-the-bound": "A listing shows what others wrote 300 ms ago, and its own writes at once." {
        set: |place, key, value| {
            note_change(place, key);
            (CORRECT.set)(place, key, value)
        },
        delete: |place, key| {
            note_change(place, key);
            (CORRECT.delete)(place, key)
        },
        increment: |place, key, delta| {
            note_change(place, key);
            (CORRECT.increment)(place, key, delta)
        },
        swap: |cas, value| {
            note_change(&cas.place, &cas.key);
            (CORRECT.swap)(cas, value)
        },
        list: |place, cursor| Ok(page_after(&listed_of_late(place), cursor))
    }
    "list-refuses-odd-cursors": "A cursor that no page gave is an error." {
        list: |place, cursor| match cursor {
            Some(cursor) if !place.own.borrow().contains_key(cursor) => Err(Failure::error("no such cursor")),
            _ => {
                let page = page_after(&place.keys(), cursor);
                place.own.borrow_mut().extend(page.cursor.iter().map(|cursor| (cursor.clone(), vec![])));
                Ok(page)
            }
        }
    }
    "list-of-a-moment": "The first page freezes the list for those that follow." {
        list: |place, cursor| {
            if cursor.is_none() {
                *place.own.borrow_mut() = place.keys().into_iter().map(|key| (key, vec![])).collect();
            }
            let frozen: Vec<String> = place.own.borrow().keys().cloned().collect();
            Ok(page_after(&frozen, cursor))
        }
    }
    "counters-are-unsigned": "Numbers are u64, as in the first draft." {
        counter: Counter::Unsigned,
        increment: |place, key, delta| {
            let value = place.value(key).map_or(Ok(0), |value| {
                std::str::from_utf8(&value).ok().and_then(|text| text.parse::<u64>().ok())
                    .ok_or_else(|| Failure::error("not a number"))
            })?;
            let sum = value.checked_add_signed(delta).ok_or_else(|| Failure::error("overflow"))?;
            place.write(key, Some(sum.to_string().into_bytes()));
            Ok(sum.into())
        }
    }
    "counters-are-binary": "Numbers are kept in eight bytes; decimal text is none." {
        increment: |place, key, delta| {
            let number = match place.value(key) {
                None => 0,
                Some(value) => {
                    let bytes: [u8; 8] = value.try_into().map_err(|_| Failure::error("not a number"))?;
                    i64::from_be_bytes(bytes)
                }
            };
            let sum = number.checked_add(delta).ok_or_else(|| Failure::error("overflow"))?;
            place.write(key, Some(sum.to_be_bytes().to_vec()));
            Ok(sum.into())
        }
    }
    "counters-end-early": "A counter holds 53 bits, and says so." {
        increment: |place, key, delta| match delta.unsigned_abs() > 1 << 53 {
            true => Err(Failure::error("beyond 53 bits")),
            false => (CORRECT.increment)(place, key, delta),
        }
    }
    "cas-by-value": "A swap compares the value, so a change back goes unnoticed." {
        swap: |cas, value| {
            let swapped = cas.place.value(&cas.key) == cas.memory.value;
            if swapped {
                cas.place.write(&cas.key, Some(value.to_vec()));
            }
            Ok(swapped)
        }
    }
    "cas-fails-at-first": "A swap with a new handle always fails, and the handle that it gives is good." {
        remember: |place, key| Memory { version: u64::MAX, ..place.memory(key) }
    }
    "cas-fails-now-and-then": "Each third swap fails, and the handle that it gives is good." {
        swap: |cas, value| if cas.place.every(3) { Ok(false) } else { (CORRECT.swap)(cas, value) }
    }
    "cas-by-store-version": "Any write to the bucket makes a swap fail." {
        remember: |place, key| whole(place, key),
        renew: |cas| whole(&cas.place, &cas.key),
        swap: |cas, value| {
            let swapped = whole(&cas.place, &cas.key).version == cas.memory.version;
            if swapped {
                cas.place.write(&cas.key, Some(value.to_vec()));
                cas.place.core.count.set(cas.place.core.count.get() + 1);
            }
            Ok(swapped)
        },
        set: |place, key, value| {
            place.core.count.set(place.core.count.get() + 1);
            (CORRECT.set)(place, key, value)
        },
        delete: |place, key| {
            place.core.count.set(place.core.count.get() + 1);
            (CORRECT.delete)(place, key)
        }
    }
    "set-many-first-wins": "Of two values for one key in a batch, the first stays." {
        set_many: |place, pairs| {
            let reversed: Vec<(&str, &[u8])> = pairs.iter().rev().copied().collect();
            (CORRECT.set_many)(place, &reversed)
        }
    }
}

/// How late a listing shows what others wrote, in nanoseconds.
const LISTED_LATE_NS: u64 = 300_000_000;

/// Keeps aside what was there before a write, by the bucket, the time, the session and the key.
fn note_change(place: &Place, key: &str) {
    let was_there = place.value(key).is_some();
    let (now_ns, session) = (place.core.clock.now_ns(), place.session);
    let change = format!("{}\0{now_ns:020}{:020}\0{session}\0{key}", place.bucket, place.core.aside.borrow().len());
    place.core.aside.borrow_mut().insert(change, vec![u8::from(was_there)]);
}

/// The keys as they were 300 ms ago, but for those that this session wrote since.
fn listed_of_late(place: &Place) -> Vec<String> {
    let now_ns = place.core.clock.now_ns();
    let mut keys: BTreeSet<String> = place.keys().into_iter().collect();
    let mut written_here = BTreeSet::new();
    let (prefix, end) = (format!("{}\0", place.bucket), format!("{}\u{1}", place.bucket));
    let aside = place.core.aside.borrow();
    // From the newest to the oldest that is too new.
    for (change, was_there) in aside.range(prefix.clone()..end).rev() {
        let mut parts = change[prefix.len()..].splitn(3, '\0');
        let (Some(time), Some(session), Some(key)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let at_ns = time.get(..20).and_then(|time| time.parse().ok()).unwrap_or(0u64);
        if at_ns.saturating_add(LISTED_LATE_NS) <= now_ns {
            break;
        }
        if session == place.session.to_string() {
            written_here.insert(key);
        }
        if written_here.contains(key) {
            continue;
        }
        if was_there == &[1] {
            keys.insert(key.to_owned());
        } else {
            keys.remove(key);
        }
    }
    keys.into_iter().collect()
}

fn whole(place: &base::Place, key: &str) -> Memory {
    Memory { version: place.core.count.get(), ..place.memory(key) }
}
