//! The calls by which systematic changes extend a workload.

use kvspec_reference::workload::stamp::Stamp;
use kvspec_reference::workload::{Call, Keys, ValueSource};
use kvspec_suites::workloads::generate::Repertoire;

use super::calls::HANDLES;

/// A call that an extension adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    Get,
    Exists,
    Delete,
    /// Of the empty value.
    SetEmpty,
    /// Of a value that no other call sets.
    Set,
    /// Of the bucket.
    List,
    /// By one.
    Increment,
    CasNew,
    /// With the handle of [`Added::CasNew`].
    Swap,
    /// Of that key alone, as the next two.
    GetMany,
    SetMany,
    DeleteMany,
}

const FOUR: &[Added] = &[Added::Get, Added::Exists, Added::Delete, Added::SetEmpty, Added::Set];

impl Added {
    /// Each call that can be added where this is offered.
    pub(super) fn offered(repertoire: Repertoire) -> Vec<Added> {
        let listing: &[Added] = if repertoire.listing { &[Added::List] } else { &[] };
        let increment: &[Added] = if repertoire.increment.is_some() { &[Added::Increment] } else { &[] };
        let swap: &[Added] = if repertoire.swap { &[Added::CasNew, Added::Swap] } else { &[] };
        let batch: &[Added] = if repertoire.batch { &[Added::GetMany, Added::SetMany, Added::DeleteMany] } else { &[] };
        [FOUR, listing, increment, swap, batch].concat()
    }

    /// The call on this register, with this stamp where a value is written.
    pub(super) fn call(self, bucket: String, key: String, stamp: Stamp) -> Call {
        let one = || Keys::One(key.clone());
        let handle = || HANDLES[0].to_owned();
        match self {
            Added::Get => Call::Get { bucket, key },
            Added::Exists => Call::Exists { bucket, key },
            Added::Delete => Call::Delete { bucket, key },
            Added::SetEmpty => Call::Set { bucket, key, value: ValueSource::Bytes(Vec::new()) },
            Added::Set => Call::Set { bucket, key, value: ValueSource::Stamp(stamp) },
            Added::List => Call::List { bucket, pages: None },
            Added::Increment => Call::Increment { bucket, key, delta: 1 },
            Added::CasNew => Call::CasNew { handle: handle(), bucket, key },
            Added::Swap => Call::Swap { handle: handle(), value: ValueSource::Stamp(stamp) },
            Added::GetMany => Call::GetMany { bucket, keys: vec![one()] },
            Added::SetMany => Call::SetMany { bucket, pairs: vec![(one(), ValueSource::Stamp(stamp))] },
            Added::DeleteMany => Call::DeleteMany { bucket, keys: vec![one()] },
        }
    }
}
