//! The functions of `store@0.2.0` in each published dialect, their types checked.

use kvspec_reference::interface::{ErrorKind, Failure, InterfaceError, KeyPage};
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentType, Instance, Lift, Lower, ResourceAny, TypedFunc,
};
use wasmtime::{Result, Store};

use crate::dialect::{interface, plain_name};
use kvspec::probe::{Cursor, GetMany, Increment, StoreDialect};

/// `error` of `store`.
#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
pub(crate) enum StoreError {
    #[component(name = "no-such-store")]
    NoSuchStore,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "other")]
    Other(String),
}

/// `cas-error` of `atomics`, draft2.
#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
pub(crate) enum CasError {
    #[component(name = "store-error")]
    Store(StoreError),
    #[component(name = "cas-failed")]
    Failed(ResourceAny),
}

/// `key-response` with a number as cursor.
#[derive(ComponentType, Lower, Lift)]
#[component(record)]
pub(crate) struct NumberPage {
    keys: Vec<String>,
    cursor: Option<u64>,
}

/// `key-response` with a string as cursor.
#[derive(ComponentType, Lower, Lift)]
#[component(record)]
pub(crate) struct TextPage {
    keys: Vec<String>,
    cursor: Option<String>,
}

/// The longest trace that is kept of an error, in bytes.
const TRACE_BYTES_MAX: usize = 1024;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (kind, mut trace) = match error {
            StoreError::NoSuchStore => (ErrorKind::NoSuchStore, "no text".to_owned()),
            StoreError::AccessDenied => (ErrorKind::AccessDenied, "no text".to_owned()),
            StoreError::Other(trace) => (ErrorKind::Other, trace),
        };
        let end = (0..=TRACE_BYTES_MAX.min(trace.len())).rev().find(|i| trace.is_char_boundary(*i));
        trace.truncate(end.unwrap_or(0));
        Failure::Error(InterfaceError { kind, trace })
    }
}

impl From<NumberPage> for KeyPage {
    fn from(NumberPage { keys, cursor }: NumberPage) -> Self {
        KeyPage { keys, cursor: cursor.map(|number| number.to_string()) }
    }
}

impl From<TextPage> for KeyPage {
    fn from(TextPage { keys, cursor }: TextPage) -> Self {
        KeyPage { keys, cursor }
    }
}

type OrError<T> = (std::result::Result<T, StoreError>,);
type Swapped = (std::result::Result<(), CasError>,);
type Keys = &'static [&'static str];
type Pairs = &'static [(&'static str, &'static [u8])];

/// The functions of one instance.
pub(crate) struct Functions {
    pub(super) open: TypedFunc<(&'static str,), OrError<ResourceAny>>,
    pub(super) get: TypedFunc<(ResourceAny, &'static str), OrError<Option<Vec<u8>>>>,
    pub(super) set: TypedFunc<(ResourceAny, &'static str, &'static [u8]), OrError<()>>,
    pub(super) delete: TypedFunc<(ResourceAny, &'static str), OrError<()>>,
    pub(super) exists: TypedFunc<(ResourceAny, &'static str), OrError<bool>>,
    pub(super) list_keys: ListKeysFunction,
    pub(super) increment: Option<IncrementFunction>,
    pub(super) cas: Option<CasFunctions>,
    pub(super) batch: Option<BatchFunctions>,
}

#[derive(Clone, Copy)]
pub(super) enum ListKeysFunction {
    Number(TypedFunc<(ResourceAny, Option<u64>), OrError<NumberPage>>),
    Text(TypedFunc<(ResourceAny, Option<&'static str>), OrError<TextPage>>),
}

#[derive(Clone, Copy)]
pub(super) enum IncrementFunction {
    Unsigned(TypedFunc<(ResourceAny, &'static str, u64), OrError<u64>>),
    Signed(TypedFunc<(ResourceAny, &'static str, i64), OrError<i64>>),
}

#[derive(Clone, Copy)]
pub(super) struct CasFunctions {
    pub(super) new: TypedFunc<(ResourceAny, &'static str), OrError<ResourceAny>>,
    pub(super) current: TypedFunc<(ResourceAny,), OrError<Option<Vec<u8>>>>,
    pub(super) swap: TypedFunc<(ResourceAny, &'static [u8]), Swapped>,
}

#[derive(Clone, Copy)]
pub(super) struct BatchFunctions {
    pub(super) get_many: GetManyFunction,
    pub(super) set_many: TypedFunc<(ResourceAny, Pairs), OrError<()>>,
    pub(super) delete_many: TypedFunc<(ResourceAny, Keys), OrError<()>>,
}

type GetManyOf<Answer> = TypedFunc<(ResourceAny, Keys), OrError<Vec<Answer>>>;

#[derive(Clone, Copy)]
pub(super) enum GetManyFunction {
    Pairs(GetManyOf<Option<(String, Vec<u8>)>>),
    Keyed(GetManyOf<(String, Option<Vec<u8>>)>),
    Values(GetManyOf<Option<Vec<u8>>>),
}

impl Functions {
    /// The functions that the instance of `component` exports, in this dialect.
    ///
    /// # Errors
    /// Names the function that is missing or has another type.
    pub(crate) fn of<T>(
        component: &Component,
        instance: &Instance,
        dialect: &StoreDialect,
        store: &mut Store<T>,
    ) -> Result<Self> {
        macro_rules! function {
            ($interface:literal, $name:literal) => {{
                let index = find(component, &interface($interface, dialect.version), $name)?;
                instance.get_typed_func(&mut *store, &index).map_err(|e| e.context($name))?
            }};
        }
        let increment = match dialect.increment {
            None => None,
            Some(Increment::Unsigned) => Some(IncrementFunction::Unsigned(function!("atomics", "increment"))),
            Some(Increment::Signed) => Some(IncrementFunction::Signed(function!("atomics", "increment"))),
        };
        let cas = match dialect.cas {
            false => None,
            true => Some(CasFunctions {
                new: function!("atomics", "[static]cas.new"),
                current: function!("atomics", "[method]cas.current"),
                swap: function!("atomics", "swap"),
            }),
        };
        let batch = match dialect.get_many {
            None => None,
            Some(answer) => Some(BatchFunctions {
                get_many: match answer {
                    GetMany::PairOrNone => GetManyFunction::Pairs(function!("batch", "get-many")),
                    GetMany::KeyWithValueOrNone => GetManyFunction::Keyed(function!("batch", "get-many")),
                    GetMany::ValueOrNone => GetManyFunction::Values(function!("batch", "get-many")),
                },
                set_many: function!("batch", "set-many"),
                delete_many: function!("batch", "delete-many"),
            }),
        };
        Ok(Self {
            open: function!("store", "open"),
            get: function!("store", "[method]bucket.get"),
            set: function!("store", "[method]bucket.set"),
            delete: function!("store", "[method]bucket.delete"),
            exists: function!("store", "[method]bucket.exists"),
            list_keys: match dialect.cursor {
                Cursor::Number => ListKeysFunction::Number(function!("store", "[method]bucket.list-keys")),
                Cursor::Text => ListKeysFunction::Text(function!("store", "[method]bucket.list-keys")),
            },
            increment,
            cas,
            batch,
        })
    }
}

fn find(component: &Component, interface: &str, function: &str) -> Result<ComponentExportIndex> {
    let index = component.get_export(None, interface).and_then(|(_, instance)| {
        let find = |name: &str| component.get_export_index(Some(&instance), name);
        find(function).or_else(|| find(&plain_name(function)))
    });
    index.ok_or_else(|| wasmtime::format_err!("{interface} has no function `{function}`"))
}
