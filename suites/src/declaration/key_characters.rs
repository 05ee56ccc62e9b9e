//! Which characters a key may have.

use serde::{Deserialize, Serialize};

/// Which characters a key may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeyCharacters {
    /// Any string, the empty one included.
    #[default]
    Any,
    /// Any string but the empty one.
    NonEmpty,
    /// Printable ASCII without blanks, not empty.
    PrintableAscii,
    /// Letters, digits, `-`, `_`, `.`, `/` and `=`, not empty.
    Portable,
}

impl KeyCharacters {
    /// All of them, the widest first.
    pub const ALL: [KeyCharacters; 4] =
        [KeyCharacters::Any, KeyCharacters::NonEmpty, KeyCharacters::PrintableAscii, KeyCharacters::Portable];

    /// The name in a declaration.
    pub fn name(self) -> &'static str {
        match self {
            KeyCharacters::Any => "any",
            KeyCharacters::NonEmpty => "non-empty",
            KeyCharacters::PrintableAscii => "printable-ascii",
            KeyCharacters::Portable => "portable",
        }
    }

    /// Whether a key consists of characters that are declared to be allowed.
    pub fn allow(self, key: &str) -> bool {
        match self {
            KeyCharacters::Any => true,
            KeyCharacters::NonEmpty => !key.is_empty(),
            KeyCharacters::PrintableAscii => !key.is_empty() && key.bytes().all(|b| b.is_ascii_graphic()),
            KeyCharacters::Portable => {
                !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./=".contains(&b))
            }
        }
    }
}
