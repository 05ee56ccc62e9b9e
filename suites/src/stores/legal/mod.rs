//! Correct but unusual stores: what they do is allowed, and few would expect it. A case that fails
//! one of them raises a false alarm.

mod limits;
pub mod store;
mod views;

use std::sync::LazyLock;

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
    const fn new(
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

/// All of them.
pub fn all() -> &'static [Unusual] {
    static ALL: LazyLock<Vec<Unusual>> = LazyLock::new(|| [views::STORES, limits::STORES].concat());
    &ALL
}
