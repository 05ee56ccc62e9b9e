//! Components that do harm.

use crate::component::{CALLS, Code, LOOP, error, grow, page, value};
use crate::specimen::{Met, meet};

/// The cases that a component of these specimens needs to show what it does.
const GET: &str = "eventual::get";

fn run(name: &str, code: &Code, filter: &str) -> Met {
    let file = code.file(name);
    let file = file.to_str().expect("the folder has a UTF-8 name");
    meet(&["run", file, "--filter", filter, "--cases", "0", "--call-timeout", "500ms"])
}

fn with(change: impl FnOnce(&mut Code)) -> Code {
    let mut code = Code::default();
    change(&mut code);
    code
}

#[test]
fn a_value_beyond_every_limit() {
    let code = with(|code| (code.get, code.fields) = (value(100_000_000), CALLS.into()));
    run("value-beyond", &code, GET).ends(69, &["gave the host more than 64 MiB in one call of get"]);
}

#[test]
#[ignore = "hostile, takes long: gigabytes are answered"]
fn another_large_value_for_each_get() {
    let code = with(|code| (code.get, code.fields) = (value(60_000_000), CALLS.into()));
    run("large-values", &code, GET).ends(1, &["NOT CONFORMANT", "60000000 bytes"]);
}

#[test]
fn an_error_of_a_hundred_megabytes() {
    let code = with(|code| code.set = error(100_000_000));
    run("large-error", &code, GET).ends(69, &["gave the host more than 64 MiB in one call of set"]);
}

#[test]
fn an_error_of_some_megabytes() {
    let code = with(|code| code.set = error(9_000_000));
    run("long-error", &code, GET).ends(69, &["answered an error", "AAAA"]);
}

#[test]
fn a_page_of_millions_of_empty_keys() {
    let code = with(|code| code.list = page(30_000_000, false));
    run("empty-keys", &code, "KVS-LST-01").ends(1, &["gave the host more than 64 MiB in one call of list-keys"]);
}

#[test]
fn pages_without_end() {
    let code = with(|code| code.list = page(0, true));
    run("endless-pages", &code, "KVS-LST-01").ends(1, &["cursor"]);
}

#[test]
fn a_start_function_that_does_not_end() {
    let code = with(|code| code.fields = format!("(func $s {}) (start $s)", "(loop $again (br $again))"));
    run("start-loops", &code, GET).ends(69, &["timed out: start computed for", "without answering"]);
}

#[test]
fn a_start_function_that_traps() {
    let code = with(|code| code.fields = "(func $s unreachable) (start $s)".into());
    run("start-traps", &code, GET).ends(69, &["traps as it starts"]);
}

#[test]
fn a_first_get_that_does_not_end() {
    let code = with(|code| code.get = LOOP.into());
    run("get-loops", &code, GET).ends(69, &["timed out: get computed for 500ms", "without answering"]);
}

/// Each case costs the short limit: with the whole one, it would take hours.
#[test]
fn gets_that_do_not_end_once_something_was_set_twice() {
    let code = with(|code| {
        code.fields = "(global $sets (mut i32) (i32.const 0))".into();
        code.set = format!("(global.set $sets (i32.add (global.get $sets) (i32.const 1))) {}", code.set);
        code.get = format!("(if (i32.gt_u (global.get $sets) (i32.const 1)) (then (loop $l (br $l)))) {}", code.get);
    });
    run("get-loops-later", &code, "eventual::*::*").ends(1, &["timed out", "without answering"]);
}

#[test]
fn a_list_that_does_not_end() {
    let code = with(|code| code.list = LOOP.into());
    run("list-loops", &code, "KVS-LST-01").ends(1, &["list-keys computed for 500ms"]);
}

#[test]
fn tables_without_end() {
    let tables: String = (0..100).map(|i| format!("(table $t{i} 1 funcref)")).collect();
    let grows: String =
        (0..100).map(|i| format!("(drop (table.grow $t{i} (ref.null func) (i32.const 4000000)))")).collect();
    let code = with(|code| (code.fields, code.set) = (tables, format!("{grows} {}", code.set)));
    run("tables", &code, GET).ends(1, &["NOT CONFORMANT"]);
}

#[test]
fn all_memory_that_there_is() {
    let code = with(|code| {
        code.set = format!(
            "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) \
             (memory.fill (i32.const 4096) (i32.const 1) \
               (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4096))) {}",
            code.set
        );
    });
    run("all-memory", &code, GET).ends(1, &["NOT CONFORMANT"]);
}

#[test]
fn more_memory_than_there_is_to_begin_with() {
    let code = with(|code| code.fields = "(memory 40000)".into());
    run("much-memory", &code, GET).ends(69, &["exceeds memory limits", "(`--memory`)"]);
}

#[test]
fn memory_that_is_refused() {
    let code = with(|code| code.set = format!("{} {}", grow(60_000), code.set));
    run("refused-memory", &code, GET).ends(69, &["it had asked for more memory than it may have"]);
}

#[test]
fn a_stack_without_end() {
    let code = with(|code| {
        code.fields = "(func $f (result i32) (i32.add (call $f) (call $f)))".into();
        code.get = "(call $f)".into();
    });
    run("stack", &code, GET).ends(69, &["call stack exhausted"]);
}

#[test]
fn handles_without_end() {
    let code = with(|code| code.open = format!("(loop $l (drop (call $new (i32.const 1))) (br $l)) {}", code.open));
    run("handles", &code, GET).ends(69, &["opening a bucket broke the implementation"]);
}

#[test]
fn a_handle_that_is_none() {
    let code = with(|code| {
        code.open =
            "(i32.store8 (i32.const 16) (i32.const 0)) (i32.store (i32.const 20) (i32.const 99)) (i32.const 16)".into();
    });
    run("no-handle", &code, GET).ends(69, &["opening a bucket broke the implementation"]);
}

#[test]
fn a_result_outside_memory() {
    let code = with(|code| code.get = "(i32.const -16)".into());
    run("outside", &code, GET).ends(69, &["get broke the implementation"]);
}

#[test]
fn a_key_that_is_no_text() {
    let code = with(|code| {
        code.list = format!(
            "(i64.store (i32.const 4096) (i64.const 0x1_00001010)) \
            (i32.store8 (i32.const 4112) (i32.const 255)) {}",
            page(1, false)
        );
    });
    run("no-text", &code, "KVS-LST-01").ends(1, &["utf-8"]);
}
