//! Mutants of `store@0.2.0`: each is the correct store of `base` with one hook replaced.

pub(crate) mod base;
mod counters;
mod handles;
mod lists;
mod many;
mod swaps;

use super::Mutant;
use crate::declaration::{Capabilities, Claim, Consistency, Declaration};

/// All mutants of the profile, in the order of the interface.
pub fn all() -> Vec<Mutant> {
    [handles::MUTANTS, lists::MUTANTS, lists::MUTANTS_OF_NAMES, counters::MUTANTS, swaps::MUTANTS, many::MUTANTS]
        .concat()
}

/// What the stores here declare: two buckets, no streams, and what the profile demands of reads.
pub fn declaration() -> Declaration {
    let buckets = base::BUCKETS.map(String::from).to_vec();
    Declaration {
        capabilities: Capabilities { creates_buckets: false, buckets, streaming: false, ..Default::default() },
        consistency: Consistency { claims: vec![Claim::ReadYourWrites], ..Default::default() },
        ..Default::default()
    }
}

/// As [`declaration`], of stores that open any bucket.
pub(crate) fn creating_buckets() -> Declaration {
    let mut declaration = declaration();
    declaration.capabilities.creates_buckets = true;
    declaration.capabilities.buckets.clear();
    declaration
}

/// A list of mutants: name, what it breaks, where such a bug comes from, and the hooks.
macro_rules! mutants {
    ($($name:literal: [$($id:ident),+] $story:literal { $($hook:ident: $function:expr),+ $(,)? })+) => {
        pub(super) const MUTANTS: &[crate::stores::mutants::Mutant] = &[$({
            const HOOKS: Hooks = Hooks { $($hook: $function,)+ ..CORRECT };
            crate::stores::mutants::Mutant::new($name, &[$(kvspec_reference::RequirementId::$id),+], $story, |_seed| super::base::with(&HOOKS))
                .declaring(super::declaration)
        }),+];
    };
}
use mutants;
