//! Components that are more than can be counted: what is beyond is told, and stays as it was.

use kvspec::Declaration;
use kvspec_component::component;
use kvspec_component::counters::CounterRegions;
use kvspec_coverage::{Instrumented, instrument};
use kvspec_fuzzing::Prototype;
use wasm_encoder::{Component as Built, ComponentSectionId, RawSection};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

/// Starts the component with its counters.
fn start(instrumented: &Instrumented) -> wasmtime::Result<CounterRegions> {
    let engine = Engine::default();
    let component = Component::new(&engine, &instrumented.bytes)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &component)?;
    CounterRegions::attach(&instance, &mut store, &instrumented.regions)
}

fn untouched(instrumented: &Instrumented) -> Vec<String> {
    instrumented.untouched.iter().map(ToString::to_string).collect()
}

/// A component in a component, and so on, with one module in the innermost.
fn nested(levels: usize) -> Vec<u8> {
    let innermost = wat::parse_str("(component (core module (func)))").unwrap();
    (0..levels).fold(innermost, |inner, _| {
        let mut outer = Built::new();
        outer.section(&RawSection { id: ComponentSectionId::Component.into(), data: &inner });
        outer.finish()
    })
}

/// `levels` components, each of which instantiates the one before twice.
fn doubling(levels: usize) -> String {
    let module = "(core module $m (func (export \"f\"))) (core instance (instantiate $m))";
    let mut wat = format!("(component (component $c0 {module})\n");
    for level in 1..levels {
        let below = level - 1;
        wat.push_str(&format!(
            "(component $c{level} (alias outer 1 $c{below} (component $below))
                (instance (instantiate $below)) (instance (instantiate $below)))\n"
        ));
    }
    wat.push_str(&format!("(instance (instantiate $c{})))", levels - 1));
    wat
}

#[test]
fn what_is_nested_beyond_a_depth_is_left_alone() {
    let bytes = nested(100);
    assert_eq!(untouched(&instrument(&bytes).unwrap()), [""; 0]);
    let bytes = nested(3_000);
    let instrumented = instrument(&bytes).unwrap();
    assert_eq!(instrumented.bytes, bytes);
    let told = "component 0, …, component 0: left alone, it lies more than 100 components deep";
    assert_eq!(untouched(&instrumented), [told]);
    // It is refused for what it is, as without counters.
    let options = component::Options::default();
    let Err(error) = Prototype::from_bytes(&bytes, options, Declaration::default()) else { panic!("it is loaded") };
    assert!(!error.fault.contains("instrumented"), "{}", error.fault);
}

#[test]
fn nested_components_of_too_many_instances_are_left_alone() {
    let few = instrument(&wat::parse_str(doubling(6)).unwrap()).unwrap();
    assert_eq!((few.regions.len(), few.untouched.len()), (32, 0));
    start(&few).unwrap();
    let plain = wat::parse_str(doubling(40)).unwrap();
    let many = instrument(&plain).unwrap();
    assert!(many.bytes == plain, "something was added to it");
    let told = untouched(&many);
    let why = "nested components would have more than 1000 core instances with counters";
    assert_eq!((told.len(), &told[7]), (40, &format!("component 7: left alone, {why}")));
}

#[test]
fn a_component_names_no_more_memories_than_are_valid() {
    let instances = "(core instance (instantiate $m))".repeat(130);
    let wat = format!("(component (core module $m (func (export \"f\"))) {instances})");
    let instrumented = instrument(&wat::parse_str(wat).unwrap()).unwrap();
    assert_eq!(untouched(&instrumented), ["30 core instances: left alone, 100 others have counters"]);
    start(&instrumented).unwrap();
}

#[test]
fn a_module_of_as_many_memories_as_are_valid_is_left_alone() {
    let module_of = |memories: usize| {
        let memories = "(memory 0)".repeat(memories);
        format!("(component (core module $m {memories} (func (export \"f\"))) (core instance (instantiate $m)))")
    };
    let counted = instrument(&wat::parse_str(module_of(99)).unwrap()).unwrap();
    assert_eq!((counted.regions.len(), counted.untouched.len()), (1, 0));
    start(&counted).unwrap();
    let full = instrument(&wat::parse_str(module_of(100)).unwrap()).unwrap();
    start(&full).unwrap();
    assert_eq!(untouched(&full), ["module 0 (m): left alone, it has 100 memories, and none can be added"]);
}
