//! What the libFuzzer targets do, as plain functions.
//!
//! A target in `fuzz_targets` is one line around a `run` of here; so each is an ordinary test, too
//! (`tests/targets.rs`), over saved inputs and inputs from fixed seeds, on stable Rust. Generators
//! and oracles are those of the suite: nothing here knows what is right.
//!
//! Each target has a canary: the same check on something that is known to be wrong, which must be
//! found within a bounded number of executions ([`canary`]).

pub mod bare;
pub mod canary;
pub mod component;
pub mod configuration_workload;
pub mod history_judge;
pub mod inputs;
pub mod lines;
pub mod store_many_sessions;
pub mod store_single_session;
pub mod workloads;

use std::fmt;
use std::sync::OnceLock;

/// What a target found wrong, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong(pub String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an input was looked at, or what is wrong.
pub type Checked = Result<Looked, Wrong>;

/// Whether an input could show anything. Tests count these: a target that looks at nothing is
/// blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// It was judged.
    Yes,
    /// It is not of a form that can be judged.
    No,
}

/// As the target, or its canary where one is wanted ([`is_canary_wanted`]).
pub fn run_or_canary(bytes: &[u8], run: fn(&[u8]) -> Checked, canary: fn(&[u8]) -> Checked) -> Checked {
    if is_canary_wanted() { canary(bytes) } else { run(bytes) }
}

/// Whether the environment variable `KVSPEC_FUZZ_CANARY` is set. What libFuzzer then does not find, it
/// would not find elsewhere.
pub fn is_canary_wanted() -> bool {
    static IS_WANTED: OnceLock<bool> = OnceLock::new();
    *IS_WANTED.get_or_init(|| std::env::var_os("KVSPEC_FUZZ_CANARY").is_some())
}

/// For libFuzzer, which knows of crashes only.
///
/// # Panics
/// When something is wrong.
pub fn or_panic(checked: Checked) {
    if let Err(wrong) = checked {
        panic!("{wrong}");
    }
}
