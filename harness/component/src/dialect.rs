//! The dialect of what a component exports, found by its types.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::{ComponentFunc, ComponentInstance, ComponentItem, Type};

use kvspec::probe::{Cursor, GetMany, Increment, StoreDialect, VERSIONS};
use kvspec::subject::LoadError;

/// The name of an interface of the package.
pub(crate) fn interface(name: &str, version: &str) -> String {
    format!("wasi:keyvalue/{name}@{version}")
}

/// The name under which the probe exports a method: one of a resource that is not its own may not
/// be exported under a method's name.
pub(crate) fn plain_name(function: &str) -> String {
    let bare = function.strip_prefix("[method]").or_else(|| function.strip_prefix("[static]")).unwrap_or(function);
    bare.replace('.', "-")
}

/// The dialect of what a component exports; `None` when it exports no `store` of a known version.
///
/// # Errors
/// When it does, but with types that were never published.
pub(crate) fn of_exports(component: &Component, engine: &Engine) -> Result<Option<StoreDialect>, LoadError> {
    let ty = component.component_type();
    let instance = |name: &str, version: &str| match ty.get_export(engine, &interface(name, version))?.ty {
        ComponentItem::ComponentInstance(instance) => Some(instance),
        _ => None,
    };
    let Some((version, store)) = VERSIONS.into_iter().find_map(|v| instance("store", v).map(|i| (v, i))) else {
        return Ok(None);
    };
    let odd = |name: &str, function: &str, what: &str| LoadError {
        file: None,
        fault: format!("exports {}, but its `{function}` {what}", interface(name, version)),
        help: "build it against wasi-keyvalue at tag v0.2.0-draft, or at fb6e23d for 0.2.0-draft2".into(),
    };
    let list = function(&store, engine, "[method]bucket.list-keys")
        .ok_or_else(|| odd("store", "[method]bucket.list-keys", "is missing"))?;
    let cursor = match list.params().last().map(|(_, ty)| ty) {
        Some(Type::Option(cursor)) if cursor.ty() == Type::U64 => Cursor::Number,
        Some(Type::Option(cursor)) if cursor.ty() == Type::String => Cursor::Text,
        _ => return Err(odd("store", "list-keys", "takes neither option<u64> nor option<string>")),
    };
    let (mut increment, mut cas) = (None, false);
    if let Some(atomics) = instance("atomics", version) {
        let found = function(&atomics, engine, "increment").and_then(|f| f.params().last().map(|(_, ty)| ty));
        increment = Some(match found {
            Some(Type::U64) => Increment::Unsigned,
            Some(Type::S64) => Increment::Signed,
            _ => return Err(odd("atomics", "increment", "adds neither u64 nor s64")),
        });
        cas = function(&atomics, engine, "[static]cas.new").is_some();
    }
    let mut get_many = None;
    if let Some(batch) = instance("batch", version) {
        let found = function(&batch, engine, "get-many").and_then(|f| answer_of_get_many(&f));
        get_many = Some(found.ok_or_else(|| odd("batch", "get-many", "answers with no published type"))?);
    }
    Ok(Some(StoreDialect { version, cursor, increment, cas, get_many }))
}

/// A function of an interface, by either of its names.
pub(crate) fn function(instance: &ComponentInstance, engine: &Engine, name: &str) -> Option<ComponentFunc> {
    match instance.get_export(engine, name).or_else(|| instance.get_export(engine, &plain_name(name)))?.ty {
        ComponentItem::ComponentFunc(function) => Some(function),
        _ => None,
    }
}

/// What `get-many` answers; `None` where that was never published.
pub(crate) fn answer_of_get_many(function: &ComponentFunc) -> Option<GetMany> {
    let Type::Result(result) = function.results().next()? else { return None };
    let Type::List(list) = result.ok()? else { return None };
    match list.ty() {
        Type::Option(option) => match option.ty() {
            Type::Tuple(_) => Some(GetMany::PairOrNone),
            Type::List(_) => Some(GetMany::ValueOrNone),
            _ => None,
        },
        Type::Tuple(pair) => match pair.types().nth(1)? {
            Type::Option(_) => Some(GetMany::KeyWithValueOrNone),
            _ => None,
        },
        _ => None,
    }
}
