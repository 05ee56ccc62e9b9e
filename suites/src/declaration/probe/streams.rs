//! Whether bodies go in and out by streams.

use kvspec_reference::interface::{Clock, Result};

use super::answer::{Answer, succeeds};
use super::patience::{shown, unshown};
use crate::persisting::Persisting;

/// A body goes in by a stream and comes out by one.
pub(super) fn streams(implementation: &Persisting<'_>, clock: &dyn Clock, bucket: &str) -> Result<Answer> {
    let handle = implementation.open(bucket)?;
    let value = implementation.outgoing_value()?;
    let mut sink = match value.write_stream() {
        Ok(sink) => sink,
        refused => return succeeds(refused).map(Ok),
    };
    if !succeeds(sink.write(b"v").and_then(|()| sink.flush()))? {
        return Ok(Ok(false));
    }
    drop(sink);
    if !succeeds(handle.set_value("k", &*value))? {
        return Ok(Ok(false));
    }
    let incoming = shown(&*handle, clock, "k")?.then(|| handle.get_value("k")).transpose()?.flatten();
    let Some(incoming) = incoming else { return Ok(Err(unshown())) };
    match incoming.consume_stream() {
        Ok(mut stream) => succeeds(stream.read(16)).map(Ok),
        refused => succeeds(refused).map(Ok),
    }
}
