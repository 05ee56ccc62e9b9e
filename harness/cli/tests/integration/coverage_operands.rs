//! What functions that compare memory were given: kept where it can be used, and never at the cost of
//! what the component does.

use kvspec_component::counters::CounterRegions;
use kvspec_coverage::instrument;
use wasmtime::component::{Component, Instance, Linker};
use wasmtime::{Engine, Store};

/// `f(at)` compares the four bytes at 16 with those at `at`, by the function that is given.
fn component(comparer: &str) -> String {
    format!(
        r#"(component
            (core module $m
                (memory 1)
                (data (i32.const 16) "abcdk3y!")
                {comparer}
                (func (export "f") (param i32) (result i32)
                    (call 0 (i32.const 16) (local.get 0) (i32.const 4)))
                (func (export "g") (param i32) (result i32)
                    (call 0 (i32.const 16) (i32.const 20) (local.get 0))))
            (core instance $i (instantiate $m))
            (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f")))
            (func (export "g") (param "x" u32) (result u32) (canon lift (core func $i "g"))))"#
    )
}

/// Answers without looking, so that any address will do; found by its name.
const NAMED: &str = "(func $memcmp (param i32 i32 i32) (result i32) (i32.const 7))";

/// Compares byte by byte; found by its looks.
const NAMELESS: &str = "(func (param i32 i32 i32) (result i32)
    (loop
        (if (i32.eqz (local.get 2)) (then (return (i32.const 0))))
        (if (i32.ne (i32.load8_u (local.get 0)) (i32.load8_u (local.get 1))) (then (return (i32.const 7))))
        (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (local.set 2 (i32.sub (local.get 2) (i32.const 1)))
        (br 0))
    (unreachable))";

/// Also takes three numbers and gives one, but compares nothing.
const OTHER: &str = "(func (param i32 i32 i32) (result i32)
    (i32.store8 (i32.const 0) (i32.load8_u (local.get 0))) (i32.const 7))";

struct Running {
    store: Store<()>,
    instance: Instance,
    counters: CounterRegions,
}

impl Running {
    fn of(comparer: &str) -> Self {
        Self::of_component(&component(comparer))
    }

    fn of_component(text: &str) -> Self {
        let instrumented = instrument(&wat::parse_str(text).unwrap()).unwrap();
        let engine = Engine::default();
        let component = Component::new(&engine, &instrumented.bytes).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &component).unwrap();
        let counters = CounterRegions::attach(&instance, &mut store, &instrumented.regions).unwrap();
        Self { store, instance, counters }
    }

    fn call(&mut self, name: &str, argument: u32) -> u32 {
        let function = self.instance.get_typed_func::<(u32,), (u32,)>(&mut self.store, name).unwrap();
        function.call(&mut self.store, (argument,)).unwrap().0
    }

    fn pairs(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let regions = self.counters.read(&self.store);
        let pairs = regions.flat_map(|(layout, region)| layout.operand_pairs(region));
        pairs.map(|(left, right)| (left.to_vec(), right.to_vec())).collect()
    }
}

#[test]
fn both_operands_of_a_comparison_are_kept_until_they_are_zeroed() {
    for comparer in [NAMED, NAMELESS] {
        let mut running = Running::of(comparer);
        assert_eq!(running.call("f", 20), 7);
        assert_eq!(running.pairs(), [(b"abcd".to_vec(), b"k3y!".to_vec())]);
        running.counters.reset(&mut running.store).unwrap();
        assert_eq!(running.pairs(), []);
    }
    let mut other = Running::of(OTHER);
    assert_eq!((other.call("f", 20), other.pairs()), (7, vec![]));
}

#[test]
fn operands_beyond_the_memory_or_of_odd_lengths_are_left_out() {
    let mut running = Running::of(NAMED);
    for address in [65_533, 65_536, u32::MAX - 2, u32::MAX] {
        assert_eq!(running.call("f", address), 7);
    }
    for length in [0, 1, 25, 65_536, u32::MAX] {
        assert_eq!(running.call("g", length), 7);
    }
    assert_eq!(running.pairs(), []);
    running.call("f", 65_532);
    running.call("g", 24);
    running.call("g", 2);
    assert_eq!(running.pairs().len(), 3);
}

/// `f` compares its argument with a constant, and with the number that is in memory.
const WORDS: &str = r#"(component
    (core module $m
        (memory 1)
        (data (i32.const 16) "k3y!")
        (func (export "f") (param i32) (result i32)
            (i32.eq (local.get 0) (i32.const 0x64636261))
            (i32.ne (local.get 0) (i32.load (i32.const 16)))
            i32.add))
    (core instance $i (instantiate $m))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))"#;

#[test]
fn the_nearest_operand_and_the_last_two_numbers_are_kept() {
    let mut running = Running::of_component(WORDS);
    let word = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes);
    let kept = |running: &Running| {
        let mut all = (Vec::new(), Vec::new());
        for (layout, region) in running.counters.read(&running.store) {
            all.0.extend(layout.nearest_operands(region));
            all.1.extend(layout.word_pairs(region));
        }
        all
    };
    assert_eq!(kept(&running), (vec![], vec![]));
    let [near, far, other] = [b"abce", b"zzzz", b"k3y!"].map(word);
    for (argument, sum) in [(near, 1), (far, 1), (other, 0)] {
        assert_eq!(running.call("f", argument), sum);
    }
    let agreeing = 32 - (near ^ word(b"abcd")).count_ones() as u8;
    // What was equal says nothing new: the pair before stays.
    assert_eq!(kept(&running), (vec![(0, 1 + agreeing, near.into())], vec![(far.into(), other.into())]));
    running.counters.reset(&mut running.store).unwrap();
    assert_eq!(kept(&running), (vec![], vec![]));
}
