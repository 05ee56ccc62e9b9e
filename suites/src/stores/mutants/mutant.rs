//! What a mutant is.

use kvspec_reference::RequirementId;
use kvspec_reference::interface::{Implementation, Result, Subject};

use crate::declaration::Declaration;

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
    pub(super) const fn new(
        name: &'static str,
        breaks: &'static [RequirementId],
        story: &'static str,
        start: fn(u64) -> Box<dyn Implementation>,
    ) -> Self {
        Self { name, breaks, story, start, declaration: Declaration::default }
    }

    /// The same mutant with another declaration.
    pub(super) const fn declaring(mut self, declaration: fn() -> Declaration) -> Self {
        self.declaration = declaration;
        self
    }
}

impl Subject for Mutant {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok((self.start)(seed))
    }
}
