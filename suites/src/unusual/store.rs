//! Stores of `store@0.2.0` that are correct and unusual: none may be failed.

use kvspec_reference::interface::{Counter, Failure, KeyPage};

use super::Unusual;
use crate::mutants::store::base::{self, CORRECT, Hooks, Memory, page_after};
use crate::mutants::store::{creating_buckets, declaration};

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
    ALL
}

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

fn whole(place: &base::Place, key: &str) -> Memory {
    Memory { version: place.core.count.get(), ..place.memory(key) }
}
