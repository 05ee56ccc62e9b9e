//! What mutants declare, and how a correct store keeps it.

use std::time::Duration;

use kvspec_reference::interface::Failure;

use crate::declaration::{Capabilities, Declaration, Limits};
use crate::stores::hooked::{CORRECT, Hooks};

/// The longest key of mutants that have a limit, in bytes.
pub(super) const KEY_BYTES_MAX: usize = 64;
/// The longest value of mutants that have a limit, in bytes.
pub(super) const VALUE_BYTES_MAX: usize = 1_000;

/// Declares limits on keys and values.
pub(super) fn limited() -> Declaration {
    let limits =
        Limits { max_key_bytes: Some(KEY_BYTES_MAX), max_value_bytes: Some(VALUE_BYTES_MAX), ..Limits::default() };
    Declaration { limits, ..Declaration::default() }
}

/// Keeps the declared limits with honest errors: correct.
pub(super) const LIMITED: Hooks = Hooks {
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
pub(super) const BUCKETS: [&str; 3] = ["first", "second", "third"];

/// Declares that opening creates no bucket, and which ones exist.
pub(super) fn fixed_buckets() -> Declaration {
    let buckets = BUCKETS.map(str::to_owned).to_vec();
    let capabilities = Capabilities { creates_buckets: false, buckets, ..Capabilities::default() };
    Declaration { capabilities, ..Declaration::default() }
}

/// The convergence bound that a declaration without one has.
pub(super) const BOUND_MS: u64 = 1_000;

/// Nanoseconds of so many milliseconds.
pub(super) const fn ms(ms: u64) -> u64 {
    Duration::from_millis(ms).as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_the_declared_default() {
        assert_eq!(Declaration::default().convergence_bound(), Duration::from_millis(BOUND_MS));
    }
}
