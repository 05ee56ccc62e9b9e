//! Mutants that take two keys for one, change a key, or touch other keys than the one they should.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::{Failure, Result};

use super::declared::{KEY_BYTES_MAX, LIMITED, limited};
use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Hooks, Slot, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "keys-are-trimmed",
        &[KveKey01],
        "A form field, a header or a CHAR column: blanks at either end go.",
        |seed| hooked(seed, Hooks { key: |key| Ok(key.trim().into()), ..CORRECT }),
    ),
    Mutant::new(
        "keys-ignore-case",
        &[KveKey01],
        "A file per key on a file system that ignores case, or a collation that does.",
        |seed| hooked(seed, Hooks { key: |key| Ok(key.to_lowercase()), ..CORRECT }),
    ),
    Mutant::new(
        "keys-are-composed",
        &[KveKey01],
        "A file system or client that normalises names to NFC: e and a combining acute become one.",
        |seed| hooked(seed, Hooks { key: |key| Ok(composed(key)), ..CORRECT }),
    ),
    Mutant::new(
        "keys-ignore-accents",
        &[KveKey01],
        "A collation for people, such as utf8mb4_0900_ai_ci: accents do not count.",
        |seed| hooked(seed, Hooks { key: |key| Ok(without_accents(key)), ..CORRECT }),
    ),
    Mutant::new(
        "keys-are-cut-at-255-bytes",
        &[KveKey01, KveKey03],
        "VARCHAR(255) in a database that cuts silently.",
        |seed| hooked(seed, Hooks { key: |key| Ok(prefix(key, 255)), ..CORRECT }),
    ),
    Mutant::new(
        "keys-are-cut-at-32-bytes",
        &[KveKey01, KveKey03],
        "A fixed field for the key in the record.",
        |seed| hooked(seed, Hooks { key: |key| Ok(prefix(key, 32)), ..CORRECT }),
    ),
    Mutant::new("keys-end-at-nul", &[KveKey01], "A C API that takes the key as a zero-terminated string.", |seed| {
        hooked(seed, Hooks { key: |key| Ok(key.split('\0').next().unwrap_or_default().into()), ..CORRECT })
    }),
    Mutant::new(
        "keys-that-look-like-numbers-are-numbers",
        &[KveKey01],
        "Array keys in PHP, or a column with numeric affinity: \"01\" is \"1\".",
        |seed| {
            hooked(seed, Hooks { key: |key| Ok(key.parse::<i64>().map_or(key.into(), |n| n.to_string())), ..CORRECT })
        },
    ),
    Mutant::new(
        "keys-outside-the-basic-plane-become-question-marks",
        &[KveKey01],
        "A three-byte UTF-8 column (utf8mb3): every emoji is a question mark.",
        |seed| hooked(seed, Hooks { key: |key| Ok(key.replace(|c: char| c as u32 > 0xffff, "?")), ..CORRECT }),
    ),
    Mutant::new(
        "keys-are-clean-paths",
        &[KveKey01],
        "A file per key, with the path cleaned: a//b, a/./b and a/b are one.",
        |seed| hooked(seed, Hooks { key: |key| Ok(clean_path(key)), ..CORRECT }),
    ),
    Mutant::new(
        "keys-are-percent-decoded",
        &[KveKey01],
        "A REST adapter that does not encode the key, before a server that decodes it.",
        |seed| hooked(seed, Hooks { key: |key| Ok(percent_decoded(key)), ..CORRECT }),
    ),
    Mutant::new(
        "keys-with-equal-hash-are-one",
        &[KveKey01],
        "The row is named by the key's 31-polynomial hash: \"Aa\" and \"BB\" collide.",
        |seed| hooked(seed, Hooks { key: |key| Ok(format!("{:08x}", java_hash(key))), ..CORRECT }),
    ),
    Mutant::new(
        "keys-share-4096-buckets-of-a-table",
        &[KveKey01],
        "An open hash table without comparison of keys: right until it is full enough.",
        |seed| hooked(seed, Hooks { key: |key| Ok(format!("{}", java_hash(key) % 4096)), ..CORRECT }),
    ),
    Mutant::new("empty-key-traps", &[KveErr01, KveKey01], "key.as_bytes()[0] chooses the shard.", |seed| {
        hooked(seed, EMPTY_KEY_TRAPS)
    }),
    Mutant::new(
        "long-key-traps",
        &[KveErr01, KveKey01],
        "The key is copied to a buffer of 256 bytes on the stack.",
        |seed| hooked(seed, LONG_KEY_TRAPS),
    ),
    Mutant::new(
        "quote-in-key-is-a-syntax-error",
        &[KveKey01],
        "SQL text that is put together by concatenation.",
        |seed| hooked(seed, QUOTE_IS_SYNTAX_ERROR),
    ),
    Mutant::new(
        "dot-files-are-hidden",
        &[KveKey01],
        "A file per key, found again by a listing that leaves out names that begin with a dot.",
        |seed| {
            hooked(seed, Hooks { read: |slot| Ok(slot.newest().filter(|_| !slot.key().starts_with('.'))), ..CORRECT })
        },
    ),
    Mutant::new(
        "over-long-key-is-cut",
        &[KveKey03, KveKey01],
        "The limit is declared, and enforced by cutting.",
        |seed| hooked(seed, Hooks { key: |key| Ok(prefix(key, KEY_BYTES_MAX)), ..LIMITED }),
    )
    .declaring(limited),
    Mutant::new(
        "over-long-key-is-refused-by-set-alone",
        &[KveKey03],
        "set validates its key; get, exists and delete take any.",
        |seed| hooked(seed, REFUSED_BY_SET_ALONE),
    )
    .declaring(limited),
    Mutant::new(
        "over-long-key-is-lost-without-a-word",
        &[KveKey03],
        "memcached without a look at the reply: the line was too long.",
        |seed| hooked(seed, OVER_LONG_KEY_IS_LOST),
    )
    .declaring(limited),
    Mutant::new("key-of-the-greatest-length-is-refused", &[KveKey03], "Less where less or equal was meant.", |seed| {
        hooked(seed, GREATEST_KEY_IS_REFUSED)
    })
    .declaring(limited),
];

pub(super) const MUTANTS_OF_OTHER_KEYS: &[Mutant] = &[
    Mutant::new(
        "delete-clears-by-prefix",
        &[KveKey02],
        "delete of a directory, or a range deletion whose end is off.",
        |seed| hooked(seed, Hooks { delete: |slot| delete_all(slot, |key| key.starts_with(slot.key())), ..CORRECT }),
    ),
    Mutant::new(
        "delete-takes-globs",
        &[KveKey02, KveKey01],
        "The key is put into a KEYS pattern or a LIKE: stars and question marks match.",
        |seed| hooked(seed, Hooks { delete: |slot| delete_all(slot, |key| matches_glob(slot.key(), key)), ..CORRECT }),
    ),
    Mutant::new("delete-clears-the-bucket", &[KveKey02], "FLUSHDB, or a DELETE whose condition was lost.", |seed| {
        hooked(seed, Hooks { delete: |slot| delete_all(slot, |_| true), ..CORRECT })
    }),
    Mutant::new(
        "delete-moves-the-last-entry-wrongly",
        &[KveKey02],
        "swap_remove: the last entry takes the deleted one's place, and the index still names the old one.",
        |seed| hooked(seed, DELETE_MOVES_LAST),
    ),
    Mutant::new(
        "seventeenth-key-evicts-the-oldest",
        &[KveKey02, KveCon02],
        "A cache with a capacity, taken for a store.",
        |seed| hooked(seed, EVICTS_OLDEST),
    ),
    Mutant::new(
        "growing-loses-a-key",
        &[KveKey02, KveCon02],
        "Growing at a power of two moves all entries but the first.",
        |seed| hooked(seed, GROWING_LOSES_A_KEY),
    ),
    Mutant::new(
        "set-shows-under-the-neighbour-too",
        &[KveKey02, KveInt03],
        "A page split that leaves the next entry pointing to the new value.",
        |seed| hooked(seed, SET_SHOWS_UNDER_NEIGHBOUR),
    ),
];

/// The longest prefix of at most so many bytes.
fn prefix(key: &str, bytes_max: usize) -> String {
    key[..key.floor_char_boundary(bytes_max)].to_owned()
}

/// The letters that take part in normal forms here: base, combining mark, composed.
const COMPOSED: [(char, char, char); 10] = [
    ('a', '\u{301}', 'á'),
    ('e', '\u{301}', 'é'),
    ('i', '\u{301}', 'í'),
    ('o', '\u{301}', 'ó'),
    ('u', '\u{301}', 'ú'),
    ('a', '\u{308}', 'ä'),
    ('o', '\u{308}', 'ö'),
    ('u', '\u{308}', 'ü'),
    ('A', '\u{30a}', 'Å'),
    ('n', '\u{303}', 'ñ'),
];

fn composed(key: &str) -> String {
    let mut out = String::new();
    for c in key.chars() {
        let pair = COMPOSED.iter().find(|(base, mark, _)| *mark == c && out.ends_with(*base));
        match (pair, c) {
            (Some((_, _, composed)), _) => {
                out.pop();
                out.push(*composed);
            }
            (None, '\u{212b}') => out.push('Å'),
            (None, _) => out.push(c),
        }
    }
    out
}

fn without_accents(key: &str) -> String {
    let base = |c: char| COMPOSED.iter().find(|(_, _, composed)| *composed == c).map_or(c, |(base, _, _)| *base);
    composed(key).chars().map(base).collect()
}

fn clean_path(key: &str) -> String {
    let parts: Vec<&str> = key.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() { key.to_owned() } else { parts.join("/") }
}

fn percent_decoded(key: &str) -> String {
    let mut parts = key.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(u8::is_ascii) {
            Some(byte) => out.extend([char::from(byte).to_string().as_str(), &part[2..]]),
            None => out.extend(["%", part]),
        }
    }
    out
}

fn java_hash(key: &str) -> u32 {
    key.encode_utf16().fold(0, |hash: u32, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)))
}

const EMPTY_KEY_TRAPS: Hooks = Hooks {
    key: |key| match key.is_empty() {
        true => Err(Failure::Trap("index out of bounds: the len is 0 but the index is 0".into())),
        false => Ok(key.into()),
    },
    ..CORRECT
};

const LONG_KEY_TRAPS: Hooks = Hooks {
    key: |key| match key.len() {
        ..=256 => Ok(key.into()),
        _ => Err(Failure::Trap("out of bounds memory access".into())),
    },
    ..CORRECT
};

const QUOTE_IS_SYNTAX_ERROR: Hooks = Hooks {
    key: |key| match key.contains('\'') {
        true => Err(Failure::error("near \"'\": syntax error")),
        false => Ok(key.into()),
    },
    ..CORRECT
};

fn too_long<T>() -> Result<T> {
    Err(Failure::error("the key is too long"))
}

const REFUSED_BY_SET_ALONE: Hooks = Hooks {
    key: CORRECT.key,
    set: |slot, value| if slot.key().len() > KEY_BYTES_MAX { too_long() } else { (LIMITED.set)(slot, value) },
    ..LIMITED
};

const OVER_LONG_KEY_IS_LOST: Hooks = Hooks {
    key: CORRECT.key,
    set: |slot, value| if slot.key().len() > KEY_BYTES_MAX { Ok(()) } else { (LIMITED.set)(slot, value) },
    ..LIMITED
};

const GREATEST_KEY_IS_REFUSED: Hooks =
    Hooks { key: |key| if key.len() < KEY_BYTES_MAX { Ok(key.into()) } else { too_long() }, ..LIMITED };

fn delete_all(slot: &Slot<'_>, goes: impl Fn(&str) -> bool) -> Result<()> {
    for key in slot.core.present_keys(&slot.place.0).iter().filter(|key| goes(key)) {
        slot.sibling(key).write(None);
    }
    Ok(())
}

/// Whether `key` matches a pattern of `*`, `?` and other characters.
fn matches_glob(pattern: &str, key: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => key.is_empty(),
        Some('*') => (0..=key.len()).any(|at| key.is_char_boundary(at) && matches_glob(rest.as_str(), &key[at..])),
        Some(wanted) => {
            let mut key = key.chars();
            key.next().is_some_and(|c| (wanted == '?' || wanted == c) && matches_glob(rest.as_str(), key.as_str()))
        }
    }
}

const DELETE_MOVES_LAST: Hooks = Hooks {
    delete: |slot| {
        let keys = slot.core.present_keys(&slot.place.0);
        let was_present = slot.newest().is_some();
        slot.write(None);
        match keys.last() {
            Some(last) if was_present && last != slot.key() => slot.sibling(last).write(None),
            _ => {}
        }
        Ok(())
    },
    ..CORRECT
};

const EVICTS_OLDEST: Hooks = Hooks {
    set: |slot, value| {
        slot.write(Some(value));
        let keys = slot.core.present_keys(&slot.place.0);
        let age = |key: &&String| slot.sibling(key).versions().last().map_or(0, |v| v.sequence);
        if keys.len() > 16
            && let Some(oldest) = keys.iter().min_by_key(age)
        {
            slot.sibling(oldest).write(None);
        }
        Ok(())
    },
    ..CORRECT
};

const GROWING_LOSES_A_KEY: Hooks = Hooks {
    set: |slot, value| {
        let is_new = slot.newest().is_none();
        slot.write(Some(value));
        // The table grows when its 64th, 128th, ... entry comes.
        if is_new && slot.core.every(64) {
            let keys = slot.core.present_keys(&slot.place.0);
            slot.sibling(&keys[0]).write(None);
        }
        Ok(())
    },
    ..CORRECT
};

const SET_SHOWS_UNDER_NEIGHBOUR: Hooks = Hooks {
    set: |slot, value| {
        let keys = slot.core.present_keys(&slot.place.0);
        if let Some(next) = keys.iter().find(|key| key.as_str() > slot.key()) {
            slot.sibling(next).write(Some(value.clone()));
        }
        (CORRECT.set)(slot, value)
    },
    ..CORRECT
};
