//! What a component imports, compared with what the sandbox offers.

use kvspec::subject::Grants;
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::plugged;

/// The import by which a component that has no streams of its own gets a pair of ours.
pub(super) const PIPE_INTERFACE: &str = "kvspec:pipe/pipe";

/// The interfaces that the sandbox offers to all, without versions.
const OFFERED: [&str; 12] = [
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
    "wasi:logging/logging",
    PIPE_INTERFACE,
];

/// Packages whose interfaces the runtimes of some languages import whether the program uses them or
/// not, so that importing them shows nothing: a call of them traps.
const CARRIED_ALONG: [&str; 3] = ["wasi:cli/", "wasi:sockets/", "wasi:http/"];

/// What a grant offers, without versions, and the option that grants it.
const GRANTED: [(&str, &str); 5] = [
    ("wasi:config/store", "-S config-var=KEY=VALUE"),
    ("wasi:config/runtime", "-S config-var=KEY=VALUE"),
    (plugged::INTERFACES[0], PLUG),
    (plugged::INTERFACES[1], PLUG),
    (plugged::INTERFACES[2], PLUG),
];
const PLUG: &str = "--plug built-in";

/// An import that nothing is offered for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    /// Its name.
    pub(crate) import: String,
    /// The option that would grant it, if there is one.
    pub(crate) option: Option<&'static str>,
}

/// Whether the user granted an interface, named without its version.
pub(super) fn is_granted(interface: &str, grants: &Grants) -> bool {
    match interface.starts_with("wasi:config/") {
        true => grants.config.is_some(),
        false => grants.plug.is_some(),
    }
}

/// The imports that nothing is offered for. Types alone need nothing.
pub(crate) fn missing(engine: &Engine, component: &Component, grants: &Grants) -> Vec<Missing> {
    let ty = component.component_type();
    let of = |name: &str, item: ComponentItem| {
        let interface = name.split('@').next().unwrap_or(name);
        let can_be_granted = !interface.starts_with("wasi:keyvalue/") || plugged::offers(interface, &item, engine);
        let granted = GRANTED.iter().find(|(granted, _)| *granted == interface && can_be_granted);
        let option = granted.map(|(_, option)| *option);
        let is_there = OFFERED.contains(&interface)
            || CARRIED_ALONG.iter().any(|package| name.starts_with(package))
            || option.is_some() && is_granted(interface, grants);
        let needs = match item {
            ComponentItem::ComponentInstance(instance) => {
                instance.exports(engine).any(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
            }
            ComponentItem::ComponentFunc(_) => true,
            _ => false,
        };
        (needs && !is_there).then(|| Missing { import: name.to_owned(), option })
    };
    ty.imports(engine).filter_map(|(name, import)| of(name, import.ty)).collect()
}

/// Whether it opens files.
pub(crate) fn opens_files(engine: &Engine, component: &Component) -> bool {
    let opens = |name: &str, item: ComponentItem| match item {
        ComponentItem::ComponentInstance(instance) => {
            name.starts_with("wasi:filesystem/types")
                && instance.exports(engine).any(|(function, _)| function == "[method]descriptor.open-at")
        }
        _ => false,
    };
    component.component_type().imports(engine).any(|(name, import)| opens(name, import.ty))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec::subject::BuiltIn;

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
        let named = |grants: &Grants| -> Vec<(String, bool)> {
            let missing = missing(&engine, &component, grants).into_iter();
            missing.map(|missing| (missing.import, missing.option.is_some())).collect()
        };
        let keyvalue = ("wasi:keyvalue/store@0.2.0-draft".to_owned(), true);
        let config = ("wasi:config/store@0.2.0-draft".to_owned(), true);
        assert_eq!(named(&Grants::default()), [config, keyvalue.clone()]);
        let grants = Grants { config: Some(Default::default()), ..Grants::default() };
        assert_eq!(named(&grants), [keyvalue]);
        let grants = Grants { plug: Some(BuiltIn::Eventual), ..grants };
        assert_eq!(named(&grants), []);
    }
}
