//! `wasi:io`: pollables that know the instant when they are ready, and streams that are standard
//! output, empty input, files, or the ends of a pipe.

use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut, bail};

use super::ends::{HostInput, HostOutput, Pollable};
use super::files::error::{ErrorCode, FileResult};
use super::state::Sandbox;

/// `wasi:io/error.error`: why a file could not be written. No other stream of ours fails.
pub(super) struct IoError {
    pub(super) code: Option<ErrorCode>,
}

#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

type StreamResult<T> = std::result::Result<T, StreamError>;

/// How many bytes a writer may write without asking again.
const WRITE_PERMIT_BYTES: u64 = 64 << 10;
/// The most bytes one read gives, however many were asked for.
const READ_BYTES_MAX: u64 = 1 << 20;

impl Sandbox {
    fn is_ready(&self, pollable: Pollable) -> bool {
        match pollable {
            Pollable::Ready => true,
            Pollable::At(instant_ns) => instant_ns <= self.clock.now(),
            Pollable::Pipe(number) => self.pipe_is_ready(number),
        }
    }

    /// All of virtual time is here: when nothing is ready, the clock jumps to the earliest instant.
    fn wait(&mut self, pollables: &[Pollable]) -> Result<Vec<u32>> {
        if !pollables.iter().any(|p| self.is_ready(*p)) {
            let instants = pollables.iter().filter_map(|p| if let Pollable::At(ns) = p { Some(*ns) } else { None });
            match instants.min() {
                Some(instant_ns) => self.clock.pass_until(instant_ns),
                None => bail!("the component waits for what can never become ready"),
            }
        }
        let ready = pollables.iter().enumerate().filter(|(_, p)| self.is_ready(**p));
        Ok(ready.map(|(i, _)| i as u32).collect())
    }

    fn read(&mut self, input: &Resource<HostInput>, limit: u64, blocking: bool) -> Result<StreamResult<Vec<u8>>> {
        let index = match *self.table.get(input)? {
            HostInput::Empty => return Ok(Err(StreamError::Closed)),
            HostInput::File { .. } => return Ok(self.read_on(input, limit)?.ok_or(StreamError::Closed)),
            HostInput::Pipe(index) => index,
        };
        if blocking && limit > 0 {
            self.wait(&[Pollable::Pipe(index)])?;
        }
        if self.pipe_is_ended(index) {
            return Ok(Err(StreamError::Closed));
        }
        Ok(Ok(self.drain_pipe(index, limit.min(READ_BYTES_MAX) as usize)))
    }

    /// Writes into a stream that was given out.
    ///
    /// # Errors
    /// A trap; and, of a file, why it could not be written.
    pub(crate) fn write(&mut self, output: &Resource<HostOutput>, bytes: &[u8]) -> Result<FileResult<()>> {
        match *self.table.get(output)? {
            HostOutput::Print => {
                self.print(bytes);
                Ok(Ok(()))
            }
            HostOutput::Pipe(index) => self.fill_pipe(index, bytes).map(Ok),
            HostOutput::File { .. } => self.write_on(output, bytes),
        }
    }

    fn write_stream(&mut self, output: &Resource<HostOutput>, bytes: &[u8]) -> Result<StreamResult<()>> {
        match self.write(output, bytes)? {
            Ok(()) => Ok(Ok(())),
            Err(code) => Ok(Err(StreamError::LastOperationFailed(self.table.push(IoError { code: Some(code) })?))),
        }
    }

    /// A reading end is gone.
    pub(crate) fn close_input(&mut self, input: Resource<HostInput>) -> Result<()> {
        match self.table.delete(input)? {
            HostInput::Empty => {}
            HostInput::Pipe(index) => self.close_reader(index),
            HostInput::File { node, .. } => self.release_file(node),
        }
        Ok(())
    }

    /// A writing end is gone.
    pub(crate) fn close_output(&mut self, output: Resource<HostOutput>) -> Result<()> {
        match self.table.delete(output)? {
            HostOutput::Print => {}
            HostOutput::Pipe(index) => self.close_writer(index),
            HostOutput::File { node, .. } => self.release_file(node),
        }
        Ok(())
    }
}

/// Defines a resource of `wasi:io`, whichever interface names it; does nothing for other names.
pub(super) fn define_resource(name: &str, instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    match name {
        "error" => instance.resource(name, ResourceType::host::<IoError>(), drop_entry::<IoError>),
        "pollable" => instance.resource(name, ResourceType::host::<Pollable>(), drop_entry::<Pollable>),
        "input-stream" => instance.resource(name, ResourceType::host::<HostInput>(), |mut store: Store<'_>, rep| {
            store.data_mut().close_input(Resource::new_own(rep))
        }),
        "output-stream" => instance.resource(name, ResourceType::host::<HostOutput>(), |mut store: Store<'_>, rep| {
            store.data_mut().close_output(Resource::new_own(rep))
        }),
        _ => Ok(()),
    }
}

pub(super) fn define_error(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("[method]error.to-debug-string", |store, (error,): (Resource<IoError>,)| {
        let code = store.data().table.get(&error)?.code;
        Ok((code.map_or_else(|| "an error of a stream".to_owned(), |code| format!("the file: {code:?}")),))
    })
}

pub(super) fn define_poll(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("[method]pollable.ready", |store, (pollable,): (Resource<Pollable>,)| {
        let pollable = *store.data().table.get(&pollable)?;
        Ok((store.data().is_ready(pollable),))
    })?;
    instance.func_wrap("[method]pollable.block", |mut store, (pollable,): (Resource<Pollable>,)| {
        let pollable = *store.data().table.get(&pollable)?;
        store.data_mut().wait(&[pollable]).map(|_| ())
    })?;
    instance.func_wrap("poll", |mut store, (list,): (Vec<Resource<Pollable>>,)| {
        let table = &store.data().table;
        let pollables = list.iter().map(|p| table.get(p).copied()).collect::<std::result::Result<Vec<_>, _>>()?;
        Ok((store.data_mut().wait(&pollables)?,))
    })
}

pub(super) fn define_streams(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    define_input_stream(instance)?;
    define_output_stream(instance)
}

type Store<'a> = StoreContextMut<'a, Sandbox>;

fn define_input_stream(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    for (prefix, blocking) in [("", false), ("blocking-", true)] {
        let read = move |mut store: Store<'_>, (input, limit): (Resource<HostInput>, u64)| {
            Ok((store.data_mut().read(&input, limit, blocking)?,))
        };
        let skip = move |mut store: Store<'_>, (input, limit): (Resource<HostInput>, u64)| {
            let skipped = store.data_mut().read(&input, limit, blocking)?;
            Ok((skipped.map(|bytes| bytes.len() as u64),))
        };
        instance.func_wrap(&format!("[method]input-stream.{prefix}read"), read)?;
        instance.func_wrap(&format!("[method]input-stream.{prefix}skip"), skip)?;
    }
    instance.func_wrap("[method]input-stream.subscribe", |mut store, (input,): (Resource<HostInput>,)| {
        let pollable = match *store.data().table.get(&input)? {
            HostInput::Empty | HostInput::File { .. } => Pollable::Ready,
            HostInput::Pipe(index) => Pollable::Pipe(index),
        };
        Ok((store.data_mut().table.push(pollable)?,))
    })
}

fn define_output_stream(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("[method]output-stream.check-write", |_, (_output,): (Resource<HostOutput>,)| {
        Ok((StreamResult::Ok(WRITE_PERMIT_BYTES),))
    })?;
    for name in ["write", "blocking-write-and-flush"] {
        let write = |mut store: Store<'_>, (output, bytes): (Resource<HostOutput>, Vec<u8>)| {
            Ok((store.data_mut().write_stream(&output, &bytes)?,))
        };
        instance.func_wrap(&format!("[method]output-stream.{name}"), write)?;
    }
    for name in ["write-zeroes", "blocking-write-zeroes-and-flush"] {
        let write = |mut store: Store<'_>, (output, count): (Resource<HostOutput>, u64)| {
            let zeroes = vec![0; count.min(WRITE_PERMIT_BYTES) as usize];
            Ok((store.data_mut().write_stream(&output, &zeroes)?,))
        };
        instance.func_wrap(&format!("[method]output-stream.{name}"), write)?;
    }
    for name in ["flush", "blocking-flush"] {
        instance.func_wrap(&format!("[method]output-stream.{name}"), |_, (_output,): (Resource<HostOutput>,)| {
            Ok((StreamResult::Ok(()),))
        })?;
    }
    for (prefix, blocking) in [("", false), ("blocking-", true)] {
        let splice =
            move |mut store: Store<'_>, (output, input, limit): (Resource<HostOutput>, Resource<HostInput>, u64)| {
                let bytes = match store.data_mut().read(&input, limit, blocking)? {
                    Ok(bytes) => bytes,
                    Err(error) => return Ok((Err(error),)),
                };
                let written = store.data_mut().write_stream(&output, &bytes)?;
                Ok((written.map(|()| bytes.len() as u64),))
            };
        instance.func_wrap(&format!("[method]output-stream.{prefix}splice"), splice)?;
    }
    instance.func_wrap("[method]output-stream.subscribe", |mut store, (_output,): (Resource<HostOutput>,)| {
        Ok((store.data_mut().table.push(Pollable::Ready)?,))
    })
}

fn drop_entry<R: Send + 'static>(mut store: Store<'_>, rep: u32) -> Result<()> {
    store.data_mut().table.delete(Resource::<R>::new_own(rep))?;
    Ok(())
}
