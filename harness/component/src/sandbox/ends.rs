//! What the handles of pollables and streams stand for.

use super::files::nodes::NodeId;

/// What a component waits for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pollable {
    Ready,
    /// An instant of virtual time, in nanoseconds.
    At(u64),
    /// The reading end of a pipe: ready when bytes are there or the writer is gone.
    Pipe(u32),
}

/// A reading end that the host gave out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum HostInput {
    Empty,
    /// Where reading of a file stands.
    File {
        node: NodeId,
        offset: u64,
    },
    Pipe(u32),
}

/// A writing end that the host gave out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum HostOutput {
    Print,
    /// Where writing into a file stands; `None`: at its end.
    File {
        node: NodeId,
        offset: Option<u64>,
    },
    Pipe(u32),
}
