//! Counters inside components: that they count right, and change nothing else.

use kvspec_component::counters::CounterRegions;
use kvspec_coverage::{InstrumentError, Instrumented, Reason, instrument};
use wasmtime::component::{Component, Instance, Linker};
use wasmtime::{Engine, Store};

/// An instance, and its counters where it has been instrumented.
struct Running {
    store: Store<()>,
    instance: Instance,
    counters: Option<CounterRegions>,
}

impl Running {
    fn counted(wat: &str) -> Self {
        let instrumented = instrumented(wat);
        let engine = Engine::default();
        let component = Component::new(&engine, &instrumented.bytes).unwrap();
        let mut running = Self::start(&engine, &component);
        let counters = CounterRegions::attach(&running.instance, &mut running.store, &instrumented.regions);
        running.counters = Some(counters.unwrap());
        running
    }

    fn start(engine: &Engine, component: &Component) -> Self {
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate(&mut store, component).unwrap();
        Self { store, instance, counters: None }
    }

    fn call(&mut self, name: &str, argument: u32) -> wasmtime::Result<u32> {
        let function = self.instance.get_typed_func::<(u32,), (u32,)>(&mut self.store, name)?;
        Ok(function.call(&mut self.store, (argument,))?.0)
    }

    fn reset(&mut self) -> wasmtime::Result<()> {
        self.counters.as_ref().unwrap().reset(&mut self.store)
    }

    /// The edge counters of each region.
    fn edges(&self) -> Vec<Vec<u8>> {
        let regions = self.counters.as_ref().unwrap().read(&self.store);
        regions.map(|(layout, bytes)| layout.split(bytes).0.to_vec()).collect()
    }

    /// The closenesses of each region.
    fn closenesses(&self) -> Vec<Vec<u8>> {
        let regions = self.counters.as_ref().unwrap().read(&self.store);
        regions.map(|(layout, bytes)| layout.split(bytes).1.to_vec()).collect()
    }
}

fn instrumented(wat: &str) -> Instrumented {
    instrument(&wat::parse_str(wat).unwrap()).unwrap()
}

/// A component with one core module, whose function `f` it exports.
fn around(module_fields: &str) -> String {
    format!(
        r#"(component
            (core module $m {module_fields})
            (core instance $i (instantiate $m))
            (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))"#
    )
}

/// As [`around`], for the body of `f`, whose parameter is local 0.
fn with_body(body: &str) -> String {
    around(&format!(r#"(func (export "f") (param i32) (result i32) {body})"#))
}

#[test]
fn a_function_counts_its_calls_and_stops_at_255() {
    let mut running = Running::counted(&with_body("local.get 0"));
    for _ in 0..3 {
        running.call("f", 7).unwrap();
    }
    assert_eq!(running.edges(), [[3]]);
    for _ in 0..300 {
        running.call("f", 7).unwrap();
    }
    assert_eq!(running.edges(), [[255]]);
    running.reset().unwrap();
    assert_eq!(running.edges(), [[0]]);
}

#[test]
fn both_arms_of_an_if_and_its_end_are_edges() {
    let body = "(if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))";
    let mut running = Running::counted(&with_body(body));
    assert_eq!(running.call("f", 1).unwrap(), 1);
    assert_eq!(running.edges(), [[1, 1, 0, 1]]);
    assert_eq!(running.call("f", 0).unwrap(), 2);
    assert_eq!(running.edges(), [[2, 1, 1, 2]]);
}

#[test]
fn an_if_without_else_shows_that_it_was_skipped() {
    let mut running = Running::counted(&with_body("(if (local.get 0) (then (nop))) local.get 0"));
    running.call("f", 0).unwrap();
    assert_eq!(running.edges(), [[1, 0, 1]]);
}

#[test]
fn loops_count_rounds_and_conditional_branches_their_falling_through() {
    let body = "(loop $again
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $again (local.get 0)))
        local.get 0";
    let mut running = Running::counted(&with_body(body));
    assert_eq!(running.call("f", 5).unwrap(), 0);
    // The start, the head of the loop, the branch not taken.
    assert_eq!(running.edges(), [[1, 5, 1]]);
}

#[test]
fn the_targets_of_a_branch_table_are_told_apart() {
    let body = "(block $c (block $b (block $a
        (br_table $a $b $c (local.get 0)))
        (return (i32.const 10)))
        (return (i32.const 11)))
        i32.const 12";
    let mut running = Running::counted(&with_body(body));
    let mut traces = Vec::new();
    for argument in 0..3 {
        running.reset().unwrap();
        assert_eq!(running.call("f", argument).unwrap(), 10 + argument);
        traces.extend(running.edges());
    }
    assert_eq!(traces, [[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]);
}

#[test]
fn a_block_that_nothing_branches_to_has_no_counter() {
    let instrumented = instrumented(&with_body("(block (block (nop))) (block $b (br $b)) local.get 0"));
    assert_eq!(instrumented.edge_count(), 2);
}

#[test]
fn code_that_cannot_be_reached_stays_valid() {
    let body = "(block $b (br $b) (if (i32.eq (i32.const 123456)) (then (nop)))) (return (local.get 0))
        (loop unreachable br_if 0)";
    let mut running = Running::counted(&with_body(body));
    assert_eq!(running.call("f", 3).unwrap(), 3);
}

#[test]
fn closeness_is_the_best_of_all_comparisons_at_a_place() {
    let mut running = Running::counted(&with_body("(i32.eq (local.get 0) (i32.const 0x6b657921))"));
    assert_eq!(running.closenesses(), [[0]]);
    assert_eq!(running.call("f", !0x6b65_7921).unwrap(), 0);
    assert_eq!(running.closenesses(), [[1]]);
    assert_eq!(running.call("f", 0x6b65_7920).unwrap(), 0);
    assert_eq!(running.closenesses(), [[32]]);
    assert_eq!(running.call("f", 0).unwrap(), 0);
    assert_eq!(running.closenesses(), [[32]]);
    assert_eq!(running.call("f", 0x6b65_7921).unwrap(), 1);
    assert_eq!(running.closenesses(), [[33]]);
}

#[test]
fn comparisons_of_64_bits_and_by_xor_are_seen() {
    let body = "(i64.ne (i64.extend_i32_u (local.get 0)) (i64.const 0x1234567890))
        (i32.xor (local.get 0) (i32.const 0x01020304))
        i32.eqz i32.add";
    let mut running = Running::counted(&with_body(body));
    assert_eq!(running.call("f", 0x0102_0304).unwrap(), 2);
    let agreeing = 64 - (0x1234567890_u64 ^ 0x0102_0304).count_ones();
    assert_eq!(running.closenesses(), [[1 + agreeing as u8, 33]]);
}

#[test]
fn constants_that_edges_show_well_enough_are_no_comparisons() {
    let body = "(i32.eq (local.get 0) (i32.const -1)) (i32.eq (local.get 0) (i32.const 31)) i32.add
        (i32.xor (local.get 0) (i32.const 0x80000000)) i32.add (i32.add (local.get 0) (i32.const 0x12345678)) i32.add";
    assert_eq!(instrumented(&with_body(body)).comparison_count(), 0);
}

#[test]
fn counters_outlive_a_trap() {
    let mut running = Running::counted(&with_body("(if (local.get 0) (then (unreachable))) local.get 0"));
    running.call("f", 0).unwrap();
    running.call("f", 1).unwrap_err();
    assert_eq!(running.edges(), [[2, 1, 1]]);
    running.reset().unwrap_err();
    assert_eq!(running.edges(), [[2, 1, 1]]);
}

#[test]
fn what_start_functions_do_is_counted_until_the_first_reset() {
    let module = "(global $g (mut i32) (i32.const 0))
        (func $start (global.set $g (i32.const 40)))
        (start $start)
        (func (export \"f\") (param i32) (result i32) (i32.add (global.get $g) (local.get 0)))";
    let mut running = Running::counted(&around(module));
    assert_eq!(running.edges(), [[1, 0]]);
    running.reset().unwrap();
    assert_eq!(running.call("f", 2).unwrap(), 42);
    assert_eq!(running.edges(), [[0, 1]]);
}

#[test]
fn each_instance_of_a_module_has_a_region_of_its_own() {
    let wat = r#"(component
        (core module $m (func (export "f") (param i32) (result i32) local.get 0))
        (core instance $a (instantiate $m))
        (core instance $b (instantiate $m))
        (func (export "f") (param "x" u32) (result u32) (canon lift (core func $a "f")))
        (func (export "g") (param "x" u32) (result u32) (canon lift (core func $b "f"))))"#;
    let mut running = Running::counted(wat);
    running.call("f", 0).unwrap();
    running.call("g", 0).unwrap();
    running.call("g", 0).unwrap();
    assert_eq!(running.edges(), [[1], [2]]);
}

#[test]
fn modules_of_nested_components_are_counted_too() {
    let wat = r#"(component
        (core module $shared (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
        (component $inner
            (core module $own (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))
            (alias outer 1 $shared (core module $borrowed))
            (core instance $a (instantiate $own))
            (core instance $b (instantiate $borrowed))
            (func (export "triple") (param "x" u32) (result u32) (canon lift (core func $a "f")))
            (func (export "next") (param "x" u32) (result u32) (canon lift (core func $b "f"))))
        (instance $one (instantiate $inner))
        (instance $two (instantiate $inner))
        (core instance $c (instantiate $shared))
        (func $next (param "x" u32) (result u32) (canon lift (core func $c "f")))
        (export "triple" (func $one "triple"))
        (export "next" (func $two "next"))
        (export "own" (func $next)))"#;
    let instrumented = instrumented(wat);
    let places: Vec<&str> = instrumented.regions.iter().map(|region| &*region.module).collect();
    let (own, shared) = ("component 0, module 0 (own)", "module 0 (shared)");
    assert_eq!(places, [shared, own, shared, own, shared]);
    let mut running = Running::counted(wat);
    assert_eq!(running.call("triple", 4).unwrap(), 12);
    assert_eq!(running.call("next", 4).unwrap(), 5);
    assert_eq!(running.call("next", 4).unwrap(), 5);
    assert_eq!(running.call("own", 4).unwrap(), 5);
    assert_eq!(running.edges(), [[1], [1], [0], [0], [2]]);
}

#[test]
fn a_component_without_code_says_so() {
    let wat = r#"(component
        (core module $m (memory (export "memory") 1))
        (core instance (instantiate $m)))"#;
    let instrumented = instrumented(wat);
    assert_eq!(instrumented.bytes, wat::parse_str(wat).unwrap());
    assert_eq!((instrumented.regions.len(), instrumented.edge_count()), (0, 0));
    assert_eq!(instrumented.untouched[0].to_string(), "module 0 (m): no code");
    assert!(instrument(&wat::parse_str("(component)").unwrap()).unwrap().untouched.is_empty());
}

#[test]
fn a_module_of_unknown_features_passes_unchanged_and_is_listed() {
    let wat = r#"(component
        (core module $old (func try catch_all end))
        (core module $new (func)))"#;
    let instrumented = instrumented(wat);
    assert_eq!(instrumented.untouched.len(), 1);
    let reason = &instrumented.untouched[0].reason;
    assert_eq!(*reason, Reason::Unsupported("it uses legacy exception handling".into()));
}

#[test]
fn imported_modules_are_listed_as_foreign() {
    let wat = r#"(component
        (import "m" (core module $m))
        (core instance (instantiate $m)))"#;
    assert_eq!(instrumented(wat).untouched[0].to_string(), "core instance 0: not part of the component");
}

#[test]
fn bytes_that_cannot_be_instrumented_are_refused_with_the_reason() {
    let core = wat::parse_str("(module)").unwrap();
    assert_eq!(instrument(&core).unwrap_err(), InstrumentError::CoreModule);

    let wat = with_body("local.get 0");
    let once = instrumented(&wat);
    let twice = instrument(&once.bytes).unwrap_err();
    assert_eq!(twice, InstrumentError::AlreadyInstrumented { export: "kvspec-region-r0".into() });

    let bytes = wat::parse_str(&wat).unwrap();
    for length in 0..bytes.len() {
        // Cut anywhere, it is refused, or ends after a whole section.
        if let Err(error) = instrument(&bytes[..length]) {
            let InstrumentError::Malformed { offset, .. } = error else { panic!("{error}") };
            assert!(offset <= length, "{length}: {error}");
        }
    }
    assert!(matches!(instrument(b"hello").unwrap_err(), InstrumentError::Malformed { offset: 0, .. }));
}

#[test]
fn the_same_bytes_give_the_same_component() {
    assert_eq!(instrumented(BUSY).bytes, instrumented(BUSY).bytes);
}

/// Tables, globals, two memories, segments, indirect calls: whatever an added memory, function or
/// type could disturb.
const BUSY: &str = r#"(component
    (core module $memory (memory (export "mem") 2))
    (core instance $memory (instantiate $memory))
    (core module $m
        (import "env" "mem" (memory $outside 1))
        (memory $own (export "own") 1)
        (type $unary (func (param i32) (result i32)))
        (table 3 funcref)
        (elem (i32.const 0) $double $mix $mix)
        (global $calls (mut i32) (i32.const 0))
        (data (memory $own) (i32.const 8) "\01\02\03\04\05\06\07\08")
        (data $passive "\aa\bb\cc\dd")
        (func $double (type $unary) (i32.shl (local.get 0) (i32.const 1)))
        (func $mix (type $unary) (local $i i32) (local $h i64)
            (memory.init $own $passive (i32.const 20) (i32.const 0) (i32.const 4))
            (local.set $h (i64.const 0xcbf29ce484222325))
            (loop $next
                (local.set $h (i64.mul
                    (i64.xor (local.get $h)
                        (i64.load8_u $own (i32.add (i32.const 8) (i32.and (local.get $i) (i32.const 15)))))
                    (i64.const 0x100000001b3)))
                (i32.store8 $outside (local.get $i) (i32.wrap_i64 (local.get $h)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $i) (i32.and (local.get 0) (i32.const 63)))))
            (i32.xor (i32.wrap_i64 (local.get $h)) (i32.load $outside (i32.and (local.get 0) (i32.const 31)))))
        (func (export "f") (type $unary)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (i32.store $own (i32.const 8) (local.get 0))
            (if (i32.eq (i32.and (local.get 0) (i32.const 0xf0)) (i32.const 0x40)) (then (unreachable)))
            (drop (memory.grow $own (i32.eqz (i32.and (local.get 0) (i32.const 511)))))
            (i32.add
                (i32.add (memory.size $own) (i32.add (memory.size $outside) (global.get $calls)))
                (call_indirect (type $unary) (local.get 0) (i32.rem_u (local.get 0) (i32.const 4))))))
    (core instance $i (instantiate $m (with "env" (instance $memory))))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))"#;

#[test]
fn what_the_component_computes_stays_the_same() {
    let (plain, counted) = (wat::parse_str(BUSY).unwrap(), instrumented(BUSY).bytes);
    let engine = Engine::default();
    let components = [plain, counted].map(|bytes| Component::new(&engine, bytes).unwrap());
    let (mut results, mut traps) = (0, 0);
    let mut argument = 1_u32;
    for _ in 0..100 {
        let mut pair = components.each_ref().map(|component| Running::start(&engine, component));
        for _ in 0..20 {
            argument = argument.wrapping_mul(0x9e37_79b1).wrapping_add(0x7f4a_7c15).rotate_left(7);
            let [plain, counted] = pair.each_mut().map(|running| running.call("f", argument));
            let trap_of = |error: &wasmtime::Error| error.downcast_ref::<wasmtime::Trap>().copied();
            let trapped = plain.is_err();
            assert_eq!(plain.map_err(|e| trap_of(&e)), counted.map_err(|e| trap_of(&e)), "f({argument})");
            if trapped {
                traps += 1;
                break;
            }
            results += 1;
        }
    }
    assert!(results > 100 && traps > 10, "{results} results, {traps} traps");
}
