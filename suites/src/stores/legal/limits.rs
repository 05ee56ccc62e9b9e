//! Stores that can do less than most, and say so.

use kvspec_reference::interface::{Failure, Result};

use super::unusual::Unusual;
use crate::declaration::{Capabilities, Declaration, KeyCharacters, Limits};
use crate::stores::hooked::{CORRECT, Form, Hooks, hooked};

/// The buckets that exist where opening creates none.
const BUCKETS: [&str; 2] = ["left", "right"];
/// The limits of the store with tiny ones, in bytes.
const KEY_BYTES_MAX: usize = 24;
const VALUE_BYTES_MAX: usize = 40;
/// How many handles and pairs stores have that have few.
const HANDLES_MAX: usize = 4;
const KEYS_MAX: usize = 5;

pub(super) const STORES: &[Unusual] = &[
    Unusual::new(
        "declared-buckets-only",
        "Two buckets exist, opening creates none.",
        || {
            with_capabilities(Capabilities {
                creates_buckets: false,
                buckets: BUCKETS.map(Into::into).into(),
                ..full()
            })
        },
        |seed| hooked(seed, Hooks { open: |_, name| declared_bucket(name), ..CORRECT }),
    ),
    Unusual::new(
        "one-declared-bucket-of-our-own-name",
        "Opening creates buckets, and the one that is declared has a name that the suite would make up.",
        || with_capabilities(Capabilities { buckets: vec!["bucket-b".into()], ..full() }),
        |seed| hooked(seed, CORRECT),
    ),
    Unusual::new(
        "tiny-limits",
        "Keys of at most 24 bytes, values of at most 40; what is longer is an error in every operation.",
        || {
            let (max_key_bytes, max_value_bytes) = (Some(KEY_BYTES_MAX), Some(VALUE_BYTES_MAX));
            with_limits(Limits { max_key_bytes, max_value_bytes, ..Limits::default() })
        },
        |seed| hooked(seed, TINY),
    ),
    Unusual::new(
        "portable-keys-only",
        "Keys of letters, digits and a few marks; any other is an error in every operation.",
        || with_limits(Limits { key_characters: KeyCharacters::Portable, ..Limits::default() }),
        |seed| hooked(seed, Hooks { key: |key| allowed(KeyCharacters::Portable, key), ..CORRECT }),
    ),
    Unusual::new(
        "printable-keys-only",
        "Keys of printable ASCII; any other is an error in every operation.",
        || with_limits(Limits { key_characters: KeyCharacters::PrintableAscii, ..Limits::default() }),
        |seed| hooked(seed, Hooks { key: |key| allowed(KeyCharacters::PrintableAscii, key), ..CORRECT }),
    ),
    Unusual::new(
        "no-empty-key",
        "The empty key is an error in every operation.",
        || with_limits(Limits { key_characters: KeyCharacters::NonEmpty, ..Limits::default() }),
        |seed| hooked(seed, Hooks { key: |key| allowed(KeyCharacters::NonEmpty, key), ..CORRECT }),
    ),
    Unusual::new(
        "one-bucket-at-a-time",
        "A second bucket of another name is an error.",
        || with_limits(Limits { max_buckets: Some(1), ..Limits::default() }),
        |seed| hooked(seed, ONE_BUCKET),
    ),
    Unusual::new(
        "bucket-names-ignore-case",
        "Names that differ in case open one bucket: the spec does not say what identifies a bucket.",
        Declaration::default,
        |seed| hooked(seed, Hooks { open: |_, name| Ok(name.to_lowercase()), ..CORRECT }),
    ),
    Unusual::new(
        "bucket-names-become-portable",
        "A name is made fit for a file: every other character becomes an underscore, so some names are one.",
        Declaration::default,
        |seed| hooked(seed, Hooks { open: |_, name| Ok(portable(name)), ..CORRECT }),
    ),
    Unusual::new(
        "bucket-names-cut-at-63",
        "Of a name only the first 63 characters count.",
        Declaration::default,
        |seed| hooked(seed, Hooks { open: |_, name| Ok(name.chars().take(63).collect()), ..CORRECT }),
    ),
    Unusual::new(
        "few-handles",
        "At most four handles are open at once.",
        || with_limits(Limits { max_handles: Some(HANDLES_MAX), ..Limits::default() }),
        |seed| hooked(seed, FEW_HANDLES),
    ),
    Unusual::new(
        "few-keys",
        "A bucket holds at most five pairs at once.",
        || with_limits(Limits { max_keys: Some(KEYS_MAX), ..Limits::default() }),
        |seed| hooked(seed, FEW_KEYS),
    ),
    Unusual::new(
        "size-not-known",
        "incoming-value-size is an error: values are stored without their length.",
        || with_capabilities(Capabilities { size_known: false, ..full() }),
        |seed| hooked(seed, Hooks { size: |_| Err(Failure::error("the size is not known")), ..CORRECT }),
    ),
    Unusual::new(
        "no-streaming",
        "write-body-async and consume-async are errors.",
        || with_capabilities(Capabilities { streaming: false, ..full() }),
        |seed| hooked(seed, NO_STREAMING),
    ),
    Unusual::new(
        "streams-of-one-byte",
        "A stream gives one byte a read, however many are asked for.",
        Declaration::default,
        |seed| hooked(seed, Hooks { pull: |source, limit| source.take(limit.min(1)), ..CORRECT }),
    ),
    Unusual::new(
        "streams-of-uneven-parts",
        "A stream gives fewer bytes than asked for, now more, now less.",
        Declaration::default,
        |seed| {
            hooked(
                seed,
                Hooks { pull: |source, limit| source.take(limit.min(source.reads * 7 % 5_000 + 1)), ..CORRECT },
            )
        },
    ),
    Unusual::new(
        "second-body-is-refused",
        "An outgoing-value takes one body: the spec does not say what a second one means.",
        Declaration::default,
        |seed| hooked(seed, SECOND_BODY_REFUSED),
    ),
    Unusual::new(
        "value-without-body-is-refused",
        "set of an outgoing-value without a body is an error: the spec does not say what it means.",
        Declaration::default,
        |seed| hooked(seed, NO_BODY_REFUSED),
    ),
    Unusual::new(
        "errors-of-hostile-text",
        "The trace of an error has control characters, line ends and bidirectional marks in it.",
        || with_limits(Limits { max_value_bytes: Some(VALUE_BYTES_MAX), ..Limits::default() }),
        |seed| hooked(seed, HOSTILE_TEXT),
    ),
];

fn full() -> Capabilities {
    Capabilities::default()
}

fn with_capabilities(capabilities: Capabilities) -> Declaration {
    Declaration { capabilities, ..Declaration::default() }
}

fn with_limits(limits: Limits) -> Declaration {
    Declaration { limits, ..Declaration::default() }
}

fn portable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn declared_bucket(name: &str) -> Result<String> {
    let known = BUCKETS.contains(&name).then(|| name.to_owned());
    known.ok_or_else(|| Failure::no_such_store("no bucket of this name"))
}

fn allowed(characters: KeyCharacters, key: &str) -> Result<String> {
    let allowed = characters.allow(key).then(|| key.to_owned());
    allowed.ok_or_else(|| Failure::error("the key has a character that cannot be kept"))
}

const TINY: Hooks = Hooks {
    key: |key| match key.len() {
        ..=KEY_BYTES_MAX => Ok(key.to_owned()),
        _ => Err(Failure::error("a key has at most 24 bytes")),
    },
    set: |slot, value| match value.len() {
        ..=VALUE_BYTES_MAX => (CORRECT.set)(slot, value),
        _ => Err(Failure::error("a value has at most 40 bytes")),
    },
    ..CORRECT
};

const ONE_BUCKET: Hooks = Hooks {
    open: |core, name| {
        let mut only = core.last.borrow_mut();
        let only = only.get_or_insert_with(|| (name.to_owned(), String::new()));
        if only.0 == name { Ok(name.to_owned()) } else { Err(Failure::error("there is room for one bucket")) }
    },
    ..CORRECT
};

const FEW_HANDLES: Hooks = Hooks {
    open: |core, name| match core.handles_open.get() as usize {
        ..HANDLES_MAX => Ok(name.to_owned()),
        _ => Err(Failure::error("no handle is free")),
    },
    ..CORRECT
};

const FEW_KEYS: Hooks = Hooks {
    set: |slot, value| {
        let is_full = slot.core.present_keys(&slot.place.0).len() >= KEYS_MAX;
        if slot.newest().is_none() && is_full {
            return Err(Failure::error("the bucket is full"));
        }
        (CORRECT.set)(slot, value)
    },
    ..CORRECT
};

const NO_STREAMING: Hooks = Hooks {
    stream_body: |_| Err(Failure::error("streams are not offered")),
    stream: |_| Err(Failure::error("streams are not offered")),
    ..CORRECT
};

const SECOND_BODY_REFUSED: Hooks = Hooks {
    write_body: |body, bytes| match body.form.get() {
        Form::None => (CORRECT.write_body)(body, bytes),
        _ => Err(Failure::error("the body was written")),
    },
    stream_body: |body| match body.form.get() {
        Form::None => Ok(()),
        _ => Err(Failure::error("the body was written")),
    },
    ..CORRECT
};

const NO_BODY_REFUSED: Hooks = Hooks {
    set_body: |slot, body| match body.form.get() {
        Form::None => Err(Failure::error("there is no body")),
        _ => (CORRECT.set_body)(slot, body),
    },
    ..CORRECT
};

const HOSTILE_TEXT: Hooks = Hooks {
    set: |slot, value| match value.len() {
        ..=VALUE_BYTES_MAX => (CORRECT.set)(slot, value),
        _ => Err(Failure::error("\u{1b}[2J\u{202e}\r\n\0\u{7}ok")),
    },
    ..CORRECT
};
