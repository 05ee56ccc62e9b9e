//! A subject from a function, and subjects of others.

use super::failure::Result;
use super::implementation::{Implementation, Subject};
use crate::profile::Profile;

/// Implementations that a function makes; see [`fresh`].
#[derive(Debug, Clone, Copy)]
pub struct Fresh<F> {
    start: F,
    profile: Profile,
}

/// A subject whose implementations this function makes, each from the seed of its case or workload.
///
/// ```
/// use kvspec_reference::interface::{Subject, fresh};
/// use kvspec_reference::{InMemory, Profile};
///
/// let subject = fresh(|_seed| InMemory::new()).of(Profile::StoreDraft2);
/// assert!(subject.start(7).is_ok());
/// ```
pub fn fresh<I, F>(start: F) -> Fresh<F>
where
    I: Implementation + 'static,
    F: Fn(u64) -> I,
{
    Fresh { start, profile: Profile::default() }
}

impl<F> Fresh<F> {
    /// The same, to be tested for this profile.
    pub fn of(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }
}

impl<I: Implementation + 'static, F: Fn(u64) -> I> Subject for Fresh<F> {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new((self.start)(seed)))
    }

    fn profile(&self) -> Profile {
        self.profile
    }
}

macro_rules! forwarded {
    ($($pointer:ty),*) => { $(
        impl<S: Subject + ?Sized> Subject for $pointer {
            fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
                (**self).start(seed)
            }

            fn profile(&self) -> Profile {
                (**self).profile()
            }

            fn offer(&self) -> String {
                (**self).offer()
            }
        }
    )* };
}

forwarded!(&S, Box<S>, std::rc::Rc<S>, std::sync::Arc<S>);
