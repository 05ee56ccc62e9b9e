//! Bodies as streams: written in pieces, read in pieces, with a guard against streams without end.

use kvspec_reference::interface::{Failure, InputStream, OutputStream};

/// Writes `body` in pieces of `chunk` bytes.
///
/// # Errors
/// Those of the stream.
pub fn write_chunks(stream: &mut dyn OutputStream, body: &[u8], chunk: usize, flush_each: bool) -> Result<(), Failure> {
    for piece in body.chunks(chunk.max(1)) {
        stream.write(piece)?;
        if flush_each {
            stream.flush()?;
        }
    }
    Ok(())
}

/// What came out of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drained {
    /// All bytes, in order.
    pub bytes: Vec<u8>,
    /// What the stream did that no stream may do.
    pub fault: Option<String>,
}

/// How many reads in a row may give nothing before the stream counts as stuck.
const EMPTY_READS_MAX: u32 = 64;

/// Reads a stream to its end in pieces of at most `limit` bytes. `enough` is a number of bytes
/// after which it certainly should have ended. A read after the end must give the end again.
///
/// # Errors
/// Those of the stream.
pub fn drain(stream: &mut dyn InputStream, limit: u64, enough: usize) -> Result<Drained, Failure> {
    let mut bytes = Vec::new();
    let mut empty_reads = 0;
    while let Some(piece) = stream.read(limit)? {
        empty_reads = if piece.is_empty() { empty_reads + 1 } else { 0 };
        let too_long = piece.len() as u64 > limit;
        let length = piece.len();
        bytes.extend_from_slice(&piece);
        let fault = match () {
            () if too_long => format!("a read of at most {limit} bytes gave {length}"),
            () if empty_reads == EMPTY_READS_MAX => format!("{EMPTY_READS_MAX} reads in a row gave no byte and no end"),
            () if bytes.len() > enough => format!("it gave {} bytes and did not end", bytes.len()),
            () => continue,
        };
        return Ok(Drained { bytes, fault: Some(fault) });
    }
    let after_end = stream.read(limit.max(1))?;
    let fault = after_end.map(|piece| format!("a read after the end gave {} bytes, not the end", piece.len()));
    Ok(Drained { bytes, fault })
}
