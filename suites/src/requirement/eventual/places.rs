//! Buckets and keys: where values are kept.

use kvspec_reference::RequirementId::*;

use super::cite::{eventual, requirement, store, types};
use crate::requirement::entry::Basis::{Derived, Explicit, Unspecified};
use crate::requirement::entry::Level::{May, Must};
use crate::requirement::entry::{Concern, Requirement};

pub(super) const BUCKETS: &[Requirement] = &[
    requirement(
        KveBkt01,
        (Must, Explicit),
        &[
            types("bucket", "the bucket itself acts as a collection of all these entries"),
            types("key", "a unique identifier for a value in a bucket"),
        ],
        "a bucket is a collection of its own: the same key in two buckets holds two values",
        "",
    )
    .speaking_of(Concern::States)
    .shared(&[store("bucket", "the bucket itself acts as a collection of all these entries")]),
    requirement(
        KveBkt02,
        (Must, Explicit),
        &[types("bucket.open-bucket", "including if the bucket does not exist")],
        "opening a bucket that does not exist is an error (an implementation that creates buckets on \
         opening declares it; then what it does is reported)",
        "",
    )
    .shared(&[store("open", "will be raised if the `identifier` is not recognized")]),
    requirement(
        KveBkt03,
        (Must, Derived),
        &[
            types("bucket", "Each key-value pair is stored as a entry in the bucket"),
            eventual("eventual", "all subsequent read operations will eventually return the value"),
        ],
        "two handles of one bucket show the same data once converged; dropping a handle loses no data; \
         ending an instance loses none of a store that declares that its data outlives it",
        "handles name the bucket, and the pairs are in the bucket; no sentence makes them depend on a handle",
    )
    .shared(&[
        store("bucket", "Each key-value pair is stored as a entry in the bucket"),
        store("store", "all subsequent read operations will return the value that was written"),
    ]),
    requirement(
        KveBkt04,
        (Must, Derived),
        &[types("bucket.open-bucket", "Opens a bucket with the given name")],
        "opening a bucket that exists, or any bucket where opening creates it, gives a handle that \
         works, as often as it is asked for",
        "an error stands for a failure, and a bucket that exists gives no cause for one; the number of \
         handles is not limited unless that is declared",
    )
    .shared(&[store("open", "Get the bucket with the specified identifier")]),
    requirement(
        KveBkt05,
        (May, Unspecified),
        &[types("bucket.open-bucket", "with the given name")],
        "which names of buckets are refused, and which different names open one bucket, is reported",
        "the name is a string; nothing is said of its characters or of what it identifies",
    )
    .shared(&[store("open", "with the specified identifier")]),
];

pub(super) const KEYS: &[Requirement] = &[
    requirement(
        KveKey01,
        (Must, Derived),
        &[types("key", "a unique identifier for a value in a bucket"), types("key", "type key = string")],
        "a key is a string and identifies one value: keys that differ in any code point (case, normal \
         form, blanks, prefix, separator, NUL, emoji) are different keys; keys equal in all are the same",
        "the text does not say when two keys are the same. A string of the component model is a sequence of \
         Unicode scalar values, and two strings are equal when their sequences are; a store that takes two \
         different ones for the same lets one identifier stand for two values",
    )
    .derived_in_store(
        &[store("bucket.get", "the value associated with the specified `key`"), store("bucket.get", "key: string")],
        "the text does not say when two keys are the same. A string of the component model is a sequence of \
         Unicode scalar values, and two strings are equal when their sequences are; a store that takes two \
         different ones for the same gives the value associated with another key",
    ),
    requirement(
        KveKey02,
        (Must, Explicit),
        &[eventual("eventual", "acts on a single key-value pair")],
        "an operation acts on a single pair: no other key of the bucket changes",
        "",
    )
    .speaking_of(Concern::States)
    .shared(&[store("store", "acts on a single key-value pair")]),
    requirement(
        KveKey03,
        (Must, Derived),
        &[
            types("key", "a unique identifier for a value in a bucket"),
            eventual("set", "any other error occurs, it returns an `Err(error)`"),
        ],
        "a key the store cannot hold (declared limit on length or characters) gives an error and changes \
         nothing, the same in all four operations",
        "a key identifies one value; a store that shortens or replaces keys would let two keys identify \
         one. What remains is the error that every operation has",
    )
    .shared(&[
        store("bucket.get", "the value associated with the specified `key`"),
        store("bucket.set", "any other error occurs, it returns an `Err(error)`"),
    ]),
];
