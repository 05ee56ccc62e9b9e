//! The functions of `eventual@0.1.0` that a component exports.

use wasmtime::component::{ComponentExportIndex, ComponentType, Instance, Lift, Lower, ResourceAny, TypedFunc};
use wasmtime::{Result, Store};

use crate::sandbox::Sandbox;

/// Where each function is among a component's exports.
pub(super) struct Indices {
    pub(super) open_bucket: ComponentExportIndex,
    pub(super) new_outgoing: ComponentExportIndex,
    pub(super) write_sync: ComponentExportIndex,
    pub(super) write_async: ComponentExportIndex,
    pub(super) consume_sync: ComponentExportIndex,
    pub(super) consume_async: ComponentExportIndex,
    /// Consuming borrows the incoming value (a method) rather than taking it (a static function).
    pub(super) keeps_incoming: bool,
    pub(super) size: ComponentExportIndex,
    pub(super) trace: ComponentExportIndex,
    pub(super) get: ComponentExportIndex,
    pub(super) set: ComponentExportIndex,
    pub(super) delete: ComponentExportIndex,
    pub(super) exists: ComponentExportIndex,
    /// Functions of the component's own `wasi:io/streams`, where it exports one.
    pub(super) stream_write: Option<ComponentExportIndex>,
    pub(super) stream_flush: Option<ComponentExportIndex>,
    pub(super) stream_read: Option<ComponentExportIndex>,
}

type OrError<T> = (std::result::Result<T, ResourceAny>,);
/// `stream-error` of a component's own streams.
#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
pub(super) enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(ResourceAny),
    #[component(name = "closed")]
    Closed,
}

type OrStreamError<T> = (std::result::Result<T, StreamError>,);

type StreamWrite = TypedFunc<(ResourceAny, &'static [u8]), OrStreamError<()>>;
type StreamFlush = TypedFunc<(ResourceAny,), OrStreamError<()>>;
type StreamRead = TypedFunc<(ResourceAny, u64), OrStreamError<Vec<u8>>>;

/// The functions of one instance, their types checked.
pub(super) struct Functions {
    pub(super) open_bucket: TypedFunc<(&'static str,), OrError<ResourceAny>>,
    pub(super) new_outgoing: TypedFunc<(), (ResourceAny,)>,
    pub(super) write_sync: TypedFunc<(ResourceAny, &'static [u8]), OrError<()>>,
    pub(super) write_async: TypedFunc<(ResourceAny,), OrError<ResourceAny>>,
    pub(super) consume_sync: TypedFunc<(ResourceAny,), OrError<Vec<u8>>>,
    pub(super) consume_async: TypedFunc<(ResourceAny,), OrError<ResourceAny>>,
    pub(super) keeps_incoming: bool,
    pub(super) size: TypedFunc<(ResourceAny,), OrError<u64>>,
    pub(super) trace: TypedFunc<(ResourceAny,), (String,)>,
    pub(super) get: TypedFunc<(ResourceAny, &'static str), OrError<Option<ResourceAny>>>,
    pub(super) set: TypedFunc<(ResourceAny, &'static str, ResourceAny), OrError<()>>,
    pub(super) delete: TypedFunc<(ResourceAny, &'static str), OrError<()>>,
    pub(super) exists: TypedFunc<(ResourceAny, &'static str), OrError<bool>>,
    pub(super) stream_write: Option<StreamWrite>,
    pub(super) stream_flush: Option<StreamFlush>,
    pub(super) stream_read: Option<StreamRead>,
}

impl Functions {
    pub(super) fn of(instance: &Instance, indices: &Indices, store: &mut Store<Sandbox>) -> Result<Self> {
        macro_rules! function {
            ($name:ident) => {
                instance.get_typed_func(&mut *store, &indices.$name).map_err(|e| e.context(named(stringify!($name))))?
            };
            ($name:ident?) => {{
                let index = indices.$name.as_ref();
                let function = index.map(|index| instance.get_typed_func(&mut *store, index)).transpose();
                function.map_err(|e| e.context(named(stringify!($name))))?
            }};
        }
        Ok(Self {
            open_bucket: function!(open_bucket),
            new_outgoing: function!(new_outgoing),
            write_sync: function!(write_sync),
            write_async: function!(write_async),
            consume_sync: function!(consume_sync),
            consume_async: function!(consume_async),
            keeps_incoming: indices.keeps_incoming,
            size: function!(size),
            trace: function!(trace),
            get: function!(get),
            set: function!(set),
            delete: function!(delete),
            exists: function!(exists),
            stream_write: function!(stream_write?),
            stream_flush: function!(stream_flush?),
            stream_read: function!(stream_read?),
        })
    }
}

/// What a component calls the function of a field, for people.
fn named(field: &'static str) -> &'static str {
    match field {
        "open_bucket" => "bucket.open-bucket",
        "new_outgoing" => "outgoing-value.new-outgoing-value",
        "write_sync" => "outgoing-value.outgoing-value-write-body-sync",
        "write_async" => "outgoing-value.outgoing-value-write-body-async",
        "consume_sync" => "incoming-value.incoming-value-consume-sync",
        "consume_async" => "incoming-value.incoming-value-consume-async",
        "size" => "incoming-value.incoming-value-size",
        "trace" => "error.trace",
        "stream_write" => "output-stream.blocking-write-and-flush",
        "stream_flush" => "output-stream.blocking-flush",
        "stream_read" => "input-stream.blocking-read",
        other => other,
    }
}
