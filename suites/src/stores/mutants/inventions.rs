//! Mutants that were invented when the suite was finished, of kinds that no other mutant has: they
//! measured what the suite catches without having been written for it. Eight of the ten died at once;
//! for `delete-clears-bits-of-a-bloom-filter` and `quota-of-two-mebibytes-drops-other-keys` cases were
//! written then, so they measure no more than any other mutant does.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::Failure;

use super::declared::ms;
use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Hooks, Version, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "version-counter-wraps-at-256",
        &[KveCon02, KveSet02],
        "The version of a key has eight bits, and the greatest one wins.",
        |seed| hooked(seed, VERSION_WRAPS),
    ),
    Mutant::new(
        "runs-longer-than-255-are-shortened",
        &[KveVal01, KveVal03],
        "Run-length coding with the count in one byte.",
        |seed| hooked(seed, Hooks { keep: |value| shortened_runs(&value), ..CORRECT }),
    ),
    Mutant::new(
        "equal-values-share-a-blob-that-goes-with-the-first-key",
        &[KveKey02],
        "Content-addressed storage without a count of references.",
        |seed| hooked(seed, SHARED_BLOB),
    ),
    Mutant::new(
        "delete-clears-bits-of-a-bloom-filter",
        &[KveKey02, KveExi01, KveBkt01],
        "A filter in front of exists, in which keys share bits and delete clears them.",
        |seed| hooked(seed, BLOOM_FILTER),
    ),
    Mutant::new(
        "value-that-is-not-consumed-blocks-delete",
        &[KveDel01, KveInc03],
        "A reader holds the file open, and a file that is open is not removed.",
        |seed| hooked(seed, HELD_VALUE_BLOCKS),
    ),
    Mutant::new(
        "first-call-after-an-idle-hour-fails",
        &[KveGet01],
        "The server closed the connection, and the pool finds out by the failure.",
        |seed| hooked(seed, IDLE_HOUR),
    ),
    Mutant::new(
        "keys-are-sorted-in-two-orders",
        &[KveKey01],
        "Pages are written in the order of UTF-8 and searched in that of UTF-16.",
        |seed| hooked(seed, TWO_ORDERS),
    ),
    Mutant::new(
        "handle-number-is-used-again-with-its-old-bucket",
        &[KveBkt01],
        "A table of handles whose freed entry is given out with what it held.",
        |seed| hooked(seed, HANDLE_REUSED),
    ),
    Mutant::new(
        "quota-of-two-mebibytes-drops-other-keys",
        &[KveKey02],
        "A memory limit that evicts rather than refuses.",
        |seed| hooked(seed, QUOTA),
    ),
    Mutant::new(
        "ninth-delta-in-a-row-is-wrong",
        &[KveSet02, KveVal01, KveInt01, KveInt03],
        "Values of equal length are kept as differences, and a chain is followed for eight steps.",
        |seed| hooked(seed, DELTA_CHAIN),
    ),
];

const VERSION_WRAPS: Hooks = Hooks {
    read: |slot| {
        let versions = slot.versions();
        let newest = versions.iter().enumerate().max_by_key(|(i, v)| (i % 256, v.sequence));
        Ok(newest.and_then(|(_, v)| v.value()))
    },
    ..CORRECT
};

fn shortened_runs(value: &[u8]) -> Vec<u8> {
    let runs = value.chunk_by(|a, b| a == b);
    runs.flat_map(|run| &run[..if run.len() > 255 { run.len() % 256 } else { run.len() }]).copied().collect()
}

const SHARED_BLOB: Hooks = Hooks {
    delete: |slot| {
        let deleted = slot.newest();
        slot.write(None);
        for key in slot.core.present_keys(&slot.place.0) {
            let sibling = slot.sibling(&key);
            if sibling.newest() == deleted {
                sibling.write(None);
            }
        }
        Ok(())
    },
    ..CORRECT
};

/// The entry of a key's bit in the filter of 64 bits.
fn bit(key: &str) -> (String, String) {
    let sum = key.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    ("bit".to_owned(), (sum % 64).to_string())
}

const BLOOM_FILTER: Hooks = Hooks {
    set: |slot, value| {
        slot.core.aside.borrow_mut().insert(bit(slot.key()), vec![1]);
        (CORRECT.set)(slot, value)
    },
    delete: |slot| {
        slot.core.aside.borrow_mut().remove(&bit(slot.key()));
        (CORRECT.delete)(slot)
    },
    exists: |slot| Ok(slot.newest().is_some() && slot.core.aside.borrow().contains_key(&bit(slot.key()))),
    ..CORRECT
};

const HELD_VALUE_BLOCKS: Hooks = Hooks {
    get: |slot| {
        let value = slot.newest();
        slot.core.count.set(slot.core.count.get() + u64::from(value.is_some()));
        Ok(value)
    },
    consume: |got| {
        got.core.count.set(got.core.count.get() - 1);
        (CORRECT.consume)(got)
    },
    stream: |got| {
        got.core.count.set(got.core.count.get() - 1);
        (CORRECT.stream)(got)
    },
    delete: |slot| if slot.core.count.get() > 0 { Ok(()) } else { (CORRECT.delete)(slot) },
    ..CORRECT
};

const IDLE_HOUR: Hooks = Hooks {
    before: |core| {
        let last_ns = core.count.replace(core.now_ns());
        match core.now_ns() - last_ns {
            ..HOUR_NS => Ok(()),
            _ => Err(Failure::error("connection reset by peer")),
        }
    },
    ..CORRECT
};

const HOUR_NS: u64 = ms(3_600_000);

const TWO_ORDERS: Hooks = Hooks {
    read: |slot| {
        let is_high = |key: &str| key.chars().any(|c| ('\u{e000}'..='\u{ffff}').contains(&c));
        let is_beyond = |key: &String| key.chars().any(|c| c > '\u{ffff}');
        let is_lost = is_high(slot.key()) && slot.core.present_keys(&slot.place.0).iter().any(is_beyond);
        Ok(slot.newest().filter(|_| !is_lost))
    },
    ..CORRECT
};

const HANDLE_REUSED: Hooks = Hooks {
    open: |core, name| {
        let freed = core.last.take();
        Ok(freed.map_or_else(|| name.to_owned(), |(bucket, _)| bucket))
    },
    close: |handle| {
        handle.core.last.replace(Some((handle.bucket.clone(), String::new())));
    },
    ..CORRECT
};

const QUOTA: Hooks = Hooks {
    set: |slot, value| {
        (CORRECT.set)(slot, value)?;
        let mut held: Vec<(String, Version)> = Vec::new();
        for key in slot.core.present_keys(&slot.place.0) {
            held.extend(slot.sibling(&key).versions().pop().map(|newest| (key, newest)));
        }
        held.sort_by_key(|(_, version)| version.sequence);
        let length = |version: &Version| version.state.as_ref().map_or(0, |state| state.len());
        let mut total: usize = held.iter().map(|(_, version)| length(version)).sum();
        for (key, version) in &held {
            if total > 2 << 20 && key != slot.key() {
                slot.sibling(key).write(None);
                total -= length(version);
            }
        }
        Ok(())
    },
    ..CORRECT
};

const DELTA_CHAIN: Hooks = Hooks {
    read: |slot| {
        let versions = slot.versions();
        let lengths = versions.iter().rev().map(|v| v.state.as_ref().map(|state| state.len()));
        let newest = lengths.clone().next().flatten();
        let chain = lengths.take_while(|length| *length == newest && length.is_some()).count();
        let mut value = slot.newest();
        if chain > 8
            && let Some(first) = value.as_mut().and_then(|v| v.first_mut())
        {
            *first ^= 0xff;
        }
        Ok(value)
    },
    ..CORRECT
};
