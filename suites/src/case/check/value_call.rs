//! The calls of a value's life, from an outgoing value to the end of an incoming one.

use kvspec_reference::RequirementId::{self, KveInc01, KveOut01};

/// A call on a value, or on the stream of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueCall {
    /// `outgoing-value.new-outgoing-value`.
    NewOutgoing,
    /// `outgoing-value-write-body-sync`.
    WriteBodySync,
    /// `outgoing-value-write-body-async`.
    WriteBodyAsync,
    /// A write to the stream that `write-body-async` gave.
    WriteToStream,
    /// A flush of that stream.
    FlushStream,
    /// `incoming-value-consume-sync`.
    ConsumeSync,
    /// `incoming-value-consume-async`.
    ConsumeAsync,
    /// A read of the stream that `consume-async` gave.
    ReadStream,
}

impl ValueCall {
    /// The call in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewOutgoing => "new-outgoing-value",
            Self::WriteBodySync => "write-body-sync",
            Self::WriteBodyAsync => "write-body-async",
            Self::WriteToStream => "writing to the stream",
            Self::FlushStream => "flushing the stream",
            Self::ConsumeSync => "consume-sync",
            Self::ConsumeAsync => "consume-async",
            Self::ReadStream => "reading the stream",
        }
    }

    /// What an error of it breaks.
    pub fn requirement(self) -> RequirementId {
        match self {
            Self::NewOutgoing
            | Self::WriteBodySync
            | Self::WriteBodyAsync
            | Self::WriteToStream
            | Self::FlushStream => KveOut01,
            Self::ConsumeSync | Self::ConsumeAsync | Self::ReadStream => KveInc01,
        }
    }
}
