//! What a component imports, compared with what the sandbox offers.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

/// The import by which a component that has no streams of its own gets a pair of ours.
pub(super) const PIPE_INTERFACE: &str = "kvspec:pipe/pipe";

/// The interfaces that the sandbox offers, without versions.
const OFFERED: [&str; 11] = [
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:random/random",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    PIPE_INTERFACE,
];

/// Packages whose interfaces the runtimes of some languages import whether the program uses them or
/// not, so that importing them shows nothing: a call of them traps.
const CARRIED_ALONG: [&str; 3] = ["wasi:cli/", "wasi:sockets/", "wasi:http/"];

/// The imports that nothing is offered for, by their names. Types alone need nothing.
pub(crate) fn missing(engine: &Engine, component: &Component) -> Vec<String> {
    let ty = component.component_type();
    let needs = |(name, needs): &(String, bool)| {
        let interface = name.split('@').next().unwrap_or(name);
        let is_known = OFFERED.contains(&interface) || CARRIED_ALONG.iter().any(|package| name.starts_with(package));
        *needs && !is_known
    };
    let imports = ty.imports(engine).map(|(name, item)| {
        let needs = match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                instance.exports(engine).any(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
            }
            ComponentItem::ComponentFunc(_) => true,
            _ => false,
        };
        (name.to_owned(), needs)
    });
    imports.filter(needs).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_missing_is_named_once() {
        let engine = Engine::default();
        let function = r#"(instance (export "f" (func)))"#;
        let imports: String = [
            "wasi:config/store@0.2.0-draft",
            "wasi:io/poll@0.2.3",
            "wasi:sockets/tcp@0.2.0",
            "wasi:keyvalue/store@0.2.0-draft",
        ]
        .map(|name| format!("(import \"{name}\" {function})"))
        .concat();
        let text = format!("(component {imports} (import \"own:types/t\" (instance)))");
        let component = Component::new(&engine, text).unwrap();
        let expected = ["wasi:config/store@0.2.0-draft", "wasi:keyvalue/store@0.2.0-draft"];
        assert_eq!(missing(&engine, &component), expected);
    }
}
