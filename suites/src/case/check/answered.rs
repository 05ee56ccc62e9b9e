//! Naming an operation before the history is complete, and a call in words.

use kvspec_reference::anomaly::name_text;

/// An operation, by how many were answered before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered(pub(super) usize);

impl Answered {
    /// The operation that was answered before it, if there is one.
    pub fn previous(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

/// A call on a register in words, such as `get of b/k`.
pub(super) fn place(call: &str, bucket: &str, key: &str) -> String {
    format!("{call} of {}/{}", name_text(bucket), name_text(key))
}
