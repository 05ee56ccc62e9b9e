//! Who speaks with us through a pair of pipes.

use std::time::Duration;

/// What runs at the other end of the pipes: a process, or a thread of this one. Dropping it ends it, if it can be
/// ended.
pub(in crate::subject) trait Peer: Send {
    /// How long it has stood in the queue for a processor since it began.
    fn queued(&self) -> Duration;

    /// Whether it has ended by itself.
    fn has_ended(&mut self) -> bool;

    /// How it ended, once it has closed its pipes.
    fn how_it_ended(&mut self) -> String;

    /// Lets it end as it does when its input has ended, which it has.
    fn end_orderly(&mut self);

    /// Ends it at once, if it can be ended.
    fn kill(&mut self);
}
