//! Mutants of `store@0.2.0`: each is the correct store of `base` with one hook replaced.

pub(crate) mod base;
mod counters;
mod declared;
mod handles;
mod list;
mod lists;
mod many;
mod reported;
mod swaps;

use super::mutant::Mutant;

pub(crate) use declared::creating_buckets;
pub use declared::declaration;

/// All mutants of the profile, in the order of the interface.
pub fn all() -> Vec<Mutant> {
    [
        handles::MUTANTS,
        lists::MUTANTS,
        lists::MUTANTS_OF_NAMES,
        counters::MUTANTS,
        swaps::MUTANTS,
        many::MUTANTS,
        reported::MUTANTS,
    ]
    .concat()
}

/// Those of them that are bugs of public reports, rebuilt.
pub fn reported() -> &'static [Mutant] {
    reported::MUTANTS
}
