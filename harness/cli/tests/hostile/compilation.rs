//! Components that take much to compile.

use crate::component::Code;
use crate::specimen::meet;

fn is_refused(name: &str, text: &str, what: &str) {
    let file = crate::scratch(name, text.as_bytes());
    meet(&["run", file.to_str().expect("the folder has a UTF-8 name")]).ends(69, &[what]);
}

const TOO_MUCH: &str = "cannot be compiled with 896 MiB of memory and 180 s of processor time";

/// A function with so many loops, one in the other, each of which joins all variables.
fn joins(variables: u32, loops: u32) -> String {
    let locals: String = (0..variables).map(|i| format!("(local $l{i} i32)")).collect();
    let begins: String = (0..loops).map(|i| format!("(loop $b{i} ")).collect();
    let sums: String = (0..variables)
        .map(|i| format!("(local.set $l{i} (i32.add (local.get $l{}) (i32.const {i})))", (i * 7 + 1) % variables))
        .collect();
    let ends: String = (0..loops).rev().map(|i| format!("(br_if $b{i} (local.get $l{i})))")).collect();
    format!("(func $joins (result i32) {locals} {begins} {sums} {ends} (local.get $l0))")
}

#[test]
#[ignore = "hostile, takes long: the compiler is at work until it is ended"]
fn a_function_of_many_joins() {
    let code = Code { fields: joins(2_000, 1_000), ..Code::default() };
    is_refused("joins.wat", &code.text(), TOO_MUCH);
}

#[test]
#[ignore = "hostile, takes long: the compiler is at work"]
fn a_hundred_thousand_functions() {
    let functions: String = (0..100_000).map(|i| format!("(func (result i32) (i32.const {i}))")).collect();
    let file = Code { fields: functions, ..Code::default() }.file("functions");
    let file = file.to_str().expect("the folder has a UTF-8 name");
    meet(&["run", file, "--filter", "eventual::get::absent_key_is_none", "--cases", "0"]).ends(0, &["1 passed"]);
}

#[test]
#[ignore = "hostile, takes long: the compiler is at work until it is ended"]
fn one_huge_function() {
    let body: String = (0..1_000_000)
        .map(|i| format!("(local.set $p (i64.xor (i64.mul (local.get $p) (i64.const {i})) (i64.load (i32.wrap_i64 (local.get $p)))))"))
        .collect();
    let code = Code { fields: format!("(func (param $p i64) (result i64) {body} (local.get $p))"), ..Code::default() };
    is_refused("huge.wat", &code.text(), TOO_MUCH);
}

/// Each level has two of the level before.
#[test]
#[ignore = "hostile, takes long: the compiler is at work until it is ended"]
fn a_nest_of_components() {
    let levels: String = (1..40)
        .map(|i| format!("(component $c{i} (alias outer 1 $c{} (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))", i - 1))
        .collect();
    let text = format!("(component (component $c0 (core module $m)) {levels} (instance (instantiate $c39)))");
    is_refused("nest.wat", &text, "kvspec: ");
}

#[test]
fn text_that_is_no_component() {
    is_refused("no-component.wat", "(component (core module (func (unreachable)", "is not a valid component");
    is_refused("deep.wat", &"(".repeat(1_000_000), "is not a valid component");
}

#[test]
fn bytes_that_are_cut_off() {
    let component = wat::parse_str(Code::default().text()).expect("it is a component");
    let file = crate::scratch("cut-off.wasm", &component[..component.len() / 2]);
    meet(&["run", file.to_str().expect("the folder has a UTF-8 name")]).ends(69, &["is not a valid component"]);
}
