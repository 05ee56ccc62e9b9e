//! Stores that a function makes, of a type that is known.

use std::sync::Arc;

use kvspec_reference::interface::{Implementation, Result, Subject};

/// Makes a store from a seed.
pub(super) type Start<I> = Arc<dyn Fn(u64) -> Result<I> + Send + Sync>;

/// The subject of such stores.
pub(super) struct Fresh<I>(pub(super) Start<I>);

impl<I: Implementation + 'static> Subject for Fresh<I> {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new((self.0)(seed)?))
    }
}
