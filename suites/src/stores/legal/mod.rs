//! Correct but unusual stores: what they do is allowed, and few would expect it. A case that fails
//! one of them raises a false alarm.

pub(crate) mod errors;
mod limits;
pub mod store;
mod unusual;
mod views;

use std::sync::LazyLock;

pub use unusual::Unusual;

/// All of them.
pub fn all() -> &'static [Unusual] {
    static ALL: LazyLock<Vec<Unusual>> = LazyLock::new(|| [views::STORES, limits::STORES, errors::STORES].concat());
    &ALL
}
