//! What a file is and what a component exports: one clear error for each way of being wrong.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::eventual::Indices;
use kvspec::subject::LoadError;

/// The interfaces of the first profile.
const TYPES: &str = "wasi:keyvalue/types@0.1.0";
const EVENTUAL: &str = "wasi:keyvalue/eventual@0.1.0";
const ERROR: &str = "wasi:keyvalue/wasi-keyvalue-error@0.1.0";

/// What to do about functions that are missing or of another type.
pub(super) const BUILD_AGAINST: &str =
    "build it against the WIT of github.com/WebAssembly/wasi-keyvalue at commit b6313d4";

/// Core modules and components share a magic number and differ in the word after it.
const MAGIC: &[u8] = b"\0asm";
const CORE_MODULE_LAYER: &[u8] = &[1, 0, 0, 0];

pub(super) fn refuse_what_is_no_component(bytes: &[u8]) -> Result<(), LoadError> {
    let refuse = |fault: &str, help: &str| Err(LoadError { file: None, fault: fault.into(), help: help.into() });
    if bytes.starts_with(MAGIC) {
        if bytes[4..].starts_with(CORE_MODULE_LAYER) {
            let help = "build for the target wasm32-wasip2, or wrap the module with `wasm-tools component new`";
            return refuse("is a core module, not a component", help);
        }
        return Ok(());
    }
    let text = bytes.iter().find(|b| !b.is_ascii_whitespace());
    if !matches!(text, Some(b'(' | b';')) {
        return refuse("is not WebAssembly", "give a component (.wasm), or its text form (.wat)");
    }
    Ok(())
}

pub(super) fn find_functions(component: &Component, engine: &Engine) -> Result<Indices, LoadError> {
    let ty = component.component_type();
    let names: Vec<String> = ty.exports(engine).map(|(name, _)| name.to_owned()).collect();
    for interface in [TYPES, EVENTUAL, ERROR] {
        if !names.iter().any(|name| name == interface) {
            let imports: Vec<String> = ty.imports(engine).map(|(name, _)| name.to_owned()).collect();
            return Err(missing(interface, &names, &imports));
        }
    }
    let streams = names.iter().find(|name| name.starts_with("wasi:io/streams@")).map(String::as_str);
    let find = |interface: &str, function: &str| {
        let (_, instance) = component.get_export(None, interface)?;
        component.get_export_index(Some(&instance), function)
    };
    let need = |interface: &str, function: &str| {
        find(interface, function).ok_or_else(|| LoadError {
            file: None,
            fault: format!(
                "exports {interface}, but it has no function `{function}`; it has {}",
                functions(component, engine, interface)
            ),
            help: BUILD_AGAINST.into(),
        })
    };
    // The static shape takes ownership (commit b6313d4); the method shape is that of the commits
    // before.
    let consume = |how: &str| {
        let function = format!("incoming-value.incoming-value-consume-{how}");
        match find(TYPES, &format!("[method]{function}")) {
            Some(index) => Ok((index, true)),
            None => need(TYPES, &format!("[static]{function}")).map(|index| (index, false)),
        }
    };
    let (consume_sync, keeps_incoming) = consume("sync")?;
    let (consume_async, _) = consume("async")?;
    let stream = |function: &str| streams.and_then(|interface| find(interface, function));
    Ok(Indices {
        open_bucket: need(TYPES, "[static]bucket.open-bucket")?,
        new_outgoing: need(TYPES, "[static]outgoing-value.new-outgoing-value")?,
        write_sync: need(TYPES, "[method]outgoing-value.outgoing-value-write-body-sync")?,
        write_async: need(TYPES, "[method]outgoing-value.outgoing-value-write-body-async")?,
        consume_sync,
        consume_async,
        keeps_incoming,
        size: need(TYPES, "[method]incoming-value.incoming-value-size")?,
        trace: need(ERROR, "[method]error.trace")?,
        get: need(EVENTUAL, "get")?,
        set: need(EVENTUAL, "set")?,
        delete: need(EVENTUAL, "delete")?,
        exists: need(EVENTUAL, "exists")?,
        stream_write: stream("[method]output-stream.blocking-write-and-flush"),
        stream_flush: stream("[method]output-stream.blocking-flush"),
        stream_read: stream("[method]input-stream.blocking-read"),
    })
}

/// What can be tested, for those who export something else.
const TESTED: &str = "export one of the interfaces of github.com/WebAssembly/wasi-keyvalue that are tested: \
                      eventual@0.1.0 (with types and wasi-keyvalue-error), store@0.2.0-draft or store@0.2.0-draft2";

fn missing(interface: &str, exports: &[String], imports: &[String]) -> LoadError {
    let of_keyvalue = |names: &[String]| -> Vec<String> {
        names.iter().filter(|name| name.starts_with("wasi:keyvalue/")).cloned().collect()
    };
    let (package, _) = interface.split_once('@').unwrap_or((interface, ""));
    let other_version = exports.iter().find(|name| name.split('@').next() == Some(package));
    let (exported, imported) = (of_keyvalue(exports), of_keyvalue(imports));
    let is_eventual = exported.iter().any(|name| [TYPES, EVENTUAL, ERROR].contains(&name.as_str()));
    let (fault, help) = match other_version {
        Some(found) => (
            format!("exports {found}; this version of the interface is not the one tested, {interface}"),
            TESTED.into(),
        ),
        None if is_eventual => {
            let help = format!("export {interface} too: eventual@0.1.0 needs {EVENTUAL}, {TYPES} and {ERROR}");
            (format!("exports {}, but not {interface}", exported.join(", ")), help)
        }
        None if !exported.is_empty() => {
            (format!("exports {}, which is not tested", exported.join(", ")), TESTED.into())
        }
        None if !imported.is_empty() => {
            let help = "give the component that exports the interface; for the host that a client runs in, see --host";
            (format!("is a client: it imports {}, and exports nothing of it", imported.join(", ")), help.into())
        }
        None if exports.is_empty() => ("exports nothing".into(), TESTED.into()),
        None => (format!("exports nothing of wasi:keyvalue; it exports {}", exports.join(", ")), TESTED.into()),
    };
    LoadError { file: None, fault, help }
}

fn functions(component: &Component, engine: &Engine, interface: &str) -> String {
    let ty = component.component_type();
    let Some(item) = ty.get_export(engine, interface) else { return "nothing".into() };
    let ComponentItem::ComponentInstance(instance) = item.ty else { return "no functions".into() };
    let names: Vec<String> = instance
        .exports(engine)
        .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    names.join(", ")
}
