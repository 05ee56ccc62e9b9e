//! Cases of `eventual@0.1.0`, grouped as the interface is.

/// The list of a group's cases: name, requirements, and what kind of store it catches.
macro_rules! cases {
    ($group:literal; $($name:ident: [$($id:ident),+] $catches:literal;)+) => {
        pub(super) const CASES: &[crate::case::Case] = &[$(crate::case::Case {
            name: concat!("eventual::", $group, "::", stringify!($name)),
            requirements: &[$(kvspec_reference::RequirementId::$id),+],
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

/// Cases of one part of the interface.
pub(super) struct Group {
    pub(super) cases: &'static [Case],
    /// Whether they work on outgoing or incoming values, which `store@0.2.0` does not have.
    pub(super) needs_value_resources: bool,
}

const fn group(cases: &'static [Case]) -> Group {
    Group { cases, needs_value_resources: false }
}

const fn of_values(cases: &'static [Case]) -> Group {
    Group { cases, needs_value_resources: true }
}

pub(super) const GROUPS: &[Group] = &[
    group(buckets::CASES),
    group(handles::CASES),
    group(get::CASES),
    group(set::CASES),
    group(delete::CASES),
    group(exists::CASES),
    group(keys::CASES),
    group(key_limits::CASES),
    group(values::CASES),
    group(sizes::CASES),
    of_values(outgoing::CASES),
    of_values(outgoing_open::CASES),
    of_values(incoming::CASES),
    of_values(snapshots::CASES),
    group(errors::CASES),
    group(integrity::CASES),
    group(convergence::CASES),
    group(claims::CASES),
    group(persistence::CASES),
    group(crossings::CASES),
];
