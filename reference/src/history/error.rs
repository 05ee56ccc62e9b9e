//! Why entries are no history.

use std::fmt;

/// Why a sequence of entries is no history.
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
    /// An operation on a register with an initial value that such a register cannot have.
    NotWithInitial {
        /// Index of the entry in the order it was pushed.
        entry: usize,
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
            Self::NotWithInitial { entry } => write!(
                f,
                "operation {entry} is none of get, set, delete and cas, which alone a register with an initial \
                 value may have"
            ),
            Self::TooLong => write!(f, "more events than a history can hold (2^32 - 2)"),
        }
    }
}

impl std::error::Error for HistoryError {}
