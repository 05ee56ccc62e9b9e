//! The requirements of `store@0.2.0`, both drafts. Where the drafts agree, the first is cited.
//!
//! What the four operations demand is the same as in `eventual@0.1.0`: those requirements keep their IDs.
//! [`SHARED`] lists them.

use super::Basis::{Derived, Explicit, Unspecified};
use super::Level::{May, Must};
use super::{Basis, Level, Profile, Requirement, STORE_DRAFT, STORE_DRAFT2, Source};

/// The interface `store`.
const STORE: &str = "wit/store.wit";
/// The interface `atomics`.
const ATOMICS: &str = "wit/atomic.wit";
/// The interface `batch`.
const BATCH: &str = "wit/batch.wit";

/// The requirements of `eventual@0.1.0` that the text of `store@0.2.0` makes too, word for word in most
/// places. Left out are
/// those of value resources, which it does not have, and the contested one on strong reads, which
/// KVS-RYW-01 decides.
pub const SHARED: &[&str] = &[
    "KVE-BKT-01",
    "KVE-BKT-02",
    "KVE-BKT-03",
    "KVE-BKT-04",
    "KVE-BKT-05",
    "KVE-GET-01",
    "KVE-GET-02",
    "KVE-GET-03",
    "KVE-SET-01",
    "KVE-SET-02",
    "KVE-DEL-01",
    "KVE-DEL-02",
    "KVE-DEL-03",
    "KVE-EXI-01",
    "KVE-EXI-02",
    "KVE-EXI-03",
    "KVE-VAL-01",
    "KVE-VAL-02",
    "KVE-VAL-03",
    "KVE-KEY-01",
    "KVE-KEY-02",
    "KVE-KEY-03",
    "KVE-ERR-01",
    "KVE-ERR-02",
    "KVE-INT-01",
    "KVE-INT-02",
    "KVE-INT-03",
    "KVE-CON-01",
    "KVE-CON-02",
    "KVE-CON-03",
    "KVE-CON-04",
    "KVE-CLM-01",
];

/// Items that several requirements cite.
const BUCKET: Source = at(STORE, "bucket");
const GET: Source = at(STORE, "bucket.get");
const SET: Source = at(STORE, "bucket.set");
const DELETE: Source = at(STORE, "bucket.delete");
const EXISTS: Source = at(STORE, "bucket.exists");
const OPEN: Source = at(STORE, "open");
const ERROR: Source = at(STORE, "error");
/// The text on the whole interface.
const TEXT: Source = at(STORE, "store");

/// Where the originals of [`SHARED`] stand in the text of this profile; the drafts do not differ in them.
pub(super) fn sources_of_shared(id: &str) -> &'static [Source] {
    match id {
        "KVE-BKT-01" => &[BUCKET],
        "KVE-BKT-03" => &[BUCKET, TEXT],
        "KVE-DEL-03" => &[DELETE, SET],
        "KVE-VAL-01" => &[TEXT, GET],
        "KVE-VAL-02" => &[SET, GET],
        "KVE-VAL-03" => &[SET, GET],
        _ => match id.get(..8) {
            Some("KVE-BKT-") => &[OPEN],
            Some("KVE-GET-") => &[GET],
            Some("KVE-SET-") => &[SET],
            Some("KVE-DEL-") => &[DELETE],
            Some("KVE-EXI-") => &[EXISTS],
            Some("KVE-ERR-") => &[ERROR, TEXT],
            _ => &[TEXT],
        },
    }
}

const fn requirement(
    id: &'static str,
    (level, basis): (Level, Basis),
    source: &'static [Source],
    statement: &'static str,
    argument: &'static str,
) -> Requirement {
    Requirement { id, level, basis, statement, argument, sources: source, profile: STORE_DRAFT, retired: None }
}

const fn in_profile(profile: Profile, mut requirement: Requirement) -> Requirement {
    requirement.profile = profile;
    requirement
}

const fn at(file: &'static str, item: &'static str) -> Source {
    Source { file, item }
}

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        "KVS-OPN-01",
        (Must, Explicit),
        &[at(STORE, "open")],
        "opening an identifier that the host does not know gives no-such-store, not another error and \
         not a bucket (an implementation that creates buckets on opening declares it)",
        "",
    ),
    requirement(
        "KVS-RYW-01",
        (Must, Explicit),
        &[at(STORE, "store")],
        "after its write was answered, a client never reads a state of that key that is older than it",
        "",
    ),
    requirement(
        "KVS-RYW-02",
        (Must, Derived),
        &[at(STORE, "store"), at(STORE, "open")],
        "that holds across the handles which one client has of one bucket, those opened later included",
        "the client is the caller or guest, not the handle; two handles of one identifier are the same store",
    ),
    requirement(
        "KVS-RYW-03",
        (Must, Derived),
        &[at(STORE, "store"), at(BATCH, "batch"), at(ATOMICS, "atomics")],
        "that holds for what a client wrote by set-many, delete-many and increment too",
        "they set, delete and create pairs of the same store, and the guarantee speaks of writes",
    ),
    requirement(
        "KVS-LST-01",
        (Must, Derived),
        &[at(STORE, "bucket.list-keys")],
        "the pages of a listing, from the first to the one without a cursor, hold every key that was \
         present throughout",
        "list-keys gets all the keys; what may be out of date is what concurrent writes changed",
    ),
    requirement(
        "KVS-LST-02",
        (Must, Derived),
        &[at(STORE, "bucket.list-keys")],
        "a listing holds no key that was never set, and each as it was set",
        "it lists the keys in the store, and such a key never was",
    ),
    requirement(
        "KVS-LST-03",
        (Must, Derived),
        &[at(STORE, "bucket.list-keys"), at(STORE, "store")],
        "a listing begun after a client's delete was answered does not hold that key, when nobody else writes",
        "an out-of-date list is allowed only while there are concurrent writes",
    ),
    requirement(
        "KVS-LST-04",
        (Must, Derived),
        &[at(STORE, "bucket.list-keys"), at(STORE, "key-response")],
        "following the cursor comes to an end while nobody writes",
        "a page without a cursor says that there are no more keys, and there are only so many",
    ),
    requirement("KVS-LST-05", (Must, Explicit), &[at(STORE, "bucket.list-keys")], "an empty store lists no keys", ""),
    requirement(
        "KVS-LST-06",
        (Must, Derived),
        &[at(STORE, "bucket.list-keys")],
        "a listing goes on when keys are set or deleted between its pages, and still holds every key \
         that was present throughout",
        "the list may be out of date as to the keys written, not as to the others",
    ),
    requirement(
        "KVS-LST-07",
        (May, Unspecified),
        &[at(STORE, "bucket.list-keys")],
        "what a cursor that no page gave means is reported (an error, or a page)",
        "the text says of a cursor only that it fetches the next page; a trap breaks KVE-ERR-01 all the same",
    ),
    requirement(
        "KVS-LST-08",
        (Must, Derived),
        &[at(STORE, "bucket.list-keys"), at(STORE, "bucket")],
        "a listing holds the keys of its own bucket alone",
        "a bucket is a collection of its own, and list-keys is a method of it",
    ),
    requirement(
        "KVS-INC-01",
        (Must, Explicit),
        &[at(ATOMICS, "increment")],
        "increment of an absent key creates it with the delta, and gives the delta",
        "",
    ),
    requirement(
        "KVS-INC-02",
        (Must, Explicit),
        &[at(ATOMICS, "increment")],
        "increment adds the delta to the number and gives the sum, however often",
        "",
    ),
    requirement(
        "KVS-INC-03",
        (Must, Derived),
        &[at(ATOMICS, "increment")],
        "a delta of 0 gives the number and changes nothing; one below 0, where the type has it, subtracts",
        "the sum is that of numbers, and the type of the delta says which there are",
    ),
    requirement(
        "KVS-INC-04",
        (Must, Derived),
        &[at(ATOMICS, "increment")],
        "a sum that the type cannot hold is an error and changes nothing: it never wraps or sticks",
        "the result is the new value; one that cannot be said is a failure, and an atomic operation that \
         fails does nothing at all",
    ),
    requirement(
        "KVS-INC-05",
        (Must, Derived),
        &[at(ATOMICS, "increment"), at(ATOMICS, "atomics")],
        "increment of a value that is no number is an error and leaves the value",
        "there is no sum to give, and an atomic operation that fails does nothing at all",
    ),
    requirement(
        "KVS-INC-06",
        (May, Unspecified),
        &[at(ATOMICS, "increment")],
        "what get shows of a counter, and whether a number that was set in decimal counts, is reported",
        "the text does not say how a number is kept",
    ),
    requirement(
        "KVS-INC-07",
        (Must, Derived),
        &[at(ATOMICS, "increment")],
        "a counter is a pair of the store: exists and list-keys show it, delete removes it, and no other key changes",
        "increment creates a key-value pair in the store",
    ),
    requirement(
        "KVS-INC-08",
        (Must, Explicit),
        &[at(ATOMICS, "increment"), at(ATOMICS, "atomics")],
        "increments through several handles are all counted",
        "",
    ),
    in_profile(
        STORE_DRAFT2,
        requirement(
            "KVS-CAS-01",
            (Must, Explicit),
            &[at(ATOMICS, "cas.current")],
            "a new handle's current is the value of the key, or none when it is absent",
            "",
        ),
    ),
    in_profile(
        STORE_DRAFT2,
        requirement(
            "KVS-CAS-02",
            (Must, Derived),
            &[at(ATOMICS, "swap"), at(ATOMICS, "cas.new")],
            "a swap before which nobody wrote to the key since its handle was made puts the value in",
            "the failure that is named is a value that was too old, and this one is not",
        ),
    ),
    in_profile(
        STORE_DRAFT2,
        requirement(
            "KVS-CAS-03",
            (Must, Explicit),
            &[at(ATOMICS, "cas.new"), at(ATOMICS, "swap")],
            "a swap after another write changed the key since its handle was made fails, and what was written stays",
            "",
        ),
    ),
    in_profile(
        STORE_DRAFT2,
        requirement(
            "KVS-CAS-04",
            (Must, Explicit),
            &[at(ATOMICS, "cas-error")],
            "a failed swap gives a handle with the state as it is now, with which a swap succeeds",
            "",
        ),
    ),
    in_profile(
        STORE_DRAFT2,
        requirement(
            "KVS-CAS-05",
            (May, Unspecified),
            &[at(ATOMICS, "cas.new")],
            "whether a swap fails after the value was changed and changed back, or set to itself, is reported",
            "the text asks that the data was not modified; whether that is the value or its history is open",
        ),
    ),
    in_profile(
        STORE_DRAFT2,
        requirement(
            "KVS-CAS-06",
            (May, Unspecified),
            &[at(ATOMICS, "cas.new")],
            "whether a swap fails after a write to another key is reported",
            "the text does not forbid that a swap fails when it need not",
        ),
    ),
    requirement(
        "KVS-BAT-01",
        (Must, Derived),
        &[at(BATCH, "get-many")],
        "get-many gives one answer per key, in the order asked: the key with its value, or none when it is absent",
        "it lists pairs for the keys, with none in the place of an absent one; without order and length no \
         answer could be told from another",
    ),
    requirement(
        "KVS-BAT-02",
        (Must, Explicit),
        &[at(BATCH, "set-many")],
        "set-many creates or replaces every pair of its list",
        "",
    ),
    requirement(
        "KVS-BAT-03",
        (Must, Explicit),
        &[at(BATCH, "delete-many")],
        "delete-many makes every key of its list absent, passes over absent ones, and touches no other",
        "",
    ),
    requirement(
        "KVS-BAT-04",
        (Must, Derived),
        &[at(BATCH, "get-many"), at(BATCH, "set-many"), at(BATCH, "delete-many")],
        "with an empty list, a batch operation succeeds and changes nothing",
        "it does for each key of the list what it does, and there is none",
    ),
    requirement(
        "KVS-BAT-05",
        (Must, Derived),
        &[at(BATCH, "get-many")],
        "a key asked twice in one get-many is answered in both places",
        "one answer per key, in the order asked",
    ),
    requirement(
        "KVS-BAT-06",
        (May, Unspecified),
        &[at(BATCH, "set-many")],
        "which value a key has after one set-many that names it twice is reported (one of the two)",
        "the order within a set-many is not said",
    ),
];
