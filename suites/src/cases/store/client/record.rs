//! How the calls of a client stand in the history.

use std::collections::BTreeSet;

use kvspec_reference::anomaly::value_text;
use kvspec_reference::history::Kind;
use kvspec_reference::interface::Result;
use kvspec_reference::workload::recorder::{Part, Recorded, outcome_of};

use super::handle::Client;
use crate::case::check::Check;

impl Client {
    /// Writes a call on one key into the history. There stand gets, sets, deletes and exists, alone and
    /// in batches, and swaps; a key that was incremented is left out, since nothing says what bytes a
    /// number is; a listing is, since it may speak of any moment since its first page.
    pub(super) fn tells<T>(
        &self,
        check: &Check<'_>,
        invoke: u64,
        (kind, key): (Kind, &str),
        result: &Result<T>,
        value: Recorded<'_>,
    ) {
        let (session, bucket) = (self.sessions.own, self.bucket_name.as_str());
        check.recorder().note(invoke, outcome_of(result), [Part { session, bucket, key, kind, value }]);
    }

    /// As [`Client::tells`], of a call on many keys. A key that is named twice is left out: the parts of
    /// a batch have no order among them, yet the last of two stays.
    pub(super) fn tells_many<'v, T>(
        &self,
        check: &Check<'_>,
        invoke: u64,
        kind: Kind,
        result: &Result<T>,
        states: impl IntoIterator<Item = (&'v str, Recorded<'v>)>,
    ) {
        let bucket = self.bucket_name.as_str();
        let (mut parts, mut known) = (Vec::new(), BTreeSet::new());
        for (part, (key, value)) in states.into_iter().enumerate() {
            if known.insert(key) || !kind.is_write() {
                parts.push(Part { session: self.sessions.of_part(check, part), bucket, key, kind, value });
            } else {
                check.recorder().leave_out(bucket, key);
            }
        }
        check.recorder().note(invoke, outcome_of(result), parts);
    }
}

/// A state as it is recorded.
pub(super) fn state(value: Option<&[u8]>) -> Recorded<'_> {
    value.map_or(Recorded::Absent, Recorded::Bytes)
}

/// A state in words.
pub(super) fn state_text(state: &Option<Vec<u8>>) -> String {
    state.as_deref().map_or("absent".into(), value_text)
}
