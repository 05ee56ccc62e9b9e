//! The dialects of `wasi:keyvalue/eventual@0.1.0`.
//!
//! | what | published as |
//! |---|---|
//! | `incoming-value-consume-*` | static functions that take the value (commit b6313d4); methods that borrow it (before) |
//! | streams of bodies | those of `wasi:io` 0.2; those of its pre-release of 2023-11-10, which b6313d4 names |

use std::fmt;

/// The version of the interface.
const VERSION: &str = "0.1.0";

/// What a component or host offers of `eventual@0.1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventualDialect {
    /// How a value that was got is consumed.
    pub consume: Consume,
    /// Which streams bodies are.
    pub streams: Streams,
}

/// The shape of `incoming-value-consume-sync` and `-async`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consume {
    /// A static function that takes the value.
    Static,
    /// A method that borrows it.
    Method,
}

/// The release of `wasi:io` whose streams bodies are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// Any of 0.2.
    Stable,
    /// `0.2.0-rc-2023-11-10`
    Preview,
}

impl EventualDialect {
    /// That of commit b6313d4, with the streams that runtimes have.
    pub const PUBLISHED: Self = Self { consume: Consume::Static, streams: Streams::Stable };

    /// Each, the usual one first.
    pub fn all() -> impl Iterator<Item = Self> {
        let streams = [Streams::Stable, Streams::Preview].into_iter();
        streams.flat_map(|streams| [Consume::Static, Consume::Method].map(|consume| Self { consume, streams }))
    }

    /// The dialect in one line.
    pub(super) fn words(&self) -> String {
        format!("eventual@{VERSION},consume={},streams={}", self.consume.name(), self.streams.name())
    }

    /// The dialect of this version that these words, with values, describe.
    pub(super) fn read<'a>(version: &str, words: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let mut dialect = (version == VERSION).then_some(Self::PUBLISHED)?;
        for (name, value) in words {
            match name {
                "consume" => {
                    let mut known = [Consume::Static, Consume::Method].into_iter();
                    dialect.consume = known.find(|consume| consume.name() == value)?;
                }
                "streams" => {
                    let mut known = [Streams::Stable, Streams::Preview].into_iter();
                    dialect.streams = known.find(|streams| streams.name() == value)?;
                }
                _ => return None,
            }
        }
        Some(dialect)
    }
}

impl Consume {
    fn name(self) -> &'static str {
        match self {
            Consume::Static => "static",
            Consume::Method => "method",
        }
    }
}

impl Streams {
    fn name(self) -> &'static str {
        match self {
            Streams::Stable => "stable",
            Streams::Preview => "2023-11-10",
        }
    }
}

impl fmt::Display for EventualDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = match self.consume {
            Consume::Static => "static functions",
            Consume::Method => "methods",
        };
        let streams = match self.streams {
            Streams::Stable => "0.2",
            Streams::Preview => "0.2.0-rc-2023-11-10",
        };
        write!(f, "eventual@{VERSION} with {shape} that consume, streams of wasi:io@{streams}")
    }
}
