//! What becomes of a test whose program is not installed.

use kvspec::conformance::trials::{Completion, Failed};

/// Skipped, and why, except in CI (`CI=true` in the environment, which `.ci/run` sets): there it fails,
/// since nothing may be green because it did not run.
///
/// # Errors
/// In CI, with the same reason.
pub fn missing(why: &str) -> Result<Completion, Failed> {
    if std::env::var("CI").is_ok_and(|value| value == "true") {
        return Err(format!("{why} (in CI, nothing is skipped)").into());
    }
    Ok(Completion::ignored_with(why))
}
