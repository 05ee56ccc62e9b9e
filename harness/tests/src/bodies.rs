//! A host of `eventual@0.1.0` with maps in memory and streams of its own, in each published shape; and with a bug.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::{Mutex, PoisonError};

use kvspec::probe::{Consume, EventualDialect, Streams};
use wasmtime::component::{ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, ResourceTable, ResourceType};
use wasmtime::{Result, StoreContextMut};

/// What can be wrong with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Each write to a stream replaces what was written before.
    KeepsTheLastPiece,
    /// A value is read when it is consumed, not when it was got.
    ReadsWhenConsumed,
}

/// The state of the host.
#[derive(Default)]
pub struct Bodies {
    table: ResourceTable,
    buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    bodies: BTreeMap<u32, Vec<u8>>,
    bug: Option<Bug>,
}

impl Bodies {
    /// With this bug.
    pub fn with(bug: Bug) -> Self {
        Self { bug: Some(bug), ..Self::default() }
    }
}

struct Bucket(String);
/// Its body is among the host's, under its number.
struct Outgoing;
struct Incoming {
    bucket: String,
    key: String,
    body: Vec<u8>,
}
struct Error(String);
struct IoError;
enum Output {
    /// Of the outgoing value with this number.
    Body(u32),
    Pipe(File),
}
enum Input {
    Body(Vec<u8>),
    Pipe(File),
}

#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

type Answer<T> = Result<(std::result::Result<T, Resource<Error>>,)>;
type StreamAnswer<T> = Result<(std::result::Result<T, StreamError>,)>;
type Context<'a> = StoreContextMut<'a, Bodies>;

/// Offers the interface in this dialect.
///
/// # Errors
/// When the linker has it already.
pub fn add_to_linker(linker: &mut Linker<Bodies>, dialect: EventualDialect) -> Result<()> {
    add_io(linker, dialect.streams)?;
    let mut error = linker.instance("wasi:keyvalue/wasi-keyvalue-error@0.1.0")?;
    resource::<Error>(&mut error, "error")?;
    error.func_wrap("[method]error.trace", |store: Context<'_>, (error,): (Resource<Error>,)| {
        Ok((store.data().table.get(&error)?.0.clone(),))
    })?;
    add_types(linker, dialect.consume)?;
    add_eventual(linker)
}

fn resource<R: Send + 'static>(instance: &mut LinkerInstance<'_, Bodies>, name: &str) -> Result<()> {
    instance.resource(name, ResourceType::host::<R>(), |mut store, rep| {
        store.data_mut().table.delete(Resource::<R>::new_own(rep))?;
        Ok(())
    })
}

fn add_io(linker: &mut Linker<Bodies>, streams: Streams) -> Result<()> {
    let release = match streams {
        Streams::Stable => "0.2.6",
        Streams::Preview => "0.2.0-rc-2023-11-10",
    };
    let mut error = linker.instance(&format!("wasi:io/error@{release}"))?;
    resource::<IoError>(&mut error, "error")?;
    error.func_wrap("[method]error.to-debug-string", |_: Context<'_>, (_,): (Resource<IoError>,)| {
        Ok((String::from("nothing fails here"),))
    })?;
    let mut streams = linker.instance(&format!("wasi:io/streams@{release}"))?;
    let s = &mut streams;
    resource::<Input>(s, "input-stream")?;
    resource::<Output>(s, "output-stream")?;
    s.func_wrap(
        "[method]input-stream.blocking-read",
        |mut store: Context<'_>, (input, limit): (Resource<Input>, u64)| -> StreamAnswer<Vec<u8>> {
            let part = store.data_mut().table.get_mut(&input)?.read(usize::try_from(limit)?)?;
            Ok((if part.is_empty() && limit > 0 { Err(StreamError::Closed) } else { Ok(part) },))
        },
    )?;
    s.func_wrap(
        "[method]output-stream.blocking-write-and-flush",
        |mut store: Context<'_>, (output, part): (Resource<Output>, Vec<u8>)| -> StreamAnswer<()> {
            store.data_mut().write(&output, part)?;
            Ok((Ok(()),))
        },
    )?;
    s.func_wrap(
        "[method]output-stream.blocking-flush",
        |_: Context<'_>, (_,): (Resource<Output>,)| -> StreamAnswer<()> { Ok((Ok(()),)) },
    )
}

/// Offers standard input and output: these pipes, once.
///
/// # Errors
/// When the linker has them already.
pub fn add_standard_streams(linker: &mut Linker<Bodies>, stdin: File, stdout: File) -> Result<()> {
    let (stdin, stdout) = (Mutex::new(Some(stdin)), Mutex::new(Some(stdout)));
    let mut instance = linker.instance("wasi:cli/stdin@0.2.6")?;
    instance.func_wrap("get-stdin", move |mut store: Context<'_>, (): ()| {
        Ok((store.data_mut().table.push(Input::Pipe(taken(&stdin)?))?,))
    })?;
    let mut instance = linker.instance("wasi:cli/stdout@0.2.6")?;
    instance.func_wrap("get-stdout", move |mut store: Context<'_>, (): ()| {
        Ok((store.data_mut().table.push(Output::Pipe(taken(&stdout)?))?,))
    })
}

fn taken(pipe: &Mutex<Option<File>>) -> Result<File> {
    let taken = pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
    taken.ok_or_else(|| wasmtime::format_err!("there is one of each pipe"))
}

impl Input {
    /// Nothing is the end.
    fn read(&mut self, limit: usize) -> Result<Vec<u8>> {
        match self {
            Input::Body(rest) => {
                let after = rest.split_off(rest.len().min(limit));
                Ok(std::mem::replace(rest, after))
            }
            Input::Pipe(pipe) => {
                let mut part = vec![0; limit.min(65_536)];
                let read = pipe.read(&mut part)?;
                part.truncate(read);
                Ok(part)
            }
        }
    }
}

fn add_types(linker: &mut Linker<Bodies>, consume: Consume) -> Result<()> {
    let mut types = linker.instance("wasi:keyvalue/types@0.1.0")?;
    let t = &mut types;
    resource::<Bucket>(t, "bucket")?;
    resource::<Incoming>(t, "incoming-value")?;
    t.resource("outgoing-value", ResourceType::host::<Outgoing>(), |mut store, rep| {
        store.data_mut().bodies.remove(&rep);
        store.data_mut().table.delete(Resource::<Outgoing>::new_own(rep))?;
        Ok(())
    })?;
    t.func_wrap(
        "[static]bucket.open-bucket",
        |mut store: Context<'_>, (name,): (String,)| -> Answer<Resource<Bucket>> {
            let host = store.data_mut();
            if !["bucket-a", "bucket-b"].contains(&name.as_str()) {
                return Ok((Err(host.table.push(Error(format!("there is no bucket {name:?}")))?),));
            }
            Ok((Ok(host.table.push(Bucket(name))?),))
        },
    )?;
    t.func_wrap("[static]outgoing-value.new-outgoing-value", |mut store: Context<'_>, (): ()| {
        Ok((store.data_mut().table.push(Outgoing)?,))
    })?;
    t.func_wrap(
        "[method]outgoing-value.outgoing-value-write-body-async",
        |mut store: Context<'_>, (value,): (Resource<Outgoing>,)| -> Answer<Resource<Output>> {
            Ok((Ok(store.data_mut().table.push(Output::Body(value.rep()))?),))
        },
    )?;
    t.func_wrap(
        "[method]outgoing-value.outgoing-value-write-body-sync",
        |mut store: Context<'_>, (value, body): (Resource<Outgoing>, Vec<u8>)| -> Answer<()> {
            store.data_mut().bodies.insert(value.rep(), body);
            Ok((Ok(()),))
        },
    )?;
    let kind = if consume == Consume::Static { "static" } else { "method" };
    t.func_wrap(
        &format!("[{kind}]incoming-value.incoming-value-consume-sync"),
        |mut store: Context<'_>, (value,): (Resource<Incoming>,)| -> Answer<Vec<u8>> {
            Ok((Ok(store.data_mut().consume(value)?),))
        },
    )?;
    t.func_wrap(
        &format!("[{kind}]incoming-value.incoming-value-consume-async"),
        |mut store: Context<'_>, (value,): (Resource<Incoming>,)| -> Answer<Resource<Input>> {
            let body = store.data_mut().consume(value)?;
            Ok((Ok(store.data_mut().table.push(Input::Body(body))?),))
        },
    )?;
    t.func_wrap(
        "[method]incoming-value.incoming-value-size",
        |store: Context<'_>, (value,): (Resource<Incoming>,)| -> Answer<u64> {
            Ok((Ok(store.data().table.get(&value)?.body.len() as u64),))
        },
    )
}

impl Bodies {
    fn write(&mut self, output: &Resource<Output>, part: Vec<u8>) -> Result<()> {
        match self.table.get_mut(output)? {
            Output::Pipe(pipe) => pipe.write_all(&part)?,
            Output::Body(value) => {
                let body = self.bodies.entry(*value).or_default();
                if self.bug == Some(Bug::KeepsTheLastPiece) {
                    body.clear();
                }
                body.extend(part);
            }
        }
        Ok(())
    }

    /// The body; a value that was given away is dropped.
    fn consume(&mut self, value: Resource<Incoming>) -> Result<Vec<u8>> {
        let Incoming { bucket, key, body } = self.table.get(&value)?;
        let now = self.buckets.get(bucket).and_then(|pairs| pairs.get(key));
        let body = if self.bug == Some(Bug::ReadsWhenConsumed) { now.unwrap_or(body) } else { body }.clone();
        if value.owned() {
            self.table.delete(value)?;
        }
        Ok(body)
    }

    fn pairs(&mut self, bucket: &Resource<Bucket>) -> Result<&mut BTreeMap<String, Vec<u8>>> {
        let name = self.table.get(bucket)?.0.clone();
        Ok(self.buckets.entry(name).or_default())
    }
}

type Key = (Resource<Bucket>, String);

fn add_eventual(linker: &mut Linker<Bodies>) -> Result<()> {
    let mut eventual = linker.instance("wasi:keyvalue/eventual@0.1.0")?;
    let e = &mut eventual;
    e.func_wrap("get", |mut store: Context<'_>, (bucket, key): Key| -> Answer<Option<Resource<Incoming>>> {
        let host = store.data_mut();
        let Some(body) = host.pairs(&bucket)?.get(&key).cloned() else { return Ok((Ok(None),)) };
        let bucket = host.table.get(&bucket)?.0.clone();
        Ok((Ok(Some(host.table.push(Incoming { bucket, key, body })?)),))
    })?;
    e.func_wrap(
        "set",
        |mut store: Context<'_>, (bucket, key, value): (Resource<Bucket>, String, Resource<Outgoing>)| -> Answer<()> {
            let host = store.data_mut();
            let body = host.bodies.get(&value.rep()).cloned().unwrap_or_default();
            host.pairs(&bucket)?.insert(key, body);
            Ok((Ok(()),))
        },
    )?;
    e.func_wrap("delete", |mut store: Context<'_>, (bucket, key): Key| -> Answer<()> {
        store.data_mut().pairs(&bucket)?.remove(&key);
        Ok((Ok(()),))
    })?;
    e.func_wrap("exists", |mut store: Context<'_>, (bucket, key): Key| -> Answer<bool> {
        Ok((Ok(store.data_mut().pairs(&bucket)?.contains_key(&key)),))
    })
}
