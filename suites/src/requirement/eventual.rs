//! The requirements of `eventual@0.1.0`.
//!
//! Cited by file, commit and item: the documentation of the item is the original.

use super::Basis::{Contested, Derived, Explicit, Unspecified};
use super::Level::{May, Must};
use super::{Basis, EVENTUAL, Level, Requirement, Source};

/// The interface `types`.
const TYPES: &str = "wit/types.wit";
/// The interface `eventual`.
const OPERATIONS: &str = "wit/eventual.wit";
/// The interface `wasi-keyvalue-error`.
const ERROR: &str = "wit/error.wit";

const fn requirement(
    id: &'static str,
    (level, basis): (Level, Basis),
    sources: &'static [Source],
    statement: &'static str,
    argument: &'static str,
) -> Requirement {
    Requirement { id, level, basis, statement, argument, sources, profile: EVENTUAL, retired: None }
}

const fn at(file: &'static str, item: &'static str) -> Source {
    Source { file, item }
}

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        "KVE-BKT-01",
        (Must, Explicit),
        &[at(TYPES, "bucket")],
        "a bucket is a collection of its own: the same key in two buckets holds two values",
        "",
    ),
    requirement(
        "KVE-BKT-02",
        (Must, Explicit),
        &[at(TYPES, "bucket.open-bucket")],
        "opening a bucket that does not exist is an error (an implementation that creates buckets on \
         opening declares it)",
        "",
    ),
    requirement(
        "KVE-BKT-03",
        (Must, Derived),
        &[at(TYPES, "bucket"), at(OPERATIONS, "eventual")],
        "two handles of one bucket show the same data once converged; dropping a handle loses no data; \
         ending an instance loses none of a store that declares that its data outlives it",
        "handles name the bucket, and the pairs are in the bucket",
    ),
    requirement(
        "KVE-BKT-04",
        (Must, Derived),
        &[at(TYPES, "bucket.open-bucket")],
        "opening a bucket that exists, or any bucket where opening creates it, gives a handle that \
         works, as often as it is asked for",
        "open-bucket opens the bucket of the given name, and an error stands for a failure; the number \
         of handles is not limited unless that is declared",
    ),
    requirement(
        "KVE-BKT-05",
        (May, Unspecified),
        &[at(TYPES, "bucket.open-bucket")],
        "which names of buckets are refused, and which different names open one bucket, is reported",
        "the name is a string; nothing is said of its characters or of what it identifies",
    ),
    requirement(
        "KVE-GET-01",
        (Must, Explicit),
        &[at(OPERATIONS, "get")],
        "get of a present key gives ok(some) with exactly the bytes that were set",
        "",
    ),
    requirement(
        "KVE-GET-02",
        (Must, Explicit),
        &[at(OPERATIONS, "get")],
        "get of an absent key gives ok(none), not an error",
        "",
    ),
    requirement(
        "KVE-GET-03",
        (Must, Derived),
        &[at(OPERATIONS, "get"), at(OPERATIONS, "eventual")],
        "get changes nothing: a present key can be read any number of times, an absent one stays absent",
        "get is documented to give the value associated with the key, and writes are those of set and \
         delete alone; a read that changes the state would be a write without a caller",
    ),
    requirement("KVE-SET-01", (Must, Explicit), &[at(OPERATIONS, "set")], "set of an absent key creates the pair", ""),
    requirement(
        "KVE-SET-02",
        (Must, Explicit),
        &[at(OPERATIONS, "set")],
        "set of a present key replaces the whole value: nothing of the old one stays, shorter or longer",
        "",
    ),
    requirement(
        "KVE-SET-03",
        (Must, Derived),
        &[at(OPERATIONS, "set"), at(TYPES, "outgoing-value")],
        "set borrows its outgoing-value: the caller can set the same value again, under another key or \
         in another bucket, and gets the same bytes",
        "the parameter is a borrow, so the caller keeps the value, and nothing says that set takes its \
         body away",
    ),
    requirement(
        "KVE-SET-04",
        (Must, Derived),
        &[at(OPERATIONS, "set"), at(TYPES, "outgoing-value")],
        "what was set is the value at the time of the call: writing to the outgoing-value later, or \
         dropping it, changes nothing stored",
        "the pair is changed by set and delete; writing to an outgoing-value is neither",
    ),
    requirement(
        "KVE-DEL-01",
        (Must, Explicit),
        &[at(OPERATIONS, "delete")],
        "delete of a present key makes it absent, to get and to exists",
        "",
    ),
    requirement(
        "KVE-DEL-02",
        (Must, Explicit),
        &[at(OPERATIONS, "delete")],
        "delete of an absent key is ok and changes nothing",
        "",
    ),
    requirement(
        "KVE-DEL-03",
        (Must, Derived),
        &[at(OPERATIONS, "delete"), at(OPERATIONS, "set")],
        "a key can be set again after delete",
        "after delete the key does not exist, and set of a key that does not exist creates the pair",
    ),
    requirement(
        "KVE-EXI-01",
        (Must, Explicit),
        &[at(OPERATIONS, "exists")],
        "exists of a present key is ok(true), whatever its value, the empty one included",
        "",
    ),
    requirement(
        "KVE-EXI-02",
        (Must, Explicit),
        &[at(OPERATIONS, "exists")],
        "exists of an absent key is ok(false), not an error",
        "",
    ),
    requirement(
        "KVE-EXI-03",
        (Must, Derived),
        &[at(OPERATIONS, "exists")],
        "exists changes nothing",
        "it is documented to check, and writes are those of set and delete alone",
    ),
    requirement(
        "KVE-KEY-01",
        (Must, Explicit),
        &[at(TYPES, "key")],
        "a key is a string and identifies one value: keys that differ in any code point (case, normal \
         form, blanks, prefix, separator, NUL, emoji) are different keys; keys equal in all are the same",
        "",
    ),
    requirement(
        "KVE-KEY-02",
        (Must, Explicit),
        &[at(OPERATIONS, "eventual")],
        "an operation acts on a single pair: no other key of the bucket changes",
        "",
    ),
    requirement(
        "KVE-KEY-03",
        (Must, Derived),
        &[at(TYPES, "key"), at(OPERATIONS, "set")],
        "a key the store cannot hold (declared limit on length or characters) gives an error and changes \
         nothing, the same in all four operations",
        "a key identifies one value; a store that shortens or replaces keys would let two keys identify \
         one",
    ),
    requirement(
        "KVE-VAL-01",
        (Must, Explicit),
        &[at(TYPES, "outgoing-value"), at(OPERATIONS, "eventual")],
        "a value is any sequence of bytes: every byte value, NUL, invalid UTF-8, text that looks like \
         JSON, numbers, base64 or a protocol's own framing comes back unchanged",
        "",
    ),
    requirement(
        "KVE-VAL-02",
        (Must, Derived),
        &[at(TYPES, "outgoing-value"), at(OPERATIONS, "get")],
        "the empty value is a value: present, size 0, not none",
        "a list of bytes may be empty, and none stands for a key that does not exist",
    ),
    requirement(
        "KVE-VAL-03",
        (Must, Derived),
        &[at(OPERATIONS, "set"), at(OPERATIONS, "get")],
        "a value up to the declared limit is kept whole; above it set gives an error and what was stored \
         stays; never a silently shortened value",
        "get gives the value that was set; a store that cannot keep it can only answer set with an \
         error",
    ),
    requirement(
        "KVE-OUT-01",
        (Must, Explicit),
        &[
            at(TYPES, "outgoing-value.outgoing-value-write-body-sync"),
            at(TYPES, "outgoing-value.outgoing-value-write-body-async"),
        ],
        "write-body-sync puts the bytes in; the stream of write-body-async puts the concatenation of its \
         writes in, however they are cut and flushed",
        "",
    ),
    requirement(
        "KVE-OUT-02",
        (May, Unspecified),
        &[at(TYPES, "outgoing-value")],
        "what a second body, both bodies, or no body at all means is reported (no body: the empty value, \
         or an error)",
        "the text does not say how often, or in how many ways, a body may be written",
    ),
    requirement(
        "KVE-INC-01",
        (Must, Explicit),
        &[
            at(TYPES, "incoming-value.incoming-value-consume-sync"),
            at(TYPES, "incoming-value.incoming-value-consume-async"),
        ],
        "consume-sync gives all bytes; the stream of consume-async gives the same bytes, however they \
         are read, then ends",
        "",
    ),
    requirement(
        "KVE-INC-02",
        (Must, Explicit),
        &[at(TYPES, "incoming-value.incoming-value-size")],
        "size is the number of bytes, or an error; never another number",
        "",
    ),
    requirement(
        "KVE-INC-03",
        (Must, Derived),
        &[at(TYPES, "incoming-value"), at(OPERATIONS, "get")],
        "an incoming-value shows one value whole: a set or delete after the get does not change or tear \
         what it yields",
        "the incoming-value wraps the value that get found; a later write gives the key another value, \
         not that value other bytes",
    ),
    requirement(
        "KVE-ERR-01",
        (Must, Explicit),
        &[at(ERROR, "error"), at(OPERATIONS, "eventual")],
        "any failure is reported as an error, whose trace is a string; a call with valid arguments never \
         traps",
        "",
    ),
    requirement(
        "KVE-ERR-02",
        (Must, Derived),
        &[at(ERROR, "error"), at(OPERATIONS, "eventual")],
        "after an error, the store goes on: other keys, buckets and sessions work",
        "each call is documented by itself, and none makes its result depend on errors of others",
    ),
    requirement(
        "KVE-INT-01",
        (Must, Explicit),
        &[at(OPERATIONS, "eventual"), at(OPERATIONS, "get")],
        "no value out of thin air: what get returns was given to a set of that register",
        "",
    ),
    requirement(
        "KVE-INT-02",
        (Must, Derived),
        &[at(OPERATIONS, "eventual"), at(OPERATIONS, "set")],
        "no value from the future: that set was invoked before the read responded; the same for absence \
         and deletes",
        "a value is associated with a key by a set, and before that call there is nothing to associate",
    ),
    requirement(
        "KVE-INT-03",
        (Must, Derived),
        &[at(OPERATIONS, "eventual"), at(OPERATIONS, "get")],
        "values are whole: never a mixture of two, a part, or another register's",
        "get gives the value that a set gave, and a mixture or a part was given by none; each operation \
         acts on a single pair",
    ),
    requirement(
        "KVE-CON-01",
        (Must, Explicit),
        &[at(OPERATIONS, "eventual")],
        "convergence: within the bound after quiescence every session reads the same state of a \
         register, and get agrees with exists",
        "",
    ),
    requirement(
        "KVE-CON-02",
        (Must, Explicit),
        &[at(OPERATIONS, "eventual")],
        "that state is one of the last writes: a completed write that nothing followed is not lost",
        "",
    ),
    requirement(
        "KVE-CON-03",
        (Must, Derived),
        &[at(OPERATIONS, "eventual")],
        "it stays: without a write, a converged register does not change again (no resurrection of \
         deleted or overwritten values, no flapping)",
        "all subsequent reads eventually return the last value; a read that gives another one after that \
         would have to be followed by reads that give it again, without end",
    ),
    requirement(
        "KVE-CON-04",
        (Must, Derived),
        &[at(OPERATIONS, "eventual")],
        "progress without pause of the others: quiescence of one register is enough for that register",
        "the promise is made for a write and the reads of its value, and an operation acts on a single \
         pair",
    ),
    requirement(
        "KVE-CON-05",
        (May, Contested),
        &[at(OPERATIONS, "eventual")],
        "whether a read right after a completed write gives it, to the writer and to others, is reported",
        "one paragraph says that all subsequent reads return the value, the next that they eventually \
         do; we test the second. Upstream debates how weak the promise may be (wasi-keyvalue pull \
         requests 30, 41 and 56)",
    ),
    requirement(
        "KVE-CLM-01",
        (Must, Derived),
        &[at(OPERATIONS, "eventual")],
        "a guarantee that the implementation claims beyond the profile's own is kept",
        "not a sentence of the text but of the implementation's own declaration: what is declared and \
         fails is a failure",
    ),
];
