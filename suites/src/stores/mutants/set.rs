//! Mutants of `set`, and of what it makes of its outgoing-value.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::Failure;

use super::mutant::Mutant;
use crate::stores::hooked::{Body, CORRECT, Form, Hooks, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "set-only-updates",
        &[KveSet01],
        "UPDATE without INSERT: no row matches, and that is no error.",
        |seed| hooked(seed, SET_ONLY_UPDATES),
    ),
    Mutant::new(
        "set-of-absent-is-an-error",
        &[KveSet01],
        "PUT with If-Match, or a file that is opened for writing without the flag to create it.",
        |seed| hooked(seed, SET_OF_ABSENT_IS_ERROR),
    ),
    Mutant::new(
        "first-set-of-a-bucket-is-lost",
        &[KveSet01, KveCon02],
        "The first write creates the table, and the insert is not tried again.",
        |seed| hooked(seed, FIRST_SET_IS_LOST),
    ),
    Mutant::new(
        "set-of-what-was-read-last-is-elided",
        &[KveSet01, KveGet01],
        "The bytes equal those of the read buffer, so nothing changed, says a check that forgets the key.",
        |seed| hooked(seed, ELIDED),
    ),
    Mutant::new("set-of-present-is-ignored", &[KveSet02], "INSERT OR IGNORE.", |seed| {
        hooked(seed, SET_OF_PRESENT_IS_IGNORED)
    }),
    Mutant::new(
        "set-of-present-is-an-error",
        &[KveSet02],
        "INSERT against a unique constraint, or a file opened with create-new.",
        |seed| hooked(seed, SET_OF_PRESENT_IS_ERROR),
    ),
    Mutant::new(
        "short-overwrite-keeps-the-old-tail",
        &[KveSet02],
        "A file per key that is written from the start and not truncated.",
        |seed| hooked(seed, OLD_TAIL_STAYS),
    ),
    Mutant::new(
        "longer-overwrite-is-cut-to-the-old-length",
        &[KveSet02],
        "The record keeps the size that it was allocated with.",
        |seed| hooked(seed, CUT_TO_OLD_LENGTH),
    ),
    Mutant::new("overwrite-appends", &[KveSet02], "A file per key that is opened for appending.", |seed| {
        hooked(seed, OVERWRITE_APPENDS)
    }),
    Mutant::new(
        "overwrite-of-equal-length-is-ignored",
        &[KveSet02],
        "Nothing changed, says a check that compares the length alone.",
        |seed| hooked(seed, EQUAL_LENGTH_IS_IGNORED),
    ),
    Mutant::new(
        "overwrite-with-empty-is-ignored",
        &[KveSet02, KveVal02],
        "An update of the fields that are not empty: an empty one means keep.",
        |seed| hooked(seed, OVERWRITE_WITH_EMPTY_IGNORED),
    ),
    Mutant::new(
        "set-empties-its-outgoing-value",
        &[KveSet03],
        "The buffer is moved into the store: a second set of the same value stores nothing.",
        |seed| hooked(seed, SET_EMPTIES_ITS_VALUE),
    ),
    Mutant::new(
        "second-set-of-an-outgoing-value-fails",
        &[KveSet03],
        "The body is a stream that can be read once.",
        |seed| hooked(seed, SECOND_SET_FAILS),
    ),
    Mutant::new(
        "second-set-of-an-outgoing-value-traps",
        &[KveErr01, KveSet03],
        "set takes the resource as owned: the second use is of an unknown handle.",
        |seed| hooked(seed, SECOND_SET_TRAPS),
    ),
    Mutant::new(
        "outgoing-value-stays-with-its-first-key",
        &[KveSet03],
        "The upload is begun under the first key, and later sets only finish it again.",
        |seed| hooked(seed, STAYS_WITH_FIRST_KEY),
    ),
    Mutant::new(
        "outgoing-value-belongs-to-its-first-bucket",
        &[KveSet03],
        "A value is made in the transaction of the bucket that it was first set in.",
        |seed| hooked(seed, BELONGS_TO_FIRST_BUCKET),
    ),
    Mutant::new(
        "store-refers-to-the-outgoing-value",
        &[KveSet04],
        "The store keeps a shared pointer to the buffer rather than a copy.",
        |seed| hooked(seed, STORE_REFERS_TO_VALUE),
    ),
    Mutant::new(
        "later-write-to-the-outgoing-value-is-appended",
        &[KveSet04],
        "set leaves the upload open, and whatever is written later goes to its end.",
        |seed| hooked(seed, LATER_WRITE_IS_APPENDED),
    ),
    Mutant::new(
        "dropping-a-streamed-outgoing-value-clears-the-pair",
        &[KveSet04],
        "Dropping the value aborts its upload, though it had been committed by set.",
        |seed| hooked(seed, DROP_CLEARS_PAIR),
    ),
];

const SET_ONLY_UPDATES: Hooks = Hooks {
    set: |slot, value| match slot.versions().is_empty() {
        true => Ok(()),
        false => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const SET_OF_ABSENT_IS_ERROR: Hooks = Hooks {
    set: |slot, value| match slot.versions().is_empty() {
        true => Err(Failure::error("no such entry")),
        false => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const FIRST_SET_IS_LOST: Hooks = Hooks {
    set: |slot, value| match slot.core.bucket_names().contains(&slot.place.0) {
        true => (CORRECT.set)(slot, value),
        false => {
            slot.sibling("").write(None);
            Ok(())
        }
    },
    ..CORRECT
};

const ELIDED: Hooks = Hooks {
    get: |slot| {
        let value = slot.newest();
        let bytes = value.clone().unwrap_or_default();
        let mut aside = slot.core.aside.borrow_mut();
        // The buffer is kept from the second read of the same bytes on.
        let is_second = aside.insert(buffer("read"), bytes.clone()).as_ref() == Some(&bytes);
        aside.insert(buffer("kept"), if is_second { bytes } else { vec![] });
        Ok(value)
    },
    set: |slot, value| {
        let is_kept = (1..=64).contains(&value.len()) && slot.core.aside.borrow().get(&buffer("kept")) == Some(&value);
        if is_kept { Ok(()) } else { (CORRECT.set)(slot, value) }
    },
    ..CORRECT
};

fn buffer(name: &str) -> (String, String) {
    ("buffer".to_owned(), name.to_owned())
}

const SET_OF_PRESENT_IS_IGNORED: Hooks = Hooks {
    set: |slot, value| match slot.newest() {
        Some(_) => Ok(()),
        None => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const SET_OF_PRESENT_IS_ERROR: Hooks = Hooks {
    set: |slot, value| match slot.newest() {
        Some(_) => Err(Failure::error("UNIQUE constraint failed: pairs.key")),
        None => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const OLD_TAIL_STAYS: Hooks = Hooks {
    set: |slot, mut value| {
        let old = slot.newest().unwrap_or_default();
        value.extend_from_slice(old.get(value.len()..).unwrap_or_default());
        (CORRECT.set)(slot, value)
    },
    ..CORRECT
};

const CUT_TO_OLD_LENGTH: Hooks = Hooks {
    set: |slot, mut value| {
        value.truncate(slot.newest().map_or(usize::MAX, |old| old.len()));
        (CORRECT.set)(slot, value)
    },
    ..CORRECT
};

const OVERWRITE_APPENDS: Hooks = Hooks {
    set: |slot, value| {
        let mut all = slot.newest().unwrap_or_default();
        all.extend_from_slice(&value);
        (CORRECT.set)(slot, all)
    },
    ..CORRECT
};

const EQUAL_LENGTH_IS_IGNORED: Hooks = Hooks {
    set: |slot, value| match slot.newest() {
        Some(old) if old.len() == value.len() => Ok(()),
        _ => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const OVERWRITE_WITH_EMPTY_IGNORED: Hooks = Hooks {
    set: |slot, value| match slot.newest() {
        Some(_) if value.is_empty() => Ok(()),
        _ => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const SET_EMPTIES_ITS_VALUE: Hooks = Hooks {
    set_body: |slot, body| {
        let bytes = body.bytes.take();
        slot.set(bytes)
    },
    ..CORRECT
};

const SECOND_SET_FAILS: Hooks = Hooks {
    set_body: |slot, body| match body.uses.get() {
        0 => body.set_in(slot),
        _ => Err(Failure::error("the body was already consumed")),
    },
    ..CORRECT
};

const SECOND_SET_TRAPS: Hooks = Hooks {
    set_body: |slot, body| match body.uses.get() {
        0 => body.set_in(slot),
        _ => Err(Failure::Trap("unknown handle index 1".into())),
    },
    ..CORRECT
};

const STAYS_WITH_FIRST_KEY: Hooks = Hooks {
    set_body: |slot, body| {
        let first = body.target.borrow().clone();
        match first {
            Some(first) => body.set_in(&slot.sibling(&first.1)),
            None => body.set_in(slot),
        }
    },
    ..CORRECT
};

const BELONGS_TO_FIRST_BUCKET: Hooks = Hooks {
    set_body: |slot, body| {
        let first = body.target.borrow().clone();
        match first {
            Some(first) if first.0 != slot.place.0 => Err(Failure::error("the value is of another bucket")),
            _ => body.set_in(slot),
        }
    },
    ..CORRECT
};

const STORE_REFERS_TO_VALUE: Hooks = Hooks {
    set_body: |slot, body| body.set_in(slot),
    write_body: |body, bytes| {
        (CORRECT.write_body)(body, bytes)?;
        publish(body, bytes.to_vec());
        Ok(())
    },
    ..CORRECT
};

const LATER_WRITE_IS_APPENDED: Hooks = Hooks {
    set_body: |slot, body| body.set_in(slot),
    write_body: |body, bytes| {
        let all = [&body.bytes.borrow()[..], bytes].concat();
        (CORRECT.write_body)(body, bytes)?;
        publish(body, all);
        Ok(())
    },
    ..CORRECT
};

/// Makes `bytes` the value of the register that the body was last set in.
fn publish(body: &Body, bytes: Vec<u8>) {
    if let Some(target) = &*body.target.borrow() {
        body.core.write(target, 0, Some(bytes));
    }
}

const DROP_CLEARS_PAIR: Hooks = Hooks {
    set_body: |slot, body| body.set_in(slot),
    drop_body: |body| {
        if body.form.get() == Form::Streamed
            && let Some(target) = &*body.target.borrow()
        {
            body.core.write(target, 0, None);
        }
    },
    ..CORRECT
};
