//! The steps of a workload, and what makes one well formed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use super::keys::Keys;
use super::pieces::Pieces;
use super::value_source::ValueSource;

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
///
/// A handle of a compare-and-swap belongs to the session that made it, under a name; a call on one that the
/// session does not hold does nothing, and neither does a call that the implementation does not offer.
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
    /// `set` of a body that is written as a stream.
    SetStreamed {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What is written.
        value: ValueSource,
        /// How it is cut.
        pieces: Pieces,
    },
    /// `get` of a body that is read as a stream.
    GetStreamed {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// How it is cut.
        pieces: Pieces,
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
    /// `increment`.
    Increment {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What is added. Below 0 only where the profile has a signed delta.
        delta: i64,
    },
    /// `cas.new`: the handle takes the place of one that had its name.
    CasNew {
        /// The name of the handle.
        handle: String,
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// `current` of a handle.
    CasCurrent {
        /// The name of the handle.
        handle: String,
    },
    /// `swap` with a handle. One that fails leaves a fresh handle under the same name.
    Swap {
        /// The name of the handle.
        handle: String,
        /// What is written.
        value: ValueSource,
    },
    /// `list-keys`, page after page.
    List {
        /// The bucket.
        bucket: String,
        /// How many pages at most; `None`: to the page without a cursor.
        pages: Option<u32>,
    },
    /// `get-many`.
    GetMany {
        /// The bucket.
        bucket: String,
        /// The keys, in the order asked.
        keys: Vec<Keys>,
    },
    /// `set-many`.
    SetMany {
        /// The bucket.
        bucket: String,
        /// The keys with what is written to them. Of numbered keys, each gets the value that
        /// [`ValueSource::numbered`] gives for its place.
        pairs: Vec<(Keys, ValueSource)>,
    },
    /// `delete-many`.
    DeleteMany {
        /// The bucket.
        bucket: String,
        /// The keys.
        keys: Vec<Keys>,
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
    /// The bucket the call names; `None` for a call on a handle of a compare-and-swap.
    pub fn bucket(&self) -> Option<&str> {
        match self {
            Call::Reopen { bucket }
            | Call::Get { bucket, .. }
            | Call::Set { bucket, .. }
            | Call::SetStreamed { bucket, .. }
            | Call::GetStreamed { bucket, .. }
            | Call::Delete { bucket, .. }
            | Call::Exists { bucket, .. }
            | Call::Increment { bucket, .. }
            | Call::CasNew { bucket, .. }
            | Call::List { bucket, .. }
            | Call::GetMany { bucket, .. }
            | Call::SetMany { bucket, .. }
            | Call::DeleteMany { bucket, .. } => Some(bucket),
            Call::CasCurrent { .. } | Call::Swap { .. } => None,
        }
    }

    /// The key the call names, where it is one and no batch.
    pub fn key(&self) -> Option<&str> {
        match self {
            Call::Get { key, .. }
            | Call::Set { key, .. }
            | Call::SetStreamed { key, .. }
            | Call::GetStreamed { key, .. }
            | Call::Delete { key, .. }
            | Call::Exists { key, .. }
            | Call::Increment { key, .. }
            | Call::CasNew { key, .. } => Some(key),
            _ => None,
        }
    }

    /// The bucket and key of a call that names one key.
    pub fn register(&self) -> Option<(&str, &str)> {
        Some((self.bucket()?, self.key()?))
    }

    /// The keys that a batch names.
    pub fn batch(&self) -> impl Iterator<Item = &Keys> {
        let (keys, pairs): (&[Keys], &[(Keys, ValueSource)]) = match self {
            Call::GetMany { keys, .. } | Call::DeleteMany { keys, .. } => (keys, &[]),
            Call::SetMany { pairs, .. } => (&[], pairs),
            _ => (&[], &[]),
        };
        keys.iter().chain(pairs.iter().map(|(keys, _)| keys))
    }

    /// All keys that the call names.
    pub fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.key().map(Cow::Borrowed).into_iter().chain(self.batch().flat_map(Keys::names))
    }

    /// The bucket the call names, to change it.
    pub fn bucket_mut(&mut self) -> Option<&mut String> {
        match self {
            Call::Reopen { bucket }
            | Call::Get { bucket, .. }
            | Call::Set { bucket, .. }
            | Call::SetStreamed { bucket, .. }
            | Call::GetStreamed { bucket, .. }
            | Call::Delete { bucket, .. }
            | Call::Exists { bucket, .. }
            | Call::Increment { bucket, .. }
            | Call::CasNew { bucket, .. }
            | Call::List { bucket, .. }
            | Call::GetMany { bucket, .. }
            | Call::SetMany { bucket, .. }
            | Call::DeleteMany { bucket, .. } => Some(bucket),
            Call::CasCurrent { .. } | Call::Swap { .. } => None,
        }
    }

    /// The key the call names, to change it, where it is one and no batch.
    pub fn key_mut(&mut self) -> Option<&mut String> {
        match self {
            Call::Get { key, .. }
            | Call::Set { key, .. }
            | Call::SetStreamed { key, .. }
            | Call::GetStreamed { key, .. }
            | Call::Delete { key, .. }
            | Call::Exists { key, .. }
            | Call::Increment { key, .. }
            | Call::CasNew { key, .. } => Some(key),
            _ => None,
        }
    }

    /// The keys that a batch names, to change them.
    pub fn batch_mut(&mut self) -> impl Iterator<Item = &mut Keys> {
        let (keys, pairs): (&mut [Keys], &mut [(Keys, ValueSource)]) = match self {
            Call::GetMany { keys, .. } | Call::DeleteMany { keys, .. } => (keys, &mut []),
            Call::SetMany { pairs, .. } => (&mut [], pairs),
            _ => (&mut [], &mut []),
        };
        keys.iter_mut().chain(pairs.iter_mut().map(|(keys, _)| keys))
    }

    /// The names of keys that a batch has, to change them: those of single keys, and what numbered keys begin with.
    pub fn batch_names_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.batch_mut().map(Keys::name_mut)
    }

    /// The values that the call writes.
    pub fn values(&self) -> impl Iterator<Item = &ValueSource> {
        let (one, pairs): (Option<&ValueSource>, &[(Keys, ValueSource)]) = match self {
            Call::Set { value, .. } | Call::SetStreamed { value, .. } | Call::Swap { value, .. } => (Some(value), &[]),
            Call::SetMany { pairs, .. } => (None, pairs),
            _ => (None, &[]),
        };
        one.into_iter().chain(pairs.iter().map(|(_, value)| value))
    }

    /// The values that the call writes, to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut ValueSource> {
        let (one, pairs): (Option<&mut ValueSource>, &mut [(Keys, ValueSource)]) = match self {
            Call::Set { value, .. } | Call::SetStreamed { value, .. } | Call::Swap { value, .. } => {
                (Some(value), &mut [])
            }
            Call::SetMany { pairs, .. } => (None, pairs),
            _ => (None, &mut []),
        };
        one.into_iter().chain(pairs.iter_mut().map(|(_, value)| value))
    }

    /// Whether the call can change a register.
    pub fn is_write(&self) -> bool {
        matches!(
            self,
            Call::Set { .. }
                | Call::SetStreamed { .. }
                | Call::Delete { .. }
                | Call::Increment { .. }
                | Call::Swap { .. }
                | Call::SetMany { .. }
                | Call::DeleteMany { .. }
        )
    }

    /// How many bytes all values have together that the call writes.
    pub fn value_bytes(&self) -> usize {
        match self {
            Call::Set { value, .. } | Call::SetStreamed { value, .. } | Call::Swap { value, .. } => value.length(),
            Call::SetMany { pairs, .. } => pairs
                .iter()
                .map(|(keys, value)| value.length().saturating_mul(keys.count()))
                .fold(0, usize::saturating_add),
            _ => 0,
        }
    }
}

impl Workload {
    /// The registers that any step names, each once, in the order they are first named.
    pub fn registers(&self) -> Vec<(&str, Cow<'_, str>)> {
        let (mut found, mut known) = (Vec::new(), BTreeSet::new());
        for step in &self.steps {
            let Step::Call { call, .. } = step else { continue };
            let Some(bucket) = call.bucket() else { continue };
            for key in call.keys() {
                if known.insert((bucket, key.clone())) {
                    found.push((bucket, key));
                }
            }
        }
        found
    }

    /// The buckets that any step names, each once, in the order they are first named.
    pub fn buckets(&self) -> Vec<&str> {
        let mut found = Vec::new();
        for step in &self.steps {
            if let Step::Call { call, .. } = step
                && let Some(bucket) = call.bucket()
                && !found.contains(&bucket)
            {
                found.push(bucket);
            }
        }
        found
    }

    /// How many operations it has, without waits and quiescence points.
    pub fn operation_count(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Call { .. })).count()
    }
}
