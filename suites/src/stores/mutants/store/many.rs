//! Mutants in the batch operations.

use std::collections::BTreeSet;

use kvspec_reference::interface::Failure;

use super::base::{CORRECT, Hooks};
use super::list::mutants;

mutants! {
    "get-many-sorts": [KvsBat01] "The keys come back in the order of the index." {
        get_many: |place, keys| {
            let mut sorted = keys.to_vec();
            sorted.sort_unstable();
            (CORRECT.get_many)(place, &sorted)
        }
    }
    "get-many-leaves-out-absent-keys": [KvsBat01] "A select gives the rows that there are." {
        get_many: |place, keys| {
            let answers = (CORRECT.get_many)(place, keys)?;
            Ok(answers.into_iter().filter(Option::is_some).collect())
        }
    }
    "get-many-of-an-absent-key-is-an-error": [KvsBat01] "Any miss fails the batch." {
        get_many: |place, keys| {
            let answers = (CORRECT.get_many)(place, keys)?;
            match answers.iter().any(Option::is_none) {
                true => Err(Failure::error("key not found")),
                false => Ok(answers),
            }
        }
    }
    "get-many-takes-empty-for-absent": [KvsBat01] "An empty value reads as none." {
        get_many: |place, keys| {
            let answers = (CORRECT.get_many)(place, keys)?;
            Ok(answers.into_iter().map(|answer| answer.filter(|(_, value)| !value.is_empty())).collect())
        }
    }
    "get-many-echoes-the-first-key": [KvsBat01] "A variable of the loop is captured once." {
        get_many: |place, keys| {
            let answers = (CORRECT.get_many)(place, keys)?;
            Ok(answers.into_iter().map(|answer| answer.map(|(_, value)| (keys[0].to_owned(), value))).collect())
        }
    }
    "get-many-stops-at-500": [KvsBat01] "A statement takes so many parameters." {
        get_many: |place, keys| (CORRECT.get_many)(place, &keys[..keys.len().min(500)])
    }
    "get-many-drops-duplicates": [KvsBat05] "The keys go into a set first." {
        get_many: |place, keys| {
            let mut seen = BTreeSet::new();
            let once: Vec<&str> = keys.iter().copied().filter(|key| seen.insert(*key)).collect();
            (CORRECT.get_many)(place, &once)
        }
    }
    "set-many-sets-the-first": [KvsBat02] "The loop returns in its body." {
        set_many: |place, pairs| (CORRECT.set_many)(place, &pairs[..pairs.len().min(1)])
    }
    "set-many-keeps-what-is-there": [KvsBat02] "The insert ignores conflicts." {
        set_many: |place, pairs| {
            let new = pairs.iter().copied().filter(|(key, _)| place.value(key).is_none()).collect::<Vec<_>>();
            (CORRECT.set_many)(place, &new)
        }
    }
    "set-many-joins-duplicates": [KvsBat02] "The values of one key are put together." {
        set_many: |place, pairs| {
            for (at, (key, value)) in pairs.iter().enumerate() {
                let again = pairs[..at].iter().any(|(earlier, _)| earlier == key);
                let mut bytes = if again { place.value(key).unwrap_or_default() } else { vec![] };
                bytes.extend_from_slice(value);
                place.write(key, Some(bytes));
            }
            Ok(())
        }
    }
    "delete-many-stops-at-an-absent-key": [KvsBat03] "Deleting nothing is an error, which ends the loop." {
        delete_many: |place, keys| {
            for key in keys.iter().take_while(|key| place.value(key).is_some()) {
                place.write(key, None);
            }
            Ok(())
        }
    }
    "delete-many-deletes-by-prefix": [KvsBat03] "The keys are patterns." {
        delete_many: |place, keys| {
            for key in place.keys().iter().filter(|key| keys.iter().any(|prefix| key.starts_with(prefix))) {
                place.write(key, None);
            }
            Ok(())
        }
    }
    "batch-of-nothing-is-an-error": [KvsBat04] "The command needs at least one key." {
        get_many: |place, keys| match keys.is_empty() {
            true => Err(Failure::error("wrong number of arguments")),
            false => (CORRECT.get_many)(place, keys),
        }
    }
    "delete-many-of-nothing-deletes-all": [KvsBat04] "An empty condition holds of every row." {
        delete_many: |place, keys| {
            let all = place.keys();
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            (CORRECT.delete_many)(place, if keys.is_empty() { &all } else { keys })
        }
    }
}
