//! Mutants: broken stores, each with one bug of a kind seen in the wild. They test the tests.
//!
//! A mutant is a correct store with one hook replaced, a few lines each, grouped as the interface
//! is. A case that kills no mutant has proved nothing yet; a mutant that survives shows a missing
//! case. [`crate::kill_matrix`] runs all mutants against all cases.

mod behind_errors;
mod bodies;
mod buckets;
mod claims;
mod convergence;
mod declared;
mod delete;
mod errors;
mod integrity;
mod inventions;
mod keys;
mod mutant;
mod reads;
mod set;
pub mod store;
mod values;

use std::sync::LazyLock;

pub use mutant::Mutant;

/// All mutants, in the order of the interface.
pub fn all() -> &'static [Mutant] {
    static ALL: LazyLock<Vec<Mutant>> = LazyLock::new(|| {
        let groups = [
            buckets::MUTANTS,
            reads::MUTANTS,
            set::MUTANTS,
            delete::MUTANTS,
            keys::MUTANTS,
            keys::MUTANTS_OF_OTHER_KEYS,
            values::MUTANTS,
            bodies::MUTANTS_OF_OUTGOING,
            bodies::MUTANTS_OF_INCOMING,
            errors::MUTANTS,
            behind_errors::MUTANTS,
            claims::MUTANTS,
            integrity::MUTANTS,
            convergence::MUTANTS,
            inventions::MUTANTS,
        ];
        groups.concat()
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_stories_are_told() {
        let mut seen = BTreeSet::new();
        for mutant in all() {
            assert!(seen.insert(mutant.name), "{} is there twice", mutant.name);
            let is_kebab = mutant.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            assert!(is_kebab, "{} is not in kebab-case", mutant.name);
            assert!(!mutant.breaks.is_empty(), "{} breaks nothing", mutant.name);
            assert!(mutant.story.ends_with('.'), "the story of {} is a sentence", mutant.name);
        }
        assert!(seen.len() >= 60, "{} mutants", seen.len());
    }
}
