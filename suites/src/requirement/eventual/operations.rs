//! The four operations.

use kvspec_reference::RequirementId::*;

use super::cite::{eventual, requirement, store, types};
use crate::requirement::entry::Basis::{Derived, Explicit};
use crate::requirement::entry::Level::Must;
use crate::requirement::entry::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        KveGet01,
        (Must, Explicit),
        &[eventual("get", "the value associated with the key")],
        "get of a present key gives ok(some) with exactly the bytes that were set",
        "",
    )
    .shared(&[store("bucket.get", "the value associated with the specified `key`")]),
    requirement(
        KveGet02,
        (Must, Explicit),
        &[eventual("get", "not exist in the bucket, it returns `Ok(none)`")],
        "get of an absent key gives ok(none), not an error",
        "",
    )
    .shared(&[store("bucket.get", "not exist in the store, it returns `Ok(none)`")]),
    requirement(
        KveGet03,
        (Must, Derived),
        &[
            eventual("get", "the value associated with the key"),
            eventual("eventual", "all subsequent read operations will return the value that was written"),
        ],
        "get changes nothing: a present key can be read any number of times, an absent one stays absent",
        "what is written is read by all that follow, not by the first alone; get is documented to give the \
         value associated with the key, and a read that changed the state would be a write without a caller",
    )
    .shared(&[
        store("bucket.get", "the value associated with the specified `key`"),
        store("store", "all subsequent read operations will return the value that was written"),
    ]),
    requirement(
        KveSet01,
        (Must, Explicit),
        &[eventual("set", "it creates a new key-value pair")],
        "set of an absent key creates the pair",
        "",
    )
    .shared(&[store("bucket.set", "it creates a new key-value pair")]),
    requirement(
        KveSet02,
        (Must, Explicit),
        &[eventual("set", "it overwrites the value")],
        "set of a present key replaces the whole value: nothing of the old one stays, shorter or longer",
        "",
    )
    .shared(&[store("bucket.set", "it overwrites the value")]),
    requirement(
        KveSet03,
        (Must, Derived),
        &[
            eventual("set", "outgoing-value: borrow<outgoing-value>"),
            types("outgoing-value", "the data stored in a key-value pair"),
        ],
        "set borrows its outgoing-value: the caller can set the same value again, under another key or \
         in another bucket, and gets the same bytes",
        "the parameter is a borrow, so the caller keeps the value, and nothing says that set takes its \
         body away",
    ),
    requirement(
        KveSet04,
        (Must, Derived),
        &[
            eventual("set", "Set the value associated with the key"),
            types("outgoing-value", "the data stored in a key-value pair"),
        ],
        "what was set is the value at the time of the call: writing to the outgoing-value later, or \
         dropping it, changes nothing stored",
        "the pair is changed by set and delete; writing to an outgoing-value is neither",
    ),
    requirement(
        KveDel01,
        (Must, Explicit),
        &[eventual("delete", "Delete the key-value pair associated with the key")],
        "delete of a present key makes it absent, to get and to exists",
        "",
    )
    .shared(&[store("bucket.delete", "Delete the key-value pair associated with the key")]),
    requirement(
        KveDel02,
        (Must, Explicit),
        &[eventual("delete", "not exist in the bucket, it does nothing")],
        "delete of an absent key is ok and changes nothing",
        "",
    )
    .shared(&[store("bucket.delete", "not exist in the store, it does nothing")]),
    requirement(
        KveDel03,
        (Must, Derived),
        &[eventual("delete", "Delete the key-value pair"), eventual("set", "it creates a new key-value pair")],
        "a key can be set again after delete",
        "after delete the key does not exist, and set of a key that does not exist creates the pair",
    )
    .shared(&[
        store("bucket.delete", "Delete the key-value pair"),
        store("bucket.set", "it creates a new key-value pair"),
    ]),
    requirement(
        KveExi01,
        (Must, Explicit),
        &[eventual("exists", "exists in the bucket, it returns `Ok(true)`")],
        "exists of a present key is ok(true), whatever its value, the empty one included",
        "",
    )
    .shared(&[store("bucket.exists", "exists in the store, it returns `Ok(true)`")]),
    requirement(
        KveExi02,
        (Must, Explicit),
        &[eventual("exists", "not exist in the bucket, it returns `Ok(false)`")],
        "exists of an absent key is ok(false), not an error",
        "",
    )
    .shared(&[store("bucket.exists", "not exist in the store, it returns `Ok(false)`")]),
    requirement(
        KveExi03,
        (Must, Derived),
        &[eventual("exists", "Check if the key exists")],
        "exists changes nothing",
        "it is documented to check, and writes are those of set and delete alone",
    )
    .shared(&[store("bucket.exists", "Check if the key exists")]),
];
