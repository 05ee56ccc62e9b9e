//! Increments.

use kvspec_reference::RequirementId::*;

use super::cite::{atomics, requirement};
use crate::requirement::entry::Basis::{Derived, Explicit, Unspecified};
use crate::requirement::entry::Level::{May, Must};
use crate::requirement::entry::{Requirement, Source};

const NEW_VALUE: Source = atomics("increment", "It returns the new value");
const NOTHING_AT_ALL: Source = atomics("atomics", "either completed successfully or did nothing at all");

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        KvsInc01,
        (Must, Explicit),
        &[atomics("increment", "with the value set to the given delta"), NEW_VALUE],
        "increment of an absent key creates it with the delta, and gives the delta",
        "",
    ),
    requirement(
        KvsInc02,
        (Must, Explicit),
        &[atomics("increment", "increment the value associated with the key"), NEW_VALUE],
        "increment adds the delta to the number and gives the sum, however often",
        "",
    ),
    requirement(
        KvsInc03,
        (Must, Derived),
        &[atomics("increment", "by the given delta")],
        "a delta of 0 gives the number and changes nothing; one below 0, where the type has it, subtracts",
        "the sum is that of numbers, and the type of the delta says which there are",
    ),
    requirement(
        KvsInc04,
        (Must, Derived),
        &[NEW_VALUE, NOTHING_AT_ALL],
        "a sum that the type cannot hold is an error and changes nothing: it never wraps or sticks",
        "the result is the new value; one that cannot be said is a failure, and an atomic operation that \
         fails does nothing at all",
    ),
    requirement(
        KvsInc05,
        (Must, Derived),
        &[NEW_VALUE, NOTHING_AT_ALL],
        "increment of a value that is no number is an error and leaves the value",
        "there is no sum to give, and an atomic operation that fails does nothing at all. Upstream's open pull \
         request 59 would leave it to the implementation what increment and other operations on one key do",
    ),
    requirement(
        KvsInc06,
        (May, Unspecified),
        &[atomics("increment", "the value associated with the key")],
        "what get shows of a counter, and whether a number that was set in decimal counts, is reported",
        "the text does not say how a number is kept (upstream's issue 51 is open)",
    ),
    requirement(
        KvsInc07,
        (Must, Derived),
        &[atomics("increment", "it creates a new key-value pair")],
        "a counter is a pair of the store: exists and list-keys show it, delete removes it, and no other key changes",
        "increment creates a key-value pair in the store. Upstream's open pull request 59 would leave it to the \
         implementation what increment and other operations on one key do",
    ),
    requirement(
        KvsInc08,
        (Must, Explicit),
        &[atomics("increment", "Atomically increment the value"), atomics("atomics", "single, indivisible operations")],
        "increments through several handles are all counted",
        "",
    ),
];
