//! Bodies as streams of the host's `wasi:io`.

use kvspec_reference::interface::{Failure, InputStream, OutputStream, Result};

use super::super::asking::Asking;
use super::super::call::{Answer, Arguments, Part};
use super::super::resource::Resource;

/// The most bytes that `blocking-write-and-flush` takes at once, by the text of `wasi:io`.
const WRITE_BYTES_MAX: usize = 4096;

/// The writing end of a body.
pub(super) struct Writer(Resource);

impl Writer {
    pub(super) fn new(asking: &Asking, number: u32) -> Self {
        Self(Resource::new(asking, "drop-body-output", number))
    }

    fn done(&self, function: &'static str, arguments: Arguments) -> Result<()> {
        let answer = self.0.ask(function, arguments)?;
        match end(self.0.asking(), &answer)? {
            End::Good(_) => Ok(()),
            End::Closed => Err(Failure::error("stream closed")),
        }
    }
}

impl OutputStream for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        // A write of nothing is a write too.
        let (first, rest) = bytes.split_at(bytes.len().min(WRITE_BYTES_MAX));
        for part in std::iter::once(first).chain(rest.chunks(WRITE_BYTES_MAX)) {
            let arguments = self.0.arguments(2).bytes(part);
            self.done("[method]output-stream.blocking-write-and-flush", arguments)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.done("[method]output-stream.blocking-flush", self.0.arguments(0))
    }
}

/// The reading end of a body.
pub(super) struct Reader {
    stream: Resource,
    /// The stream may be a child of it, so it is dropped later.
    _value: Option<Resource>,
}

impl Reader {
    pub(super) fn new(asking: &Asking, number: u32, value: Option<Resource>) -> Self {
        Self { stream: Resource::new(asking, "drop-body-input", number), _value: value }
    }
}

impl InputStream for Reader {
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>> {
        let arguments = self.stream.arguments(1).number(limit);
        let answer = self.stream.ask("[method]input-stream.blocking-read", arguments)?;
        Ok(match end(self.stream.asking(), &answer)? {
            End::Good(result) => Some(result.list(4)?.to_vec()),
            End::Closed => None,
        })
    }
}

/// How a call of a stream ended that did not fail.
enum End<'a> {
    Good(Part<'a>),
    Closed,
}

fn end<'a>(asking: &Asking, answer: &'a Answer) -> Result<End<'a>> {
    let result = answer.result();
    match (result.byte(0)?, result.byte(4)?) {
        (0, _) => Ok(End::Good(result)),
        (_, 0) => {
            let error = Resource::new(asking, "drop-body-error", result.word(8)?);
            let words = error.ask("[method]error.to-debug-string", error.arguments(0))?.result().text(0)?;
            Err(Failure::error(format!("stream operation failed: {words}")))
        }
        _ => Ok(End::Closed),
    }
}
