//! Cases of `eventual@0.1.0`, grouped as the interface is.

/// The list of a group's cases: name, requirements, and what kind of store it catches.
macro_rules! cases {
    ($group:literal; $($name:ident: [$($id:literal),+] $catches:literal;)+) => {
        pub(super) const CASES: &[crate::case::Case] = &[$(crate::case::Case {
            name: concat!("eventual::", $group, "::", stringify!($name)),
            requirements: &[$($id),+],
            catches: $catches,
            run: $name,
        }),+];
    };
}

mod buckets;
mod claims;
mod convergence;
mod crossings;
mod delete;
mod errors;
mod exists;
mod get;
mod handles;
mod incoming;
mod integrity;
mod key_limits;
mod keys;
mod outgoing;
mod outgoing_open;
mod persistence;
mod set;
mod sizes;
mod snapshots;
mod values;

use crate::case::Case;

pub(super) const GROUPS: &[&[Case]] = &[
    buckets::CASES,
    handles::CASES,
    get::CASES,
    set::CASES,
    delete::CASES,
    exists::CASES,
    keys::CASES,
    key_limits::CASES,
    values::CASES,
    sizes::CASES,
    outgoing::CASES,
    outgoing_open::CASES,
    incoming::CASES,
    snapshots::CASES,
    errors::CASES,
    integrity::CASES,
    convergence::CASES,
    claims::CASES,
    persistence::CASES,
    crossings::CASES,
];
