//! Compare-and-swap, in the second draft.

use kvspec_reference::RequirementId::*;

use super::cite::{atomics, of_second_draft};
use crate::requirement::entry::Basis::{Derived, Explicit, Unspecified};
use crate::requirement::entry::Level::{May, Must};
use crate::requirement::entry::{Requirement, Source};

const TOO_OLD: Source = atomics("cas-error.cas-failed", "failed because the value was too old");
const AS_DESIRED: Source =
    atomics("cas.new", "map the underlying functionality (transactions, versions, etc) as desired");
const RETRIES: Source = atomics("cas-error.cas-failed", "returns a new CAS handle for easy retries");

pub(super) const REQUIREMENTS: &[Requirement] = &[
    of_second_draft(
        KvsCas01,
        (Must, Explicit),
        &[atomics("cas.current", "Get the current value of the key (if it exists)")],
        "a new handle's current is the value of the key, or none when it is absent",
        "",
    ),
    of_second_draft(
        KvsCas02,
        (Must, Derived),
        &[atomics("swap", "Perform the swap on a CAS operation"), RETRIES],
        "a swap before which nobody wrote to the key since its handle was made puts the value in, at once or \
         when it is tried again with the handle that the failure gave",
        "the failure that is named is a value that was too old, and this one is not. The text does not say that \
         a swap fails for no other reason (that it did is reported: KVS-CAS-06), but what is handed out for \
         easy retries has to win one when nobody else writes",
    ),
    of_second_draft(
        KvsCas03,
        (Must, Derived),
        &[TOO_OLD, AS_DESIRED],
        "a swap after another write changed the key since its handle was made fails, and what was written stays",
        "no sentence says since when a value is too old (upstream's issue 57). A handle is made for a key, has \
         its current value, and may be a version or a transaction: each of these begins when the handle is made",
    ),
    of_second_draft(
        KvsCas04,
        (Must, Explicit),
        &[RETRIES, atomics("cas-error.cas-failed", "updated to the latest version or transaction")],
        "a failed swap gives a handle with the state as it is now, with which a swap succeeds as with any new one",
        "",
    ),
    of_second_draft(
        KvsCas05,
        (May, Unspecified),
        &[TOO_OLD],
        "whether a swap fails after the value was changed and changed back, or set to itself, is reported",
        "the text speaks of a value that was too old; whether that is the value or its history is open",
    ),
    of_second_draft(
        KvsCas06,
        (May, Unspecified),
        &[AS_DESIRED],
        "whether a swap fails when it need not, as after a write to another key, is reported",
        "the text does not forbid that a swap fails when it need not: a transaction may cover more than the key",
    ),
    of_second_draft(
        KvsCas07,
        (Must, Derived),
        &[
            atomics("atomics", "either completed successfully or did nothing at all"),
            atomics("swap", "returns an error if the CAS operation failed"),
        ],
        "a swap that fails writes nothing",
        "an atomic operation that fails did nothing at all, and one that is answered with an error failed",
    ),
];
