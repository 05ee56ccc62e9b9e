//! Why something is no history.

use std::fmt;

/// Why entries or records are no history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryError {
    /// Entry `entry` responds before it is invoked.
    ResponseBeforeInvocation {
        /// Index of the entry in the order it was pushed.
        entry: usize,
    },
    /// A session issued an operation before its last one was answered.
    OverlapInSession {
        /// The session.
        session: u16,
        /// The earlier entry, in the order pushed.
        first: usize,
        /// The later entry.
        second: usize,
    },
    /// More events than ranks (2^32 - 2).
    TooLong,
    /// A record names a register, a value, a swap or a time that is not there.
    NotThere {
        /// Index of the record.
        record: usize,
    },
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResponseBeforeInvocation { entry } => {
                write!(f, "operation {entry} responds before it is invoked")
            }
            Self::OverlapInSession { session, first, second } => write!(
                f,
                "session {session} issues operation {second} before its operation {first} has ended; \
                 a session issues calls one after another"
            ),
            Self::TooLong => write!(f, "more events than a history can hold (2^32 - 2)"),
            Self::NotThere { record } => {
                write!(f, "operation {record} names a register, a value, a swap or a time that the history lacks")
            }
        }
    }
}

impl std::error::Error for HistoryError {}
