//! Bodies as streams of `wasi:io`, which a component offers in one of two ways: its own stream
//! resources, which we drive through its exports, or streams of the host, which it got from an
//! import. (The third way, no streams at all, is an error of the call before.)

use kvspec_reference::interface::{Failure, InputStream, OutputStream, Result};
use wasmtime::component::{Resource, ResourceAny, ResourceType};

use super::eventual::StreamError;
use super::live::{Live, Shared};
use crate::sandbox::{HostInput, HostOutput};

/// The most bytes that `blocking-write-and-flush` takes at once, by the text of `wasi:io`.
const WRITE_BYTES_MAX: usize = 4096;

/// The end of a stream that we hold.
enum End<R: 'static> {
    /// A resource of the component.
    Guest(ResourceAny),
    /// A resource of the host.
    Host(Resource<R>),
}

impl<R: Send + 'static> End<R> {
    fn of(live: &mut Live, stream: ResourceAny) -> Result<Self> {
        if stream.ty() != ResourceType::host::<R>() {
            return Ok(End::Guest(stream));
        }
        let resource = stream.try_into_resource::<R>(&mut live.store);
        resource.map(End::Host).map_err(|e| Failure::Harness(format!("a host stream: {e:#}")))
    }
}

/// The writing end of a body; dropping it ends the body.
pub(super) struct Writer {
    live: Shared,
    end: End<HostOutput>,
}

impl Writer {
    pub(super) fn new(live: &Shared, stream: ResourceAny) -> Result<Self> {
        let end = End::of(&mut live.borrow_mut(), stream)?;
        Ok(Self { live: live.clone(), end })
    }
}

impl OutputStream for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let live = &mut *self.live.borrow_mut();
        match &self.end {
            End::Host(resource) => {
                let sandbox = live.store.data_mut();
                let written = sandbox.write(resource, bytes).map_err(|e| Failure::Trap(e.to_string()))?;
                written.map_err(|code| Failure::error(format!("the stream of a file: {code:?}")))
            }
            End::Guest(stream) => {
                let function = live.functions.stream_write.ok_or_else(unexported)?;
                // A write of nothing is a write too.
                let (first, rest) = bytes.split_at(bytes.len().min(WRITE_BYTES_MAX));
                for part in std::iter::once(first).chain(rest.chunks(WRITE_BYTES_MAX)) {
                    let (written,) = live.call("write", function, (*stream, part))?;
                    written.map_err(|error| failed(live, error))?;
                }
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        let live = &mut *self.live.borrow_mut();
        let End::Guest(stream) = &self.end else { return Ok(()) };
        let function = live.functions.stream_flush.ok_or_else(unexported)?;
        let (flushed,) = live.call("flush", function, (*stream,))?;
        flushed.map_err(|error| failed(live, error))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let live = &mut *self.live.borrow_mut();
        match &self.end {
            End::Guest(stream) => live.drop_resource(*stream),
            End::Host(resource) => {
                // One that is gone needs no closing.
                let _ = live.store.data_mut().close_output(Resource::new_own(resource.rep()));
            }
        }
    }
}

/// The reading end of a body.
pub(super) struct Reader {
    live: Shared,
    end: End<HostInput>,
}

impl Reader {
    pub(super) fn new(live: &Shared, stream: ResourceAny) -> Result<Self> {
        let end = End::of(&mut live.borrow_mut(), stream)?;
        Ok(Self { live: live.clone(), end })
    }
}

impl InputStream for Reader {
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>> {
        let live = &mut *self.live.borrow_mut();
        match &self.end {
            End::Host(resource) => {
                let sandbox = live.store.data_mut();
                let index = match *sandbox.table.get(resource).map_err(lost)? {
                    HostInput::Empty => return Ok(None),
                    HostInput::File { .. } => return sandbox.read_on(resource, limit).map_err(lost),
                    HostInput::Pipe(index) => index,
                };
                if !sandbox.pipe_is_ready(index) {
                    let why = "the stream of a body neither gives bytes nor ends: its writing end was never dropped";
                    return Err(Failure::Trap(why.into()));
                }
                if sandbox.pipe_is_ended(index) {
                    return Ok((limit == 0).then(Vec::new));
                }
                Ok(Some(sandbox.drain_pipe(index, usize::try_from(limit).unwrap_or(usize::MAX))))
            }
            End::Guest(stream) => {
                let function = live.functions.stream_read.ok_or_else(unexported)?;
                match live.call("read", function, (*stream, limit))?.0 {
                    Ok(part) => Ok(Some(part)),
                    Err(StreamError::Closed) => Ok(None),
                    Err(error) => Err(failed(live, error)),
                }
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let live = &mut *self.live.borrow_mut();
        match &self.end {
            End::Guest(stream) => live.drop_resource(*stream),
            End::Host(resource) => {
                // One that is gone needs no closing.
                let _ = live.store.data_mut().close_input(Resource::new_own(resource.rep()));
            }
        }
    }
}

fn failed(live: &mut Live, error: StreamError) -> Failure {
    match error {
        StreamError::Closed => Failure::error("stream closed"),
        StreamError::LastOperationFailed(error) => {
            live.drop_resource(error);
            Failure::error("stream operation failed")
        }
    }
}

fn unexported() -> Failure {
    Failure::Trap("gives out a stream of its own, but exports no wasi:io/streams to drive it".into())
}

fn lost(error: impl std::fmt::Display) -> Failure {
    Failure::Harness(format!("a stream of the host is gone: {error}"))
}
