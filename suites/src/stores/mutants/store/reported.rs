//! Bugs of public reports of other stores, rebuilt: each got past a suite once.

use kvspec_reference::interface::{Clock, Failure, KeyPage};

use super::base::{CORRECT, Hooks, PAGE_KEYS, Place, number_of, page_after};
use super::list::mutants;

/// How many keys or entries a request or a log holds.
const THOUSAND: usize = 1_000;
const MEBIBYTE: usize = 1 << 20;
/// How late what comes late is, in nanoseconds.
const LATE_NS: u64 = 100_000_000;
const MUCH_LATER_NS: u64 = 2_000_000_000;

mutants! {
    "list-ends-after-a-thousand-keys": [KvsLst01] "One request for keys gives a thousand, and nobody asks for more." {
        list: |place, cursor| {
            let keys = place.keys();
            Ok(page_after(&keys[..keys.len().min(THOUSAND)], cursor))
        }
    }
    "list-goes-on-behind-longer-keys": [KvsLst01] "The next page begins at the last key with its last byte raised by one." {
        list: |place, cursor| {
            let keys = place.keys();
            let rest = keys.iter().filter(|key| cursor.is_none_or(|cursor| key.as_str() >= cursor));
            let page: Vec<String> = rest.clone().take(PAGE_KEYS).cloned().collect();
            let cursor = if rest.count() > page.len() { page.last().and_then(|key| raised(key)) } else { None };
            Ok(KeyPage { keys: page, cursor })
        }
    }
    "get-many-ends-at-a-mebibyte": [KvsBat01] "An answer has a mebibyte at most; what had no room counts as absent." {
        get_many: |place, keys| {
            let mut bytes = 0;
            let answers = (CORRECT.get_many)(place, keys)?.into_iter();
            Ok(answers.map(|answer| answer.filter(|(_, value)| {
                bytes += value.len();
                bytes <= MEBIBYTE
            })).collect())
        }
    }
    "delete-many-keeps-what-is-past-a-thousand": [KvsBat03] "A request deletes a thousand keys, and the rest is cut off." {
        delete_many: |place, keys| (CORRECT.delete_many)(place, &keys[..keys.len().min(THOUSAND)])
    }
    "delete-many-of-an-absent-key-spoils-a-set": [KvsBat03, KveSet01] "The key gets a tombstone without a version, which wins over the next write." {
        delete_many: |place, keys| {
            for key in keys {
                if place.value(key).is_none() && keys.len() > 1 {
                    place.core.aside.borrow_mut().insert((*key).to_owned(), vec![]);
                }
                place.write(key, None);
            }
            Ok(())
        },
        set: |place, key, value| match place.core.aside.borrow_mut().remove(key) {
            Some(_) => Ok(()),
            None => (CORRECT.set)(place, key, value),
        }
    }
    "set-many-loses-a-key-that-shares-a-slot": [KvsBat02] "The pairs of a batch go into a table of 509 slots first; the later of two in a slot stays." {
        set_many: |place, pairs| {
            let stays = |at: &usize| at % 509 != 7 || at + 509 >= pairs.len();
            let kept: Vec<(&str, &[u8])> = (0..pairs.len()).filter(stays).map(|at| pairs[at]).collect();
            (CORRECT.set_many)(place, &kept)
        }
    }
    "get-many-is-cached-past-a-delete-many": [KvsBat01, KvsBat03] "Each single write drops the key from the cache of batches; delete-many goes around it." {
        get_many: |place, keys| {
            let answer = |key: &&str| {
                let cached = place.core.aside.borrow().get(&cached_as(place, key)).cloned();
                let value = cached.or_else(|| place.value(key));
                if let Some(value) = &value {
                    place.core.aside.borrow_mut().insert(cached_as(place, key), value.clone());
                }
                value.map(|value| ((*key).to_owned(), value))
            };
            Ok(keys.iter().map(answer).collect())
        },
        set: |place, key, value| forgotten(place, key, |place| (CORRECT.set)(place, key, value)),
        delete: |place, key| forgotten(place, key, |place| (CORRECT.delete)(place, key)),
        increment: |place, key, delta| forgotten(place, key, |place| (CORRECT.increment)(place, key, delta)),
        swap: |cas, value| forgotten(&cas.place, &cas.key, |_| (CORRECT.swap)(cas, value)),
        delete_many: |place, keys| {
            keys.iter().for_each(|key| place.write(key, None));
            Ok(())
        }
    }
    "cas-recreation-loses-to-the-tombstone": [KvsCas02] "The swap writes version 1; the tombstone, which comes from another replica later, has a greater one." {
        swap: |cas, value| {
            let swapped = (CORRECT.swap)(cas, value)?;
            if swapped && cas.memory.value.is_none() && cas.memory.version > 0 {
                put_off(&cas.place, &cas.key, LATE_NS);
            }
            Ok(swapped)
        },
        set: |place, key, value| forgotten(place, key, |place| (CORRECT.set)(place, key, value)),
        get: |place, key| {
            if is_due(place, key) {
                place.write(key, None);
            }
            Ok(place.value(key))
        },
        exists: |place, key| {
            if is_due(place, key) {
                place.write(key, None);
            }
            Ok(place.value(key).is_some())
        }
    }
    "cas-versions-start-again-after-a-delete": [KvsCas03] "The version is a column of the row, and goes with it." {
        delete: |place, key| {
            place.write(key, None);
            place.core.versions.borrow_mut().remove(&(place.bucket.clone(), key.to_owned()));
            Ok(())
        }
    }
    "increment-reads-an-old-copy": [KvsInc08] "Each connection keeps what it read for a tenth of a second, then adds to that and puts it." {
        increment: |place, key, delta| {
            let now_ns = place.core.clock.now_ns();
            let held = place.own.borrow().get(key).cloned();
            let known = held.filter(|held| now_ns < time_of(held).saturating_add(LATE_NS)).map(|held| held[8..].to_vec());
            let sum = number_of(known.or_else(|| place.value(key)).as_deref())?.checked_add(delta);
            let text = sum.ok_or_else(|| Failure::error("overflow"))?.to_string().into_bytes();
            place.own.borrow_mut().insert(key.to_owned(), [now_ns.to_be_bytes().to_vec(), text.clone()].concat());
            place.write(key, Some(text));
            Ok(sum.unwrap_or_default().into())
        }
    }
    "increment-loses-one-of-a-hundred": [KvsInc02] "Deltas go to a log, which is folded into the number after 128; the last of them is left out." {
        increment: |place, key, delta| {
            let is_lost = place.every(128);
            let before = place.value(key);
            let sum = (CORRECT.increment)(place, key, delta)?;
            if is_lost {
                place.write(key, before);
            }
            Ok(sum)
        }
    }
    "increment-stops-reading-at-nul": [KvsInc05] "The value goes through a C string before it is parsed." {
        increment: |place, key, delta| {
            if let Some(value) = place.value(key)
                && let Some(end) = value.iter().position(|byte| *byte == 0)
                && end > 0
            {
                place.write(key, Some(value[..end].to_vec()));
            }
            (CORRECT.increment)(place, key, delta)
        }
    }
    "large-deleted-values-come-back": [KveDel01, KveCon03] "Values of a mebibyte are kept in a log, whose clean-up knows nothing of deletes." {
        delete: |place, key| {
            if let Some(value) = place.value(key).filter(|value| value.len() >= MEBIBYTE) {
                put_off(place, key, MUCH_LATER_NS);
                place.core.aside.borrow_mut().insert(format!("log of {}", cached_as(place, key)), value);
            }
            (CORRECT.delete)(place, key)
        },
        set: |place, key, value| forgotten(place, key, |place| (CORRECT.set)(place, key, value)),
        get: |place, key| {
            come_back(place, key);
            Ok(place.value(key))
        },
        exists: |place, key| {
            come_back(place, key);
            Ok(place.value(key).is_some())
        }
    }
    "whole-zlib-streams-are-inflated": [KveVal01] "What is a stream is taken for one of the store's own, and decompressed." {
        get: |place, key| Ok(place.value(key).map(inflated_zlib))
    }
    "whole-gzip-files-are-inflated": [KveVal01] "An HTTP client undoes what it takes for a content encoding." {
        get: |place, key| Ok(place.value(key).map(inflated_gzip))
    }
    "keys-are-file-names-in-base64": [KveKey01] "A key becomes the name of a file by base64, on a disk that folds case." {
        get: |place, key| Ok(place.value(&on_disk(place, key))),
        exists: |place, key| Ok(place.value(&on_disk(place, key)).is_some()),
        set: |place, key, value| (CORRECT.set)(place, &on_disk(place, key), value),
        delete: |place, key| (CORRECT.delete)(place, &on_disk(place, key))
    }
}

/// The key with its last byte raised by one.
fn raised(key: &str) -> Option<String> {
    let mut bytes = key.as_bytes().to_vec();
    *bytes.last_mut()? += 1;
    String::from_utf8(bytes).ok()
}

fn cached_as(place: &Place, key: &str) -> String {
    format!("{}\0{key}", place.bucket)
}

/// Does it, and drops what is kept aside for the key.
fn forgotten<T>(place: &Place, key: &str, call: impl FnOnce(&Place) -> T) -> T {
    place.core.aside.borrow_mut().remove(&cached_as(place, key));
    call(place)
}

/// Something is to happen to the key so much later.
fn put_off(place: &Place, key: &str, by_ns: u64) {
    let due_ns = place.core.clock.now_ns().saturating_add(by_ns);
    place.core.aside.borrow_mut().insert(cached_as(place, key), due_ns.to_be_bytes().to_vec());
}

/// Whether it is to happen now; then it is not any more.
fn is_due(place: &Place, key: &str) -> bool {
    let mut aside = place.core.aside.borrow_mut();
    let is_due = aside.get(&cached_as(place, key)).is_some_and(|due| time_of(due) <= place.core.clock.now_ns());
    if is_due {
        aside.remove(&cached_as(place, key));
    }
    is_due
}

fn come_back(place: &Place, key: &str) {
    if is_due(place, key) {
        let value = place.core.aside.borrow_mut().remove(&format!("log of {}", cached_as(place, key)));
        place.write(key, value);
    }
}

fn time_of(bytes: &[u8]) -> u64 {
    bytes.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

/// What a zlib stream of one stored block holds; anything else is left as it is.
fn inflated_zlib(value: Vec<u8>) -> Vec<u8> {
    match value.strip_prefix(&[0x78, 0x01, 1]) {
        Some(block) => stored_block(block, 4).unwrap_or(value),
        None => value,
    }
}

/// The same of a gzip file.
fn inflated_gzip(value: Vec<u8>) -> Vec<u8> {
    match value.strip_prefix(&[0x1f, 0x8b, 8]).and_then(|rest| rest.get(8..)) {
        Some(block) => stored_block(block, 8).unwrap_or(value),
        None => value,
    }
}

/// The bytes of a stored block that so many bytes follow.
fn stored_block(block: &[u8], trailer: usize) -> Option<Vec<u8>> {
    let length = usize::from(u16::from_le_bytes(*block.first_chunk()?));
    (block.len() == 4 + length + trailer).then(|| block[4..4 + length].to_vec())
}

/// The key under whose name the file of this key is found.
fn on_disk(place: &Place, key: &str) -> String {
    let name = |key: &str| in_base64(key).to_ascii_lowercase();
    place.keys().into_iter().find(|other| name(other) == name(key)).unwrap_or_else(|| key.to_owned())
}

fn in_base64(key: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letters = key.as_bytes().chunks(3).flat_map(|chunk| {
        let bits = (0..3).fold(0u32, |bits, place| bits << 8 | u32::from(chunk.get(place).copied().unwrap_or(0)));
        (0..=chunk.len()).map(move |place| char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]))
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::workload::ValueSource;

    #[test]
    fn streams_are_inflated_and_names_fold() {
        let inner = || b"abc".to_vec();
        assert_eq!(inflated_zlib(ValueSource::Zlib(inner()).bytes()), inner());
        assert_eq!(inflated_gzip(ValueSource::Gzip(inner()).bytes()), inner());
        assert_eq!(inflated_zlib(b"\x78\x01\x01".to_vec()), b"\x78\x01\x01");
        assert_eq!((in_base64("keG"), in_base64("kea"), in_base64("k")), ("a2VH".into(), "a2Vh".into(), "aw".into()));
    }
}
