//! Mutants of buckets and of handles.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::Failure;

use super::declared::{BUCKETS, fixed_buckets};
use super::mutant::Mutant;
use crate::declaration::{Declaration, Limits};
use crate::stores::hooked::{CORRECT, Hooks, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "buckets-are-one",
        &[KveBkt01],
        "A backend with one flat table, whose adapter forgot to put the bucket into the key.",
        |seed| hooked(seed, Hooks { open: |_, _| Ok("table".into()), ..CORRECT }),
    ),
    Mutant::new(
        "bucket-and-key-joined-by-colon",
        &[KveBkt01, KveKey01],
        "A Redis adapter that stores bucket:key, so that a colon in either collides.",
        |seed| hooked(seed, JOINED_BY_COLON),
    ),
    Mutant::new(
        "bucket-and-key-joined-by-slash",
        &[KveBkt01, KveKey01],
        "An object-store adapter whose path is bucket/key.",
        |seed| hooked(seed, JOINED_BY_SLASH),
    ),
    Mutant::new(
        "delete-reaches-all-buckets",
        &[KveBkt01, KveKey02],
        "DELETE FROM pairs WHERE key = ?, without the bucket in the condition.",
        |seed| hooked(seed, DELETE_REACHES_ALL_BUCKETS),
    ),
    Mutant::new(
        "absent-bucket-is-created",
        &[KveBkt02],
        "A directory opened with mkdir -p, by a store that says that it creates nothing.",
        |seed| hooked(seed, CORRECT),
    )
    .declaring(fixed_buckets),
    Mutant::new(
        "absent-bucket-with-a-slash-at-its-end-is-created",
        &[KveBkt02],
        "A name that looks like a directory is created as one.",
        |seed| hooked(seed, ABSENT_DIRECTORY_IS_CREATED),
    )
    .declaring(fixed_buckets),
    Mutant::new(
        "absent-bucket-opens-the-first",
        &[KveBkt02, KveBkt01],
        "A look-up of configuration that falls back to the default entry.",
        |seed| hooked(seed, ABSENT_OPENS_THE_FIRST),
    )
    .declaring(fixed_buckets),
    Mutant::new(
        "absent-bucket-traps",
        &[KveErr01, KveBkt02],
        "buckets[name].unwrap(): a missing name is a panic.",
        |seed| hooked(seed, ABSENT_BUCKET_TRAPS),
    )
    .declaring(fixed_buckets),
    Mutant::new(
        "absent-bucket-fails-at-first-use",
        &[KveBkt02],
        "Lazy connection: opening always succeeds, and the first operation tells that there is no bucket.",
        |seed| hooked(seed, ABSENT_BUCKET_FAILS_LATE),
    )
    .declaring(fixed_buckets),
    Mutant::new(
        "second-handle-sees-nothing",
        &[KveBkt03],
        "The map lives in the handle rather than in the store.",
        |seed| hooked(seed, Hooks { read: |slot| Ok(slot.newest_of(|v| slot.is_own(v))), ..CORRECT }),
    ),
    Mutant::new(
        "handle-shows-the-snapshot-at-opening",
        &[KveBkt03, KveCon01],
        "A handle holds a read transaction open: it sees its own writes and none that came later.",
        |seed| hooked(seed, SNAPSHOT_AT_OPENING),
    ),
    Mutant::new(
        "dropping-a-handle-clears-the-bucket",
        &[KveBkt03],
        "The destructor of the handle frees the table that the handles share.",
        |seed| hooked(seed, DROP_CLEARS_BUCKET),
    ),
    Mutant::new(
        "dropping-the-last-handle-clears-the-bucket",
        &[KveBkt03],
        "A shared in-memory database (SQLite's cache=shared) goes with its last connection.",
        |seed| hooked(seed, LAST_DROP_CLEARS),
    ),
    Mutant::new(
        "dropping-a-handle-loses-its-last-write",
        &[KveBkt03, KveCon02],
        "A write buffer that is flushed by the next write, but not on closing.",
        |seed| hooked(seed, DROP_LOSES_LAST_WRITE),
    ),
    Mutant::new(
        "dropping-a-handle-closes-the-others",
        &[KveBkt03],
        "Handles share one connection, and each closes it.",
        |seed| hooked(seed, DROP_CLOSES_OTHERS),
    ),
    Mutant::new(
        "dropping-a-handle-traps",
        &[KveErr01],
        "The resource's destructor removes its entry from a table that has none.",
        |seed| hooked(seed, DROP_TRAPS),
    ),
    Mutant::new(
        "fifth-handle-closes-the-first",
        &[KveBkt04, KveErr02],
        "A ring of four entries, as declared: one handle more is given the place of the oldest.",
        |seed| hooked(seed, FIFTH_HANDLE_CLOSES),
    )
    .declaring(|| {
        let limits = Limits { max_handles: Some(4), ..Limits::default() };
        Declaration { limits, ..Declaration::default() }
    }),
    Mutant::new(
        "seventeenth-handle-fails",
        &[KveBkt04],
        "A connection pool of 16 that no declaration mentions.",
        |seed| hooked(seed, SEVENTEENTH_HANDLE_FAILS),
    ),
];

const JOINED_BY_COLON: Hooks = Hooks {
    get: |slot| Ok(slot.joined(':').newest()),
    exists: |slot| Ok(slot.joined(':').newest().is_some()),
    set: |slot, value| {
        slot.joined(':').write(Some(value));
        Ok(())
    },
    delete: |slot| {
        slot.joined(':').write(None);
        Ok(())
    },
    ..CORRECT
};

const JOINED_BY_SLASH: Hooks = Hooks {
    get: |slot| Ok(slot.joined('/').newest()),
    exists: |slot| Ok(slot.joined('/').newest().is_some()),
    set: |slot, value| {
        slot.joined('/').write(Some(value));
        Ok(())
    },
    delete: |slot| {
        slot.joined('/').write(None);
        Ok(())
    },
    ..CORRECT
};

const DELETE_REACHES_ALL_BUCKETS: Hooks = Hooks {
    delete: |slot| {
        for bucket in slot.core.bucket_names() {
            slot.core.write(&(bucket, slot.key().to_owned()), slot.handle.number, None);
        }
        Ok(())
    },
    ..CORRECT
};

const ABSENT_DIRECTORY_IS_CREATED: Hooks = Hooks {
    open: |_, name| match BUCKETS.contains(&name) || name.ends_with('/') {
        true => Ok(name.to_owned()),
        false => Err(Failure::no_such_store("no such bucket")),
    },
    ..CORRECT
};

const ABSENT_OPENS_THE_FIRST: Hooks =
    Hooks { open: |_, name| Ok(BUCKETS.iter().find(|b| **b == name).unwrap_or(&BUCKETS[0]).to_string()), ..CORRECT };

const ABSENT_BUCKET_TRAPS: Hooks = Hooks {
    open: |_, name| {
        let known = BUCKETS.contains(&name).then(|| name.to_owned());
        known.ok_or_else(|| Failure::Trap("called `Option::unwrap()` on a `None` value".into()))
    },
    ..CORRECT
};

const ABSENT_BUCKET_FAILS_LATE: Hooks = Hooks {
    read: |slot| match BUCKETS.contains(&slot.handle.bucket.as_str()) {
        true => Ok(slot.newest()),
        false => Err(Failure::no_such_store("no such bucket")),
    },
    set: |slot, value| match BUCKETS.contains(&slot.handle.bucket.as_str()) {
        true => (CORRECT.set)(slot, value),
        false => Err(Failure::no_such_store("no such bucket")),
    },
    ..CORRECT
};

const SNAPSHOT_AT_OPENING: Hooks =
    Hooks { read: |slot| Ok(slot.newest_of(|v| slot.is_own(v) || v.sequence < slot.handle.opened)), ..CORRECT };

const DROP_CLEARS_BUCKET: Hooks = Hooks {
    close: |handle| {
        for key in handle.core.present_keys(&handle.bucket) {
            handle.core.write(&(handle.bucket.clone(), key), handle.number, None);
        }
    },
    ..CORRECT
};

const LAST_DROP_CLEARS: Hooks = Hooks {
    close: |handle| {
        if handle.core.handles_open.get() == 0 {
            (DROP_CLEARS_BUCKET.close)(handle);
        }
    },
    ..CORRECT
};

const DROP_LOSES_LAST_WRITE: Hooks = Hooks {
    set: |slot, value| {
        slot.core.last.replace(Some(slot.place.clone()));
        (CORRECT.set)(slot, value)
    },
    close: |handle| {
        let Some(place) = handle.core.last.take() else { return };
        let versions = handle.core.versions(&place);
        if versions.last().is_some_and(|v| v.handle == handle.number) {
            let before = versions.iter().rev().nth(1).and_then(|v| v.value());
            handle.core.write(&place, handle.number, before);
        }
    },
    ..CORRECT
};

const DROP_CLOSES_OTHERS: Hooks = Hooks {
    open: |core, name| {
        core.count.set(0);
        Ok(name.to_owned())
    },
    close: |handle| handle.core.count.set(1),
    before: |core| match core.count.get() {
        0 => Ok(()),
        _ => Err(Failure::error("connection is closed")),
    },
    ..CORRECT
};

const DROP_TRAPS: Hooks = Hooks {
    close: |handle| {
        let fault = Failure::Trap("unknown handle index".into());
        if handle.core.handles_open.get() > 0 {
            handle.core.fault.replace(Some(fault));
        }
    },
    ..CORRECT
};

const FIFTH_HANDLE_CLOSES: Hooks = Hooks {
    open: |core, name| {
        let is_full = core.handles_open.get() >= 4;
        core.count.set(core.count.get().max(u64::from(is_full)));
        Ok(name.to_owned())
    },
    // Once there was one too many, the first of all is dead.
    read: |slot| match slot.core.count.get() > 0 && slot.handle.number == 0 {
        true => Err(Failure::error("the handle is closed")),
        false => Ok(slot.newest()),
    },
    ..CORRECT
};

const SEVENTEENTH_HANDLE_FAILS: Hooks = Hooks {
    open: |core, name| match core.handles_open.get() {
        ..16 => Ok(name.to_owned()),
        _ => Err(Failure::error("no connection is free")),
    },
    ..CORRECT
};
