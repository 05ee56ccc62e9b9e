//! Mutants in `list-keys`.

use kvspec_reference::RequirementId::KvsLst08;
use kvspec_reference::interface::{Failure, KeyPage};

use super::base::{CORRECT, Hooks, PAGE_KEYS, Place, page_after, with};
use super::declared::creating_buckets;
use super::list::mutants;
use crate::stores::mutants::Mutant;

/// Mutants that open any bucket.
pub(super) const MUTANTS_OF_NAMES: &[Mutant] = &[
    Mutant::new(
        "list-takes-a-bucket-for-a-pattern",
        &[KvsLst08],
        "The keys of a bucket are found by a glob that its name is part of, as SCAN does.",
        |_seed| with(&GLOB),
    )
    .declaring(creating_buckets),
    Mutant::new(
        "list-finds-a-bucket-by-its-prefix",
        &[KvsLst08],
        "Names of bucket and key are joined by a separator, and the scan takes every name with the prefix.",
        |_seed| with(&PREFIX),
    )
    .declaring(creating_buckets),
];

const GLOB: Hooks = Hooks {
    open: |_| Ok(()),
    list: |place, cursor| {
        let stem = place.bucket.strip_suffix('*');
        Ok(page_after(&keys_of(place, |other| stem.is_some_and(|stem| other.starts_with(stem)).then_some("")), cursor))
    },
    ..CORRECT
};

const PREFIX: Hooks = Hooks {
    open: |_| Ok(()),
    list: |place, cursor| {
        Ok(page_after(&keys_of(place, |other| other.strip_prefix(place.bucket.as_str())?.strip_prefix(':')), cursor))
    },
    ..CORRECT
};

/// The keys of the bucket, and of each other for which `rest` gives what its keys begin with.
fn keys_of(place: &Place, rest: impl Fn(&str) -> Option<&str>) -> Vec<String> {
    let mut keys = place.keys();
    for (other, pairs) in place.core.buckets.borrow().iter().filter(|(other, _)| **other != place.bucket) {
        let Some(rest) = rest(other) else { continue };
        let joined = |key: &String| if rest.is_empty() { key.clone() } else { format!("{rest}:{key}") };
        keys.extend(pairs.keys().map(joined));
    }
    keys.sort();
    keys.dedup();
    keys
}

mutants! {
    "list-stops-after-a-page": [KvsLst01] "The cursor is forgotten: what does not fit on a page is not listed." {
        list: |place, cursor| Ok(KeyPage { cursor: None, ..page_after(&place.keys(), cursor) })
    }
    "list-skips-the-key-of-the-cursor": [KvsLst01] "The next page begins after the key that should begin it." {
        list: |place, cursor| {
            let mut page = page_after(&place.keys(), cursor);
            if cursor.is_some() && !page.keys.is_empty() {
                page.keys.remove(0);
            }
            Ok(page)
        }
    }
    "list-leaves-out-empty-values": [KvsLst01] "The index holds keys of truthy values." {
        list: |place, cursor| {
            let mut keys = place.keys();
            keys.retain(|key| place.value(key).is_some_and(|value| !value.is_empty()));
            Ok(page_after(&keys, cursor))
        }
    }
    "list-cuts-keys-at-a-colon": [KvsLst02, KvsLst01] "The bucket's prefix is cut off at the last separator." {
        list: |place, cursor| {
            let mut page = page_after(&place.keys(), cursor);
            for key in &mut page.keys {
                *key = key.rsplit(':').next().unwrap_or(key).to_owned();
            }
            Ok(page)
        }
    }
    "list-names-its-own-key": [KvsLst05, KvsLst02] "A key with the store's own data lies among the others." {
        list: |place, cursor| {
            let mut page = page_after(&place.keys(), cursor);
            if cursor.is_none() {
                page.keys.insert(0, "__meta__".into());
            }
            Ok(page)
        }
    }
    "list-of-empty-store-is-an-error": [KvsLst05] "No row found is an error of the driver." {
        list: |place, cursor| match place.keys().is_empty() {
            true => Err(Failure::error("no rows")),
            false => Ok(page_after(&place.keys(), cursor)),
        }
    }
    "list-holds-tombstones": [KvsLst03] "Deleted keys stay in the index until it is compacted." {
        set: |place, key, value| {
            place.own.borrow_mut().insert(key.to_owned(), vec![]);
            (CORRECT.set)(place, key, value)
        },
        list: |place, cursor| {
            let mut keys: Vec<String> = place.keys();
            keys.extend(place.own.borrow().keys().cloned());
            keys.sort();
            keys.dedup();
            Ok(page_after(&keys, cursor))
        }
    }
    "list-goes-in-circles": [KvsLst04] "After the last page the cursor is that of the first." {
        list: |place, cursor| {
            let page = page_after(&place.keys(), cursor);
            let is_long = place.keys().len() > PAGE_KEYS;
            Ok(KeyPage { cursor: page.cursor.or(is_long.then(String::new)), ..page })
        }
    }
    "list-gives-huge-pages-for-ever": [KvsLst04] "The scan of the whole keyspace is repeated as long as it is asked for." {
        list: |place, _| {
            let keys = place.keys().into_iter().cycle().take(20_000);
            Ok(KeyPage { keys: keys.collect(), cursor: Some("more".into()) })
        }
    }
    "list-cursor-counts-keys": [KvsLst06] "The cursor is a number of keys: a delete moves the others up." {
        list: |place, cursor| {
            let at: usize = cursor.map_or(Ok(0), str::parse).map_err(|_| Failure::error("no such cursor"))?;
            let keys = place.keys();
            let page: Vec<String> = keys.iter().skip(at).take(PAGE_KEYS).cloned().collect();
            let next = at + page.len();
            Ok(KeyPage { keys: page, cursor: (next < keys.len()).then(|| next.to_string()) })
        }
    }
    "list-fails-when-changed": [KvsLst06] "An iterator that does not survive a write." {
        list: |place, cursor| {
            let keys = place.keys();
            let key = "number of keys".to_owned();
            let now = keys.len().to_string().into_bytes();
            let before = place.own.borrow_mut().insert(key, now.clone());
            match cursor.is_some() && before.is_some_and(|before| before != now) {
                true => Err(Failure::error("the collection was modified")),
                false => Ok(page_after(&keys, cursor)),
            }
        }
    }
    "list-shows-all-buckets": [KvsLst08] "Buckets are prefixes, and the scan has none." {
        list: |place, cursor| {
            let buckets = place.core.buckets.borrow();
            let mut keys: Vec<String> = buckets.values().flat_map(|pairs| pairs.keys().cloned()).collect();
            keys.sort();
            Ok(page_after(&keys, cursor))
        }
    }
    "list-traps-at-an-odd-cursor": [KveErr01] "The cursor is used as an index without a look." {
        list: |place, cursor| {
            if cursor.is_some_and(|cursor| !cursor.starts_with(|c: char| c.is_ascii_alphanumeric())) {
                return Err(Failure::Trap("index out of bounds".into()));
            }
            Ok(page_after(&place.keys(), cursor))
        }
    }
    "list-of-an-odd-cursor-names-the-cursor": [KvsLst02] "The scan begins with the cursor itself." {
        list: |place, cursor| {
            let mut page = page_after(&place.keys(), cursor);
            page.keys.extend(cursor.filter(|cursor| !place.keys().iter().any(|key| key == cursor)).map(str::to_owned));
            Ok(page)
        }
    }
}
