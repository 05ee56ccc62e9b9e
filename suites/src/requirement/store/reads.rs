//! Opening, and what a client reads of its own writes.

use kvspec_reference::RequirementId::*;

use super::cite::{atomics, batch, requirement, store};
use crate::requirement::entry::Basis::{Derived, Explicit};
use crate::requirement::entry::Level::Must;
use crate::requirement::entry::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        KvsOpn01,
        (Must, Explicit),
        &[
            store("open", "`error::no-such-store` will be raised if the `identifier` is not recognized"),
            store("error.access-denied", "(which may or may not exist)"),
        ],
        "opening an identifier that the host does not know gives no-such-store, or access-denied, which does \
         not say whether it exists; not another error and not a bucket (an implementation that \
         creates buckets on opening declares it; then what it does is reported)",
        "",
    ),
    requirement(
        KvsRyw01,
        (Must, Explicit),
        &[
            store("store", "must have enough consistency to guarantee"),
            store("store", "never get a value that is older than the one it wrote"),
        ],
        "after its write was answered, a client never reads a state of that key that is older than it, \
         assuming that real time orders writes",
        "the text does not say what makes a value older. Read-your-writes is a guarantee of Terry et al. 1994, \
         where the system's own order of writes decides (see also Viotti and Vukolić 2016); we take real time \
         for that order, since a history shows no other: a write that ended before another began is the older, \
         and of two that overlap neither is",
    ),
    requirement(
        KvsRyw02,
        (Must, Derived),
        &[
            store("store", "referring to the caller or guest"),
            store("open", "Get the bucket with the specified identifier"),
        ],
        "that holds across the handles which one client has of one bucket, those opened later included",
        "the client is the caller or guest, not the handle; two handles of one identifier are the same store",
    ),
    requirement(
        KvsRyw03,
        (Must, Derived),
        &[
            store("store", "Once a write request is committed by a specific client"),
            batch("batch", "has the same consistency guarantees as the `store` interface"),
            atomics("increment", "it creates a new key-value pair"),
        ],
        "that holds for what a client wrote by set-many, delete-many and increment too",
        "they set, delete and create pairs of the same store, and the guarantee speaks of writes",
    ),
];
