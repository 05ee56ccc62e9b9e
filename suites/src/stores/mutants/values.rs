//! Mutants that do not keep a value as it is.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::Failure;

use super::declared::{LIMITED, VALUE_BYTES_MAX, limited};
use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Hooks, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new("values-end-at-nul", &[KveVal01], "A C API that measures values with strlen.", |seed| {
        hooked(seed, keeping(|v| v.split(|b| *b == 0).next().unwrap_or_default().to_vec()))
    }),
    Mutant::new(
        "values-are-lossy-utf-8",
        &[KveVal01],
        "The value goes through a string: what is no UTF-8 becomes the replacement character.",
        |seed| hooked(seed, keeping(|v| String::from_utf8_lossy(&v).into_owned().into_bytes())),
    ),
    Mutant::new("values-that-are-no-utf-8-are-refused", &[KveVal01], "A TEXT column.", |seed| {
        hooked(seed, BINARY_IS_REFUSED)
    }),
    Mutant::new(
        "values-are-encoded-twice",
        &[KveVal01],
        "Latin-1 to UTF-8, applied to bytes that are UTF-8 already.",
        |seed| hooked(seed, keeping(|v| v.iter().map(|b| char::from(*b)).collect::<String>().into_bytes())),
    ),
    Mutant::new("values-lose-the-eighth-bit", &[KveVal01], "A transport for text of seven bits.", |seed| {
        hooked(seed, keeping(|v| v.iter().map(|b| b & 0x7f).collect()))
    }),
    Mutant::new(
        "values-that-look-like-numbers-are-numbers",
        &[KveVal01],
        "A JSON round trip: 1.0 comes back as 1, 1e3 as 1000, 007 as 7.",
        |seed| hooked(seed, keeping(number_round_trip)),
    ),
    Mutant::new(
        "values-lose-quotes-around-them",
        &[KveVal01],
        "A value that looks like a JSON string is decoded on the way.",
        |seed| hooked(seed, keeping(unquoted)),
    ),
    Mutant::new(
        "values-are-base64-without-the-last-group",
        &[KveVal01],
        "base64 without padding, and a decoder that drops a group which is not complete.",
        |seed| hooked(seed, keeping(|v| v[..v.len() - if v.len() > 3 { v.len() % 3 } else { 0 }].to_vec())),
    ),
    Mutant::new(
        "values-have-their-line-ends-translated",
        &[KveVal01],
        "A file opened in text mode: CR LF becomes LF.",
        |seed| hooked(seed, keeping(|v| replaced(&v, b"\r\n", b"\n"))),
    ),
    Mutant::new(
        "values-lose-the-last-newline",
        &[KveVal01],
        "Lines read with chomp, or the output of a command.",
        |seed| hooked(seed, keeping(|v| v.strip_suffix(b"\n").unwrap_or(&v).to_vec())),
    ),
    Mutant::new(
        "values-lose-the-byte-order-mark",
        &[KveVal01],
        "A reader of text files that strips EF BB BF.",
        |seed| hooked(seed, keeping(|v| v.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&v).to_vec())),
    ),
    Mutant::new(
        "values-end-at-the-protocol-frame",
        &[KveVal01],
        "An inline protocol that ends a value at the first CR LF.",
        |seed| hooked(seed, keeping(|v| v[..position(&v, b"\r\n").unwrap_or(v.len())].to_vec())),
    ),
    Mutant::new("values-of-null-are-absent", &[KveVal01], "JSON null is the adapter's word for absent.", |seed| {
        hooked(seed, Hooks { read: |slot| Ok(slot.newest().filter(|v| v != b"null")), ..CORRECT })
    }),
    Mutant::new(
        "values-are-padded-to-blocks",
        &[KveVal01],
        "Zeros fill the last block of 16 bytes, and the length is not kept.",
        |seed| hooked(seed, keeping(padded)),
    ),
    Mutant::new(
        "empty-value-is-absent",
        &[KveVal02],
        "NULL and the empty string are one (Oracle), or an empty set is a deletion.",
        |seed| hooked(seed, Hooks { read: |slot| Ok(slot.newest().filter(|v| !v.is_empty())), ..CORRECT }),
    ),
    Mutant::new(
        "empty-value-in-an-empty-bucket-is-absent",
        &[KveVal02],
        "The file of a bucket is made when its first byte is written, and an empty value has none.",
        |seed| hooked(seed, EMPTY_MAKES_NO_FILE),
    ),
    Mutant::new(
        "empty-value-is-refused",
        &[KveVal02],
        "A service that demands a value of at least one byte.",
        |seed| hooked(seed, EMPTY_IS_REFUSED),
    ),
    Mutant::new("empty-value-traps", &[KveErr01, KveVal02], "value[0] is looked at for a type tag.", |seed| {
        hooked(seed, EMPTY_TRAPS)
    }),
    Mutant::new(
        "empty-value-becomes-a-zero",
        &[KveVal02],
        "A buffer of at least one byte, and a length that is taken from it.",
        |seed| hooked(seed, keeping(|v| if v.is_empty() { vec![0] } else { v })),
    ),
    Mutant::new(
        "values-are-cut-at-100-bytes",
        &[KveVal03, KveVal01],
        "A column or a preview field that is too short.",
        |seed| hooked(seed, keeping(|v| v[..v.len().min(100)].to_vec())),
    ),
    Mutant::new(
        "values-are-cut-at-64-kib",
        &[KveVal03],
        "A BLOB of MySQL holds 65,535 bytes and cuts, when not in strict mode.",
        |seed| hooked(seed, keeping(|v| v[..v.len().min(65_535)].to_vec())),
    ),
    Mutant::new(
        "value-length-wraps-at-16-bits",
        &[KveVal03],
        "The record's header holds the length in two bytes.",
        |seed| hooked(seed, keeping(|v| v[..v.len() % 65_536].to_vec())),
    ),
    Mutant::new(
        "value-of-65535-bytes-is-absent",
        &[KveGet01, KveVal03],
        "A length in two bytes, where 0xffff means that there is no value.",
        |seed| hooked(seed, Hooks { read: |slot| Ok(slot.newest().filter(|v| v.len() != 65_535)), ..CORRECT }),
    ),
    Mutant::new(
        "values-of-whole-pages-lose-the-last-page",
        &[KveVal03],
        "length / 4096 pages, rounded up by a formula that is one off for exact multiples.",
        |seed| hooked(seed, keeping(without_last_page)),
    ),
    Mutant::new(
        "values-of-a-mebibyte-fail",
        &[KveVal03],
        "A message limit of 1 MiB in the transport that no declaration mentions.",
        |seed| hooked(seed, MEBIBYTE_FAILS),
    ),
    Mutant::new("over-long-value-is-cut", &[KveVal03], "The limit is declared, and enforced by cutting.", |seed| {
        hooked(seed, Hooks { keep: |v| v[..v.len().min(VALUE_BYTES_MAX)].to_vec(), ..LIMITED })
    })
    .declaring(limited),
    Mutant::new(
        "over-long-value-clears-the-old-one",
        &[KveVal03],
        "The old value is removed first, and then there is no room for the new one.",
        |seed| hooked(seed, OVER_LONG_CLEARS),
    )
    .declaring(limited),
    Mutant::new(
        "over-long-value-is-stored-in-part",
        &[KveVal03, KveInt03],
        "A chunked upload that stops at the limit with an error and keeps what came.",
        |seed| hooked(seed, OVER_LONG_IS_STORED_IN_PART),
    )
    .declaring(limited),
    Mutant::new(
        "value-of-the-greatest-length-is-refused",
        &[KveVal03],
        "Less where less or equal was meant.",
        |seed| hooked(seed, GREATEST_VALUE_IS_REFUSED),
    )
    .declaring(limited),
];

const EMPTY_MAKES_NO_FILE: Hooks = Hooks {
    set: |slot, value| {
        let is_empty_bucket = slot.core.present_keys(&slot.place.0).is_empty();
        if value.is_empty() && is_empty_bucket { Ok(()) } else { (CORRECT.set)(slot, value) }
    },
    ..CORRECT
};

const fn keeping(keep: fn(Vec<u8>) -> Vec<u8>) -> Hooks {
    Hooks { keep, ..CORRECT }
}

fn number_round_trip(value: Vec<u8>) -> Vec<u8> {
    let number = std::str::from_utf8(&value).ok().and_then(|text| text.parse::<f64>().ok());
    number.filter(|n| n.is_finite()).map_or(value, |n| n.to_string().into_bytes())
}

fn unquoted(value: Vec<u8>) -> Vec<u8> {
    match &value[..] {
        [b'"', inner @ .., b'"'] => inner.to_vec(),
        _ => value,
    }
}

fn position(value: &[u8], part: &[u8]) -> Option<usize> {
    value.windows(part.len()).position(|window| window == part)
}

fn replaced(value: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = position(rest, from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn padded(mut value: Vec<u8>) -> Vec<u8> {
    value.resize(value.len().next_multiple_of(16), 0);
    value
}

fn without_last_page(mut value: Vec<u8>) -> Vec<u8> {
    if value.len().is_multiple_of(4096) {
        value.truncate(value.len().saturating_sub(4096));
    }
    value
}

const BINARY_IS_REFUSED: Hooks = Hooks {
    set: |slot, value| match std::str::from_utf8(&value) {
        Ok(_) => (CORRECT.set)(slot, value),
        Err(_) => Err(Failure::error("invalid byte sequence for encoding \"UTF8\"")),
    },
    ..CORRECT
};

const EMPTY_IS_REFUSED: Hooks = Hooks {
    set: |slot, value| match value.is_empty() {
        true => Err(Failure::error("the value must not be empty")),
        false => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const EMPTY_TRAPS: Hooks = Hooks {
    set: |slot, value| match value.is_empty() {
        true => Err(Failure::Trap("index out of bounds: the len is 0 but the index is 0".into())),
        false => (CORRECT.set)(slot, value),
    },
    ..CORRECT
};

const MEBIBYTE_FAILS: Hooks = Hooks {
    set: |slot, value| match value.len() {
        ..1_048_576 => (CORRECT.set)(slot, value),
        _ => Err(Failure::error("maximum payload exceeded")),
    },
    ..CORRECT
};

const OVER_LONG_CLEARS: Hooks = Hooks {
    set: |slot, value| match value.len() {
        ..=VALUE_BYTES_MAX => (CORRECT.set)(slot, value),
        _ => {
            slot.write(None);
            Err(Failure::error("no room for the value"))
        }
    },
    ..LIMITED
};

const OVER_LONG_IS_STORED_IN_PART: Hooks = Hooks {
    set: |slot, mut value| match value.len() {
        ..=VALUE_BYTES_MAX => (CORRECT.set)(slot, value),
        _ => {
            value.truncate(VALUE_BYTES_MAX);
            slot.write(Some(value));
            Err(Failure::error("the value is too long"))
        }
    },
    ..LIMITED
};

const GREATEST_VALUE_IS_REFUSED: Hooks = Hooks {
    set: |slot, value| match value.len() {
        ..VALUE_BYTES_MAX => (CORRECT.set)(slot, value),
        _ => Err(Failure::error("the value is too long")),
    },
    ..LIMITED
};
