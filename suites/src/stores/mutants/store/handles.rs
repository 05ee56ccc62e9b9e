//! Mutants in `open` and in what a client reads of its own writes.

use kvspec_reference::interface::Failure;

use super::base::{BUCKETS, CORRECT, Hooks, Place};
use super::list::mutants;

mutants! {
    "store-unknown-identifier-is-other": [KvsOpn01] "Every failure of the backend becomes `other`." {
        open: |place| match BUCKETS.contains(&place.bucket.as_str()) {
            true => Ok(()),
            false => Err(Failure::error("no such bucket")),
        }
    }
    "store-unknown-identifier-opens": [KvsOpn01] "The backend is asked for the bucket only at the first call." {
        open: |_| Ok(())
    }
    "store-reads-lag-one-write": [KvsRyw01] "A write goes to a queue that is emptied by the next write." {
        set: |place, key, value| {
            let earlier = place.core.aside.borrow_mut().insert(key.to_owned(), value.to_vec());
            place.write(key, Some(earlier.unwrap_or_else(|| value.to_vec())));
            Ok(())
        }
    }
    "store-exists-is-cached": [KvsRyw01] "What exists said is kept, and not forgotten by a delete." {
        exists: |place, key| {
            let seen = place.own.borrow().contains_key(key) || place.value(key).is_some();
            if seen {
                place.own.borrow_mut().insert(key.to_owned(), vec![]);
            }
            Ok(seen)
        },
        set: |place, key, value| {
            place.own.borrow_mut().insert(key.to_owned(), vec![]);
            place.write(key, Some(value.to_vec()));
            Ok(())
        }
    }
    "store-deletes-lag": [KvsRyw01] "Deletes go to a replica that the reads do not come from; each eighth is late." {
        delete: |place, key| {
            if !place.every(8) {
                place.write(key, None);
            }
            Ok(())
        }
    }
    "store-handle-has-a-copy": [KvsRyw02] "Opening copies the pairs; writes go to the copy and to the store." {
        open: |place| {
            (CORRECT.open)(place)?;
            copy(place);
            Ok(())
        },
        get: |place, key| Ok(place.own.borrow().get(key).cloned()),
        exists: |place, key| Ok(place.own.borrow().contains_key(key)),
        set: |place, key, value| {
            place.own.borrow_mut().insert(key.to_owned(), value.to_vec());
            (CORRECT.set)(place, key, value)
        },
        delete: |place, key| {
            place.own.borrow_mut().remove(key);
            (CORRECT.delete)(place, key)
        }
    }
    "store-later-handle-sees-nothing": [KvsRyw02] "A handle writes to its own memory, and never back." {
        get: |place, key| Ok(place.own.borrow().get(key).cloned()),
        exists: |place, key| Ok(place.own.borrow().contains_key(key)),
        set: |place, key, value| {
            place.own.borrow_mut().insert(key.to_owned(), value.to_vec());
            Ok(())
        },
        delete: |place, key| {
            place.own.borrow_mut().remove(key);
            Ok(())
        }
    }
    "store-batch-is-put-off": [KvsRyw03, KvsBat02] "A batch is sent when the next call but one comes." {
        set_many: |place, pairs| {
            place.own.borrow_mut().extend(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.to_vec())));
            place.core.count.set(0);
            Ok(())
        },
        get: |place, key| {
            if place.every(2) {
                for (key, value) in std::mem::take(&mut *place.own.borrow_mut()) {
                    place.write(&key, Some(value));
                }
            }
            Ok(place.value(key))
        }
    }
    "store-counter-is-written-back-late": [KvsRyw03, KvsInc07] "Counters live in memory and are written back now and then." {
        increment: |place, key, delta| {
            let number = super::base::number_of(place.own.borrow().get(key).map(Vec::as_slice))?;
            let sum = number.checked_add(delta).ok_or_else(|| Failure::error("overflow"))?;
            place.own.borrow_mut().insert(key.to_owned(), sum.to_string().into_bytes());
            Ok(sum.into())
        },
        delete: |place, key| {
            place.own.borrow_mut().remove(key);
            (CORRECT.delete)(place, key)
        }
    }
}

fn copy(place: &Place) {
    let buckets = place.core.buckets.borrow();
    let pairs = buckets.get(&place.bucket).cloned().unwrap_or_default();
    *place.own.borrow_mut() = pairs;
}
