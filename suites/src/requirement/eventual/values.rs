//! Values, and the resources that carry them in and out.

use kvspec_reference::RequirementId::*;

use super::cite::{eventual, requirement, store, types};
use crate::requirement::entry::Basis::{Derived, Explicit, Unspecified};
use crate::requirement::entry::Level::{May, Must};
use crate::requirement::entry::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        KveVal01,
        (Must, Explicit),
        &[
            types("outgoing-value", "any type that can be represented in a byte array"),
            eventual("eventual", "is defined as a `u8` byte array"),
        ],
        "a value is any sequence of bytes: every byte value, NUL, invalid UTF-8, text that looks like \
         JSON, numbers, base64 or a protocol's own framing comes back unchanged",
        "",
    )
    .shared(&[
        store("store", "is defined as a `u8` byte array"),
        store("bucket.get", "the value associated with the specified `key`"),
    ]),
    requirement(
        KveVal02,
        (Must, Derived),
        &[
            types("outgoing-value", "any type that can be represented in a byte array"),
            eventual("get", "not exist in the bucket, it returns `Ok(none)`"),
        ],
        "the empty value is a value: present, size 0, not none",
        "an array of bytes may be empty, and none stands for a key that does not exist",
    )
    .shared(&[
        store("bucket.set", "value: list<u8>"),
        store("bucket.get", "not exist in the store, it returns `Ok(none)`"),
    ]),
    requirement(
        KveVal03,
        (Must, Derived),
        &[
            eventual("get", "the value associated with the key"),
            eventual("set", "any other error occurs, it returns an `Err(error)`"),
        ],
        "a value up to the declared limit is kept whole; above it set gives an error and what was stored \
         stays; never a silently shortened value",
        "get gives the value that was set; a store that cannot keep it can only answer set with an \
         error",
    )
    .shared(&[
        store("bucket.get", "the value associated with the specified `key`"),
        store("bucket.set", "any other error occurs, it returns an `Err(error)`"),
    ]),
    requirement(
        KveOut01,
        (Must, Explicit),
        &[
            types(
                "outgoing-value.outgoing-value-write-body-sync",
                "Writes the value to the output-stream synchronously",
            ),
            types(
                "outgoing-value.outgoing-value-write-body-async",
                "Writes the value to the output-stream asynchronously",
            ),
        ],
        "write-body-sync puts the bytes in; the stream of write-body-async puts the concatenation of its \
         writes in, however they are cut and flushed",
        "",
    ),
    requirement(
        KveOut02,
        (May, Unspecified),
        &[types("outgoing-value", "It provides a way to write the value")],
        "what a second body, both bodies, or no body at all means is reported (no body: the empty value, \
         or an error)",
        "the text does not say how often, or in how many ways, a body may be written",
    ),
    requirement(
        KveInc01,
        (Must, Explicit),
        &[
            types("incoming-value.incoming-value-consume-sync", "returns the value as a list of bytes"),
            types("incoming-value.incoming-value-consume-async", "returns the value as an `input-stream`"),
        ],
        "consume-sync gives all bytes; the stream of consume-async gives the same bytes, however they \
         are read, then ends",
        "",
    ),
    requirement(
        KveInc02,
        (Must, Explicit),
        &[
            types("incoming-value.incoming-value-size", "The size of the value in bytes"),
            types(
                "incoming-value.incoming-value-size",
                "unknown or unavailable, this function returns an `Err(error)`",
            ),
        ],
        "size is the number of bytes, or an error; never another number",
        "",
    ),
    requirement(
        KveInc03,
        (Must, Derived),
        &[types("incoming-value", "a wrapper around a value"), eventual("get", "the value associated with the key")],
        "an incoming-value shows one value whole: a set or delete after the get does not change or tear \
         what it yields",
        "the incoming-value wraps the value that get found; a later write gives the key another value, \
         not that value other bytes",
    ),
];
