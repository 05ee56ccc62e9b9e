//! Mutants of `delete`.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::Failure;

use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Hooks, Slot, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "delete-leaves-empty-value",
        &[KveDel01],
        "A backend without deletion, whose adapter writes the empty value in its place.",
        |seed| hooked(seed, DELETE_LEAVES_EMPTY),
    ),
    Mutant::new(
        "delete-does-nothing",
        &[KveDel01],
        "An append-only backend, or a transaction that is never committed.",
        |seed| hooked(seed, Hooks { delete: |_| Ok(()), ..CORRECT }),
    ),
    Mutant::new(
        "exists-counts-tombstones",
        &[KveDel01, KveExi02],
        "exists asks the index, where a deleted key keeps its entry until compaction.",
        |seed| hooked(seed, Hooks { exists: |slot| Ok(!slot.versions().is_empty()), ..CORRECT }),
    ),
    Mutant::new(
        "get-after-delete-comes-from-the-cache",
        &[KveDel01],
        "A read cache that set refreshes and delete does not.",
        |seed| hooked(seed, GET_FROM_CACHE),
    ),
    Mutant::new(
        "delete-uncovers-the-value-before",
        &[KveDel01],
        "A log-structured store that removes the newest entry and writes no tombstone.",
        |seed| hooked(seed, DELETE_UNCOVERS),
    ),
    Mutant::new(
        "empty-value-cannot-be-deleted",
        &[KveDel01, KveVal02],
        "delete looks whether there is something to delete, by the length of the value.",
        |seed| hooked(seed, EMPTY_CANNOT_BE_DELETED),
    ),
    Mutant::new(
        "delete-of-absent-is-an-error",
        &[KveDel02],
        "unlink gives ENOENT, and the adapter passes it on.",
        |seed| hooked(seed, DELETE_OF_ABSENT_IS_ERROR),
    ),
    Mutant::new(
        "delete-of-absent-traps",
        &[KveErr01, KveDel02],
        "map.remove(key).expect: a missing key is a panic.",
        |seed| hooked(seed, DELETE_OF_ABSENT_TRAPS),
    ),
    Mutant::new(
        "second-delete-is-an-error",
        &[KveDel02],
        "A tombstone cannot be deleted: the first delete of a key is fine, the next is a conflict.",
        |seed| hooked(seed, SECOND_DELETE_IS_ERROR),
    ),
    Mutant::new(
        "third-delete-in-a-row-is-an-error",
        &[KveDel02],
        "A tombstone can be replaced once, by the one of anti-entropy.",
        |seed| hooked(seed, THIRD_DELETE_IS_ERROR),
    ),
    Mutant::new(
        "delete-of-absent-creates-the-key",
        &[KveDel02, KveInt01],
        "A tombstone that is written as an empty value when there is nothing to replace.",
        |seed| hooked(seed, DELETE_OF_ABSENT_CREATES),
    ),
    Mutant::new(
        "delete-of-absent-deletes-the-next-key",
        &[KveDel02, KveKey02],
        "seek goes to the first key that is not smaller, and the adapter does not compare.",
        |seed| hooked(seed, DELETE_OF_ABSENT_DELETES_NEXT),
    ),
    Mutant::new("deleted-key-stays-dead", &[KveDel03], "A tombstone that wins over every later write.", |seed| {
        hooked(seed, DELETED_STAYS_DEAD)
    }),
    Mutant::new(
        "key-that-was-deleted-64-times-stays-dead",
        &[KveDel03],
        "The generation of a key has six bits.",
        |seed| hooked(seed, GENERATION_OVERFLOWS),
    ),
    Mutant::new(
        "set-after-delete-is-an-error",
        &[KveDel03],
        "Optimistic locking: the revision of the deleted key does not fit.",
        |seed| hooked(seed, SET_AFTER_DELETE_IS_ERROR),
    ),
    Mutant::new(
        "set-after-delete-restores-the-old-value",
        &[KveDel03],
        "Soft deletion: set clears the flag and takes that for all there is to do.",
        |seed| hooked(seed, SET_AFTER_DELETE_RESTORES),
    ),
    Mutant::new(
        "set-of-the-same-value-after-delete-is-ignored",
        &[KveDel03],
        "Deduplication remembers the hash of the last value of the key, and delete does not clear it.",
        |seed| hooked(seed, SAME_VALUE_IGNORED_AFTER_DELETE),
    ),
];

/// Whether the key is absent because it was deleted.
fn is_deleted(slot: &Slot<'_>) -> bool {
    slot.versions().last().is_some_and(|v| v.state.is_none())
}

/// The last value that was not absence.
fn last_value(slot: &Slot<'_>) -> Option<Vec<u8>> {
    slot.newest_of(|v| v.state.is_some())
}

const DELETE_LEAVES_EMPTY: Hooks = Hooks {
    delete: |slot| {
        slot.write(Some(vec![]));
        Ok(())
    },
    ..CORRECT
};

const GET_FROM_CACHE: Hooks = Hooks {
    get: |slot| {
        // Only a read fills the cache.
        match slot.newest() {
            Some(value) => {
                slot.put_aside(&value);
                Ok(Some(value))
            }
            None => Ok(slot.aside()),
        }
    },
    ..CORRECT
};

const DELETE_UNCOVERS: Hooks = Hooks {
    delete: |slot| {
        slot.write(slot.previous());
        Ok(())
    },
    ..CORRECT
};

const EMPTY_CANNOT_BE_DELETED: Hooks = Hooks {
    delete: |slot| {
        if slot.newest().is_some_and(|v| !v.is_empty()) {
            slot.write(None);
        }
        Ok(())
    },
    ..CORRECT
};

const DELETE_OF_ABSENT_IS_ERROR: Hooks = Hooks {
    delete: |slot| match slot.newest() {
        Some(_) => (CORRECT.delete)(slot),
        None => Err(Failure::error("No such file or directory (os error 2)")),
    },
    ..CORRECT
};

const DELETE_OF_ABSENT_TRAPS: Hooks = Hooks {
    delete: |slot| match slot.newest() {
        Some(_) => (CORRECT.delete)(slot),
        None => Err(Failure::Trap("key is in the map".into())),
    },
    ..CORRECT
};

const SECOND_DELETE_IS_ERROR: Hooks = Hooks {
    delete: |slot| match is_deleted(slot) {
        true => Err(Failure::error("conflict: the key is deleted")),
        false => (CORRECT.delete)(slot),
    },
    ..CORRECT
};

const THIRD_DELETE_IS_ERROR: Hooks = Hooks {
    delete: |slot| match slot.versions().iter().rev().take_while(|v| v.state.is_none()).count() {
        ..2 => (CORRECT.delete)(slot),
        _ => Err(Failure::error("conflict: the key is deleted")),
    },
    ..CORRECT
};

const DELETE_OF_ABSENT_CREATES: Hooks = Hooks {
    delete: |slot| {
        let tombstone = slot.newest().is_none().then(Vec::new);
        slot.write(tombstone);
        Ok(())
    },
    ..CORRECT
};

const DELETE_OF_ABSENT_DELETES_NEXT: Hooks = Hooks {
    delete: |slot| {
        let keys = slot.core.present_keys(&slot.place.0);
        if let Some(key) = keys.iter().find(|key| key.as_str() >= slot.key()) {
            slot.sibling(key).write(None);
        }
        Ok(())
    },
    ..CORRECT
};

const DELETED_STAYS_DEAD: Hooks = Hooks {
    set: |slot, value| match is_deleted(slot) {
        true => Ok(()),
        false => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const GENERATION_OVERFLOWS: Hooks = Hooks {
    set: |slot, value| {
        let deletes = slot.versions().iter().filter(|v| v.state.is_none()).count();
        if deletes < 64 { (CORRECT.set)(slot, value) } else { Ok(()) }
    },
    ..CORRECT
};

const SET_AFTER_DELETE_IS_ERROR: Hooks = Hooks {
    set: |slot, value| match is_deleted(slot) {
        true => Err(Failure::error("wrong last sequence: 2")),
        false => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const SET_AFTER_DELETE_RESTORES: Hooks = Hooks {
    set: |slot, value| {
        let old = last_value(slot).filter(|_| is_deleted(slot));
        (CORRECT.set)(slot, old.unwrap_or(value))
    },
    ..CORRECT
};

const SAME_VALUE_IGNORED_AFTER_DELETE: Hooks = Hooks {
    set: |slot, value| match last_value(slot) {
        Some(last) if last == value => Ok(()),
        _ => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};
