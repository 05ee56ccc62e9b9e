//! Cases of `store@0.2.0`: what it adds to the four operations. One client does all calls here, so
//! nothing waits: its own writes are to be read at once.

/// The list of a group's cases: name, requirements, and what kind of store it catches.
macro_rules! cases {
    ($group:literal; $($name:ident: [$($id:ident),+] $catches:literal;)+) => {
        pub(super) const CASES: &[crate::case::Case] = &[$(crate::case::Case {
            name: concat!("store::", $group, "::", stringify!($name)),
            requirements: &[$(kvspec_reference::RequirementId::$id),+],
            catches: $catches,
            run: $name,
        }),+];
    };
}

mod batch;
mod cas;
mod client;
mod increment;
mod list_keys;
mod open;
mod own_writes;
mod paging;

use crate::case::Case;

pub(super) const GROUPS: &[&[Case]] =
    &[open::CASES, own_writes::CASES, list_keys::CASES, paging::CASES, increment::CASES, cas::CASES, batch::CASES];
