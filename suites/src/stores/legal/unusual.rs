//! What a correct but unusual store is.

use kvspec_reference::interface::{Implementation, Result, Subject};

use crate::declaration::Declaration;

/// A correct store that does something few would expect.
#[derive(Debug, Clone, Copy)]
pub struct Unusual {
    /// Its identity, in kebab-case.
    pub name: &'static str,
    /// What is unusual, and why it is allowed.
    pub story: &'static str,
    /// A fresh one. What it does by chance comes from the seed.
    pub start: fn(u64) -> Box<dyn Implementation>,
    /// What it declares of itself.
    pub declaration: fn() -> Declaration,
}

impl Unusual {
    pub(super) const fn new(
        name: &'static str,
        story: &'static str,
        declaration: fn() -> Declaration,
        start: fn(u64) -> Box<dyn Implementation>,
    ) -> Self {
        Self { name, story, start, declaration }
    }
}

impl Subject for Unusual {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok((self.start)(seed))
    }
}
