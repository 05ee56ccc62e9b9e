//! Operations on many keys.

use kvspec_reference::RequirementId::*;

use super::cite::{batch, requirement};
use crate::requirement::entry::Basis::{Derived, Explicit, Unspecified};
use crate::requirement::entry::Level::{May, Must};
use crate::requirement::entry::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        KvsBat01,
        (Must, Derived),
        &[
            batch("get-many", "Get the key-value pairs associated with the keys"),
            batch("get-many", "it returns a `none` value for that pair in the list"),
        ],
        "get-many gives one answer per key, in the order asked: the key with its value, or none when it is absent",
        "it lists pairs for the keys, with none in the place of an absent one; without order and length no \
         answer could be told from another",
    ),
    requirement(
        KvsBat02,
        (Must, Explicit),
        &[batch("set-many", "it overwrites the value"), batch("set-many", "it creates a new key-value pair")],
        "set-many creates or replaces every pair of its list",
        "",
    ),
    requirement(
        KvsBat03,
        (Must, Explicit),
        &[
            batch("delete-many", "Delete the key-value pairs associated with the keys"),
            batch("delete-many", "not exist in the store, it skips the key"),
        ],
        "delete-many makes every key of its list absent, passes over absent ones, and touches no other",
        "",
    ),
    requirement(
        KvsBat04,
        (Must, Derived),
        &[
            batch("get-many", "Get the key-value pairs associated with the keys"),
            batch("set-many", "Set the values associated with the keys"),
            batch("delete-many", "Delete the key-value pairs associated with the keys"),
        ],
        "with an empty list, a batch operation succeeds and changes nothing",
        "it does for each key of the list what it does, and there is none",
    ),
    requirement(
        KvsBat05,
        (Must, Derived),
        &[batch("get-many", "It returns a list of key-value pairs")],
        "a key asked twice in one get-many is answered in both places",
        "one answer per key, in the order asked (KVS-BAT-01)",
    ),
    requirement(
        KvsBat06,
        (May, Unspecified),
        &[batch("set-many", "not guaranteed to be set in the order they are provided")],
        "which value a key has after one set-many that names it twice is reported (one of the two)",
        "the order within a set-many is not said",
    ),
];
