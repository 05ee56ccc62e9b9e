//! The steps of a workload, and what makes one well formed.

use std::collections::BTreeSet;
use std::time::Duration;

use super::stamp::Stamp;

/// The most sessions a workload may have.
pub const SESSIONS_MAX: u16 = 1024;

/// What a number of sessions are asked to do. Its debug form is its text form, which
/// [`text::parse`](super::text::parse) reads back: a failed assertion shows what can be run again.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Workload {
    /// How many sessions there are; steps name them from 0. At most [`SESSIONS_MAX`].
    pub sessions: u16,
    /// The steps, in the order of the interleaving.
    pub steps: Vec<Step>,
}

/// One line of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// A session calls an operation.
    Call {
        /// Which session.
        session: u16,
        /// Which operation.
        call: Call,
    },
    /// Nothing is called for this long.
    Wait(Duration),
    /// Writes pause: the convergence bound passes, then every session reads every register it
    /// could know, and the reads are judged.
    Quiesce,
}

/// An operation with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Call {
    /// Drops the session's handle of the bucket, if it has one, and opens it anew.
    Reopen {
        /// The bucket.
        bucket: String,
    },
    /// `get`, consumed at once.
    Get {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// `set`.
    Set {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What is written.
        value: ValueSource,
    },
    /// `delete`.
    Delete {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// `exists`.
    Exists {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
}

impl Step {
    /// The session that calls; `None` where nobody does.
    pub fn session(&self) -> Option<u16> {
        match self {
            Step::Call { session, .. } => Some(*session),
            Step::Wait(_) | Step::Quiesce => None,
        }
    }
}

impl Call {
    /// The bucket the call goes to.
    pub fn bucket(&self) -> &str {
        match self {
            Call::Reopen { bucket }
            | Call::Get { bucket, .. }
            | Call::Set { bucket, .. }
            | Call::Delete { bucket, .. }
            | Call::Exists { bucket, .. } => bucket,
        }
    }

    /// The key the call names; `None` for [`Call::Reopen`].
    pub fn key(&self) -> Option<&str> {
        match self {
            Call::Reopen { .. } => None,
            Call::Get { key, .. } | Call::Set { key, .. } | Call::Delete { key, .. } | Call::Exists { key, .. } => {
                Some(key)
            }
        }
    }

    /// The bucket the call names, to change it.
    pub fn bucket_mut(&mut self) -> &mut String {
        match self {
            Call::Reopen { bucket }
            | Call::Get { bucket, .. }
            | Call::Set { bucket, .. }
            | Call::Delete { bucket, .. }
            | Call::Exists { bucket, .. } => bucket,
        }
    }

    /// The key the call names, to change it; `None` for [`Call::Reopen`].
    pub fn key_mut(&mut self) -> Option<&mut String> {
        match self {
            Call::Reopen { .. } => None,
            Call::Get { key, .. } | Call::Set { key, .. } | Call::Delete { key, .. } | Call::Exists { key, .. } => {
                Some(key)
            }
        }
    }

    /// Whether the call can change a register.
    pub fn is_write(&self) -> bool {
        matches!(self, Call::Set { .. } | Call::Delete { .. })
    }
}

/// Where the bytes of a `set` come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ValueSource {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A value that names its writer. Written out in full, so that it stays the same when other
    /// steps are removed.
    Stamp(Stamp),
}

impl ValueSource {
    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            ValueSource::Bytes(bytes) => bytes.clone(),
            ValueSource::Stamp(stamp) => stamp.bytes(),
        }
    }

    /// How many bytes it has, without making them.
    pub fn length(&self) -> usize {
        match self {
            ValueSource::Bytes(bytes) => bytes.len(),
            ValueSource::Stamp(stamp) => stamp.min_length().max(stamp.length as usize),
        }
    }
}

impl Workload {
    /// The registers that any step names, each once, in the order they are first named.
    pub fn registers(&self) -> Vec<(&str, &str)> {
        let (mut found, mut known) = (Vec::new(), BTreeSet::new());
        for step in &self.steps {
            if let Step::Call { call, .. } = step
                && let Some(key) = call.key()
                && known.insert((call.bucket(), key))
            {
                found.push((call.bucket(), key));
            }
        }
        found
    }

    /// How many operations it has, without waits and quiescence points.
    pub fn operation_count(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Call { .. })).count()
    }
}
