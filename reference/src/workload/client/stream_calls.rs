//! Bodies that are streamed.

use super::Client;
use crate::history::Kind;
use crate::interface::{IncomingValue, Result};
use crate::workload::log::{Log, Recorded};
use crate::workload::pieces::Pieces;

/// At most how many bytes the rest of a body is read by at a time.
const READ_BYTES: u64 = 64 << 10;

impl<L: Log> Client<'_, L> {
    /// `set` of a body that is written in these pieces.
    pub(super) fn set_streamed(&mut self, bucket: &str, key: &str, body: &[u8], pieces: &Pieces) -> Result<()> {
        let value = self.implementation.outgoing_value();
        let value = self.or_fault(value)?;
        let mut written = Vec::with_capacity(body.len());
        {
            let stream = value.write_stream();
            let mut stream = self.or_fault(stream)?;
            for piece in pieces.written(body) {
                let done = match piece {
                    Some(bytes) => {
                        written.extend_from_slice(bytes);
                        stream.write(bytes)
                    }
                    None => stream.flush(),
                };
                self.or_fault(done)?;
            }
        }
        self.set_value(bucket, key, &*value, &written)
    }

    /// `get` of a body that is read in these pieces. Where the rest stays unread, all that is known is that there
    /// was a value.
    pub(super) fn get_streamed(&mut self, bucket: &str, key: &str, pieces: &Pieces) -> Result<()> {
        if !pieces.is_dropped {
            return self.get_with(bucket, key, |value| read(value, pieces)).map(drop);
        }
        let is_there = |there: &bool| there.then_some(Recorded::Present);
        let get = |handle: &dyn crate::interface::Bucket| match handle.get_value(key)? {
            Some(value) => read(value, pieces).map(|_| true),
            None => Ok(false),
        };
        self.operate((bucket, key), Kind::Exists, Recorded::Absent, get, is_there).map(drop)
    }
}

fn read(value: Box<dyn IncomingValue>, pieces: &Pieces) -> Result<Vec<u8>> {
    let mut stream = value.consume_stream()?;
    let mut body = Vec::new();
    let rest = std::iter::repeat(READ_BYTES).take(if pieces.is_dropped { 0 } else { usize::MAX });
    for limit in pieces.limits().chain(rest) {
        let Some(bytes) = stream.read(limit)? else { break };
        body.extend(bytes);
    }
    Ok(body)
}
