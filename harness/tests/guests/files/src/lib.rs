//! A store that keeps its data in files, as a component of either profile.

mod disk;
#[cfg(feature = "eventual")]
mod eventual;
#[cfg(not(feature = "eventual"))]
mod store;
