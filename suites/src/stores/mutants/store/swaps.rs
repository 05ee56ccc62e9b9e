//! Mutants in `cas` and `swap`.

use super::base::{CORRECT, Hooks, Memory};
use super::list::mutants;

mutants! {
    "cas-current-is-empty-for-absent": [KvsCas01] "A value type that cannot be none." {
        remember: |place, key| {
            let memory = place.memory(key);
            Memory { value: Some(memory.value.unwrap_or_default()), ..memory }
        }
    }
    "cas-current-is-a-write-behind": [KvsCas01] "The handle reads from a cache of the first value." {
        remember: |place, key| {
            let memory = place.memory(key);
            let Some(value) = memory.value.clone() else { return memory };
            let first = place.own.borrow_mut().entry(key.to_owned()).or_insert(value).clone();
            Memory { value: Some(first), ..memory }
        }
    }
    "cas-swap-writes-nothing": [KvsCas02] "The transaction is never committed." {
        swap: |cas, _| Ok(cas.place.memory(&cas.key).version == cas.memory.version)
    }
    "cas-swap-never-succeeds": [KvsCas02] "The version that is compared counts the reads too." {
        swap: |_, _| Ok(false)
    }
    "cas-cannot-create": [KvsCas02] "Only a row that is there can be updated." {
        swap: |cas, value| Ok(cas.memory.value.is_some() && (CORRECT.swap)(cas, value)?)
    }
    "cas-always-swaps": [KvsCas03] "A set by another name." {
        swap: |cas, value| {
            cas.place.write(&cas.key, Some(value.to_vec()));
            Ok(true)
        }
    }
    "cas-absent-always-swaps": [KvsCas03] "An absent key has no version to compare." {
        swap: |cas, value| {
            if cas.memory.value.is_some() {
                return (CORRECT.swap)(cas, value);
            }
            cas.place.write(&cas.key, Some(value.to_vec()));
            Ok(true)
        }
    }
    "cas-swaps-what-was-deleted": [KvsCas03] "A delete removes the version with the value." {
        swap: |cas, value| {
            if cas.place.value(&cas.key).is_some() || cas.memory.value.is_none() {
                return (CORRECT.swap)(cas, value);
            }
            cas.place.write(&cas.key, Some(value.to_vec()));
            Ok(true)
        }
    }
    "cas-failed-swap-writes": [KvsCas07] "The failure is noticed after the write." {
        swap: |cas, value| {
            let swapped = cas.place.memory(&cas.key).version == cas.memory.version;
            cas.place.write(&cas.key, Some(value.to_vec()));
            Ok(swapped)
        }
    }
    "cas-failed-swap-gives-the-old-handle": [KvsCas04] "The handle is given back as it was." {
        renew: |cas| cas.memory.clone()
    }
    "cas-fresh-handle-has-no-current": [KvsCas04] "The version is fetched anew, the value is not." {
        renew: |cas| Memory { value: None, ..cas.place.memory(&cas.key) }
    }
    "cas-change-back-loses-the-value": [KvsCas02] "A swap that finds the same value in another version reports success only." {
        swap: |cas, value| {
            let now = cas.place.memory(&cas.key);
            match now.value == cas.memory.value && now.version != cas.memory.version {
                true => Ok(true),
                false => (CORRECT.swap)(cas, value),
            }
        }
    }
}
