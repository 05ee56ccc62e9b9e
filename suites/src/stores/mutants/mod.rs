//! Mutants: broken stores, each with one bug of a kind seen in the wild. They test the tests.
//!
//! A mutant is a correct store with one hook replaced, a few lines each, grouped as the interface
//! is. A case that kills no mutant has proved nothing yet; a mutant that survives shows a missing
//! case. [`crate::kill_matrix`] runs all mutants against all cases.

mod bodies;
mod buckets;
mod claims;
mod convergence;
mod delete;
mod errors;
mod integrity;
mod inventions;
mod keys;
mod reads;
mod set;
pub mod store;
mod values;

use std::sync::LazyLock;
use std::time::Duration;

use kvspec_reference::RequirementId;
use kvspec_reference::interface::{Failure, Implementation, Result, Subject};

use crate::declaration::{Capabilities, Declaration, Limits};
use crate::stores::hooked::{CORRECT, Hooks};

/// A broken store.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// Its identity, in kebab-case.
    pub name: &'static str,
    /// The requirements that it breaks, the main one first.
    pub breaks: &'static [RequirementId],
    /// Where such a bug comes from.
    pub story: &'static str,
    /// A fresh one. What it does by chance comes from the seed.
    pub start: fn(u64) -> Box<dyn Implementation>,
    /// What it declares of itself.
    pub declaration: fn() -> Declaration,
}

impl Mutant {
    /// A mutant that declares the defaults.
    const fn new(
        name: &'static str,
        breaks: &'static [RequirementId],
        story: &'static str,
        start: fn(u64) -> Box<dyn Implementation>,
    ) -> Self {
        Self { name, breaks, story, start, declaration: Declaration::default }
    }

    /// The same mutant with another declaration.
    const fn declaring(mut self, declaration: fn() -> Declaration) -> Self {
        self.declaration = declaration;
        self
    }
}

impl Subject for Mutant {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok((self.start)(seed))
    }
}

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
            claims::MUTANTS,
            integrity::MUTANTS,
            convergence::MUTANTS,
            inventions::MUTANTS,
        ];
        groups.concat()
    });
    &ALL
}

/// The longest key of mutants that have a limit, in bytes.
const KEY_BYTES_MAX: usize = 64;
/// The longest value of mutants that have a limit, in bytes.
const VALUE_BYTES_MAX: usize = 1_000;

/// Declares limits on keys and values.
fn limited() -> Declaration {
    let limits =
        Limits { max_key_bytes: Some(KEY_BYTES_MAX), max_value_bytes: Some(VALUE_BYTES_MAX), ..Limits::default() };
    Declaration { limits, ..Declaration::default() }
}

/// Keeps the declared limits with honest errors: correct.
const LIMITED: Hooks = Hooks {
    key: |key| match key.len() {
        ..=KEY_BYTES_MAX => Ok(key.into()),
        _ => Err(Failure::error("the key is too long")),
    },
    set: |slot, value| match value.len() {
        ..=VALUE_BYTES_MAX => (CORRECT.set)(slot, value),
        _ => Err(Failure::error("the value is too long")),
    },
    // What a mutant counts here is how many errors there were.
    after_error: |core, _| core.count.set(core.count.get() + 1),
    ..CORRECT
};

/// The buckets of mutants that create none on opening.
const BUCKETS: [&str; 3] = ["first", "second", "third"];

/// Declares that opening creates no bucket, and which ones exist.
fn fixed_buckets() -> Declaration {
    let buckets = BUCKETS.map(str::to_owned).to_vec();
    let capabilities = Capabilities { creates_buckets: false, buckets, ..Capabilities::default() };
    Declaration { capabilities, ..Declaration::default() }
}

/// The convergence bound that a declaration without one has.
const BOUND_MS: u64 = 1_000;

/// Nanoseconds of so many milliseconds.
const fn ms(ms: u64) -> u64 {
    Duration::from_millis(ms).as_nanos() as u64
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

    #[test]
    fn the_bound_is_the_declared_default() {
        assert_eq!(Declaration::default().convergence_bound(), Duration::from_millis(BOUND_MS));
    }
}
