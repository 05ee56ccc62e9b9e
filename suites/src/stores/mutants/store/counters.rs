//! Mutants in `increment`.

use kvspec_reference::interface::Failure;

use super::base::{CORRECT, Hooks, number_of};
use super::list::mutants;

mutants! {
    "increment-of-absent-is-an-error": [KvsInc01] "Only a counter that was made before can be incremented." {
        increment: |place, key, delta| match place.value(key) {
            None => Err(Failure::error("no such key")),
            Some(_) => (CORRECT.increment)(place, key, delta),
        }
    }
    "increment-of-absent-gives-zero": [KvsInc01] "The counter is made, and the delta left for the next time." {
        increment: |place, key, delta| match place.value(key) {
            None => (CORRECT.increment)(place, key, 0),
            Some(_) => (CORRECT.increment)(place, key, delta),
        }
    }
    "increment-outlives-delete": [KvsInc01] "Counters have a table of their own, which delete does not know." {
        increment: |place, key, delta| {
            let number = number_of(place.core.aside.borrow().get(key).map(Vec::as_slice))?;
            let sum = number.checked_add(delta).ok_or_else(|| Failure::error("overflow"))?.to_string().into_bytes();
            place.core.aside.borrow_mut().insert(key.to_owned(), sum.clone());
            place.write(key, Some(sum));
            Ok((number + delta).into())
        }
    }
    "increment-gives-the-old-number": [KvsInc02, KvsInc01] "Fetch-and-add gives what was fetched." {
        increment: |place, key, delta| (CORRECT.increment)(place, key, delta).map(|sum| sum - i128::from(delta))
    }
    "increment-in-32-bits": [KvsInc02] "The number goes through an int." {
        increment: |place, key, delta| (CORRECT.increment)(place, key, delta as i32 as i64)
    }
    "increment-in-floating-point": [KvsInc04] "The number goes through a double, which sticks." {
        increment: |place, key, delta| {
            let sum = number_of(place.value(key).as_deref())? as f64 + delta as f64;
            place.write(key, Some((sum as i64).to_string().into_bytes()));
            Ok((sum as i64).into())
        }
    }
    "increment-by-zero-adds-one": [KvsInc03] "0 is taken for not given." {
        increment: |place, key, delta| (CORRECT.increment)(place, key, if delta == 0 { 1 } else { delta })
    }
    "increment-ignores-the-sign": [KvsInc03] "The delta is sent as an unsigned amount." {
        increment: |place, key, delta| (CORRECT.increment)(place, key, delta.saturating_abs())
    }
    "increment-stops-at-zero": [KvsInc03] "A quota cannot be below 0." {
        increment: |place, key, delta| {
            let sum = number_of(place.value(key).as_deref())?.saturating_add(delta).max(0);
            place.write(key, Some(sum.to_string().into_bytes()));
            Ok(sum.into())
        }
    }
    "increment-wraps": [KvsInc04] "Release builds wrap." {
        increment: |place, key, delta| {
            let sum = number_of(place.value(key).as_deref())?.wrapping_add(delta);
            place.write(key, Some(sum.to_string().into_bytes()));
            Ok(sum.into())
        }
    }
    "increment-forgets-on-overflow": [KvsInc04] "The counter is written before the sum is checked." {
        increment: |place, key, delta| {
            let result = (CORRECT.increment)(place, key, delta);
            if result.is_err() && number_of(place.value(key).as_deref()).is_ok() {
                place.write(key, None);
            }
            result
        }
    }
    "increment-takes-text-for-zero": [KvsInc05] "A parse that falls back to a default." {
        increment: |place, key, delta| {
            let number = number_of(place.value(key).as_deref()).unwrap_or(0);
            let sum = number.checked_add(delta).ok_or_else(|| Failure::error("overflow"))?;
            place.write(key, Some(sum.to_string().into_bytes()));
            Ok(sum.into())
        }
    }
    "increment-spoils-text": [KvsInc05] "The value is made a counter before it is found that it cannot be." {
        increment: |place, key, delta| {
            let result = (CORRECT.increment)(place, key, delta);
            if result.is_err() && number_of(place.value(key).as_deref()).is_err() {
                place.write(key, Some(b"0".to_vec()));
            }
            result
        }
    }
    "increment-has-one-counter": [KvsInc07] "The key is left out of the statement." {
        increment: |place, key, delta| {
            let number = number_of(place.core.aside.borrow().get("").map(Vec::as_slice))?;
            let is_new = place.value(key).is_none();
            let sum = if is_new && place.keys().len() < 2 { delta } else { number.saturating_add(delta) };
            place.core.aside.borrow_mut().insert(String::new(), sum.to_string().into_bytes());
            place.write(key, Some(sum.to_string().into_bytes()));
            Ok(sum.into())
        }
    }
    "increment-is-not-listed": [KvsInc07, KvsLst01] "Counters are kept beside the index of keys." {
        list: |place, cursor| {
            let mut keys = place.keys();
            keys.retain(|key| number_of(place.value(key).as_deref()).is_err());
            Ok(super::base::page_after(&keys, cursor))
        }
    }
    "increment-loses-updates": [KvsInc08] "Each handle reads the number once, then adds in memory." {
        increment: |place, key, delta| {
            let known = place.own.borrow().get(key).cloned().or_else(|| place.value(key));
            let sum = number_of(known.as_deref())?.checked_add(delta).ok_or_else(|| Failure::error("overflow"))?;
            place.own.borrow_mut().insert(key.to_owned(), sum.to_string().into_bytes());
            place.write(key, Some(sum.to_string().into_bytes()));
            Ok(sum.into())
        },
        delete: |place, key| {
            place.own.borrow_mut().remove(key);
            (CORRECT.delete)(place, key)
        },
        set: |place, key, value| {
            place.own.borrow_mut().remove(key);
            (CORRECT.set)(place, key, value)
        }
    }
    "increment-adds-to-what-it-cannot-read": [KvsInc02] "A value that was set counts as nothing, without an error." {
        increment: |place, key, delta| {
            let is_own = place.own.borrow().contains_key(key);
            if !is_own && place.value(key).is_some_and(|value| number_of(Some(&value)).is_ok()) {
                place.write(key, None);
            }
            place.own.borrow_mut().insert(key.to_owned(), vec![]);
            (CORRECT.increment)(place, key, delta)
        }
    }
}
