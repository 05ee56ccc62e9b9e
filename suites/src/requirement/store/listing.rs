//! Listings of keys.

use kvspec_reference::RequirementId::*;

use super::cite::{requirement, store};
use crate::requirement::entry::Basis::{Derived, Explicit, Unspecified};
use crate::requirement::entry::Level::{May, Must};
use crate::requirement::entry::{Requirement, Source};

const ALL_KEYS: Source = store("bucket.list-keys", "Get all the keys in the store");
const OUT_OF_DATE: Source =
    store("bucket.list-keys", "MAY show an out-of-date list of keys if there are concurrent writes");

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        KvsLst01,
        (Must, Derived),
        &[ALL_KEYS, OUT_OF_DATE],
        "the pages of a listing, from the first to the one without a cursor, hold every key that was \
         present throughout",
        "list-keys gets all the keys; what may be out of date is what concurrent writes changed",
    ),
    requirement(
        KvsLst02,
        (Must, Derived),
        &[ALL_KEYS],
        "a listing holds no key that was never set, and each as it was set",
        "it lists the keys in the store, and such a key never was",
    ),
    requirement(
        KvsLst03,
        (Must, Derived),
        &[OUT_OF_DATE, store("store", "subsequent read requests by the same client will reflect that write")],
        "a listing begun after a client's delete was answered does not hold that key, when nobody else writes",
        "an out-of-date list is allowed only while there are concurrent writes",
    ),
    requirement(
        KvsLst04,
        (Must, Derived),
        &[
            store("bucket.list-keys", "used to fetch the next page of keys"),
            store("key-response.cursor", "there are no more keys to fetch"),
        ],
        "following the cursor comes to an end while nobody writes",
        "a page without a cursor says that there are no more keys, and there are only so many",
    ),
    requirement(
        KvsLst05,
        (Must, Explicit),
        &[store("bucket.list-keys", "If the store is empty, it returns an empty list")],
        "an empty store lists no keys",
        "",
    ),
    requirement(
        KvsLst06,
        (Must, Derived),
        &[ALL_KEYS, OUT_OF_DATE],
        "a listing goes on when keys are set or deleted between its pages, and still holds every key \
         that was present throughout",
        "the list may be out of date as to the keys written, not as to the others",
    ),
    requirement(
        KvsLst07,
        (May, Unspecified),
        &[store("bucket.list-keys", "used to fetch the next page of keys")],
        "what a cursor that no page gave means is reported (an error, or a page)",
        "the text says of a cursor only that it fetches the next page; a trap breaks KVE-ERR-01 all the same",
    ),
    requirement(
        KvsLst08,
        (Must, Derived),
        &[ALL_KEYS, store("bucket", "the bucket itself acts as a collection of all these entries")],
        "a listing holds the keys of its own bucket alone",
        "a bucket is a collection of its own, and list-keys is a method of it",
    ),
];
