//! Bodies that are streamed.

use super::Client;
use crate::history::Kind;
use crate::interface::{IncomingValue, Result};
use crate::workload::log::{Log, Recorded};
use crate::workload::pieces::Pieces;
use crate::workload::stamp::LENGTH_MAX;

/// How many bytes beyond the size that a value says it has are read.
const BEYOND_BYTES: u64 = 64 << 10;
/// After so many reads in a row that give nothing, a stream counts as ended.
const EMPTY_READS_MAX: u32 = 10_000;
/// At most how many bytes the rest of a body is read by at a time.
const READ_BYTES: u64 = 64 << 10;

impl<L: Log> Client<'_, L> {
    /// `set` of a body that is written in these pieces.
    pub(super) fn set_streamed(&mut self, bucket: &str, key: &str, body: &[u8], pieces: &Pieces) -> Result<()> {
        let value = self.implementation.outgoing_value_as(self.id);
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
    // A stream may never end; what is read beyond its size is wrong enough.
    let longest = match value.size() {
        Ok(size) => size.saturating_add(BEYOND_BYTES).min(LENGTH_MAX.into()),
        Err(failure) if failure.is_interface_error() => LENGTH_MAX.into(),
        Err(failure) => return Err(failure),
    };
    let mut stream = value.consume_stream()?;
    let (mut body, mut empty_reads) = (Vec::new(), 0);
    let rest = std::iter::repeat_n(READ_BYTES, if pieces.is_dropped { 0 } else { usize::MAX });
    for limit in pieces.limits().chain(rest) {
        let Some(bytes) = stream.read(limit)? else { break };
        empty_reads = if bytes.is_empty() { empty_reads + 1 } else { 0 };
        body.extend(bytes);
        if body.len() as u64 > longest || empty_reads > EMPTY_READS_MAX {
            break;
        }
    }
    Ok(body)
}
