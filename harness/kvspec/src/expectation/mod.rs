//! `kvspec-expect.toml`: violations that are known, each with the reason why it is there. A violation
//! that is expected fails no run; an expectation that nothing meets any more does, and so does one that
//! is met after its last day.
//!
//! ```toml
//! [[expect]]
//! id = "eventual::keys::*"                 # a pattern, as for --filter
//! requirement = "KVE-KEY-01"               # another violation than this is a failure
//! reason = "keys are folded to lower case" # required
//! issue = "https://example.org/issues/7"
//! expires = 2027-03-31                     # the last day
//! when = { os = "macos", target = "*disk*", profile = "eventual@0.1.0" } # else it is not meant
//! ```

mod circumstances;
mod date;
mod expected;
mod known;
mod met;

pub use circumstances::{Circumstances, When};
pub use date::Date;
pub use expected::Expectations;
pub use known::Expectation;
pub use met::Met;
