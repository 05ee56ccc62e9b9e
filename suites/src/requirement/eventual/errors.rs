//! Errors.

use kvspec_reference::RequirementId::*;

use super::cite::{error, eventual, requirement, store};
use crate::requirement::entry::Basis::Derived;
use crate::requirement::entry::Level::Must;
use crate::requirement::entry::{Concern, Requirement};

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        KveErr01,
        (Must, Derived),
        &[
            error("return a string representation of the error"),
            eventual("get", "any other error occurs, it returns an `Err(error)`"),
        ],
        "any failure is reported as an error, whose trace is a string; a call with valid arguments never \
         traps",
        "every operation sends any other error to its result. The text does not mention traps: a trap would \
         be a failure that is not in the result, and it takes the caller down with the call",
    )
    .speaking_of(Concern::Response)
    .derived_in_store(
        &[
            store("error", "Some implementation-specific error has occurred (e.g. I/O)"),
            store("bucket.get", "any other error occurs, it returns an `Err(error)`"),
        ],
        "every operation sends any other error to its result, and the last case of the type takes any. The \
         text does not mention traps: a trap would be a failure that is not in the result, and it takes the \
         caller down with the call",
    ),
    requirement(
        KveErr02,
        (Must, Derived),
        &[
            error("error resource type for keyvalue operations"),
            eventual("get", "any other error occurs, it returns an `Err(error)`"),
        ],
        "after an error, the store goes on: other keys, buckets and sessions work",
        "each call is documented by itself, and none makes its result depend on errors of others",
    )
    .shared(&[
        store("error", "errors which may be raised by functions in this package"),
        store("bucket.get", "any other error occurs, it returns an `Err(error)`"),
    ]),
];
