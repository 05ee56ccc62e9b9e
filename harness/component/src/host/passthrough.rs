//! A component that imports `wasi:keyvalue` and exports it again, every call passed on: the smallest one that
//! stands in the middle.
//!
//! wasmtime 48 does not implement that a component exports an imported function as it is: each is lowered to a
//! core function, called from a core module, and lifted again. A component may not export a method of a resource
//! that is not its own: methods go by [`plain_name`].

use std::fmt::Write;

use kvspec::probe::{Dialect, Function, Interface, StoreDialect, WASI_RELEASE, interfaces, resources, write_imports};

use crate::dialect::{interface, plain_name};

/// One of this dialect.
pub(super) fn component(dialect: StoreDialect) -> String {
    let mut out = String::from("(component\n");
    let version = dialect.version;
    let dialect = &Dialect::from(dialect);
    write_imports(&mut out, dialect, WASI_RELEASE);
    out.push_str(MEMORY);
    for resource in resources(dialect) {
        let _ = writeln!(out, "  (core func $drop-{resource} (canon resource.drop ${resource}))");
    }
    let all = interfaces(dialect, WASI_RELEASE);
    let functions: Vec<(usize, &Function)> = all.iter().flat_map(|i| &i.functions).enumerate().collect();
    let mut number = 0;
    for interface in &all {
        for function in &interface.functions {
            let (from, name) = (&interface.name, function.name);
            let _ = writeln!(out, "  (alias export ${from} \"{name}\" (func $imported-{number}))");
            let options = "(memory $memory) (realloc $realloc)";
            let _ = writeln!(out, "  (core func $import-{number} (canon lower (func $imported-{number}) {options}))");
            number += 1;
        }
    }
    write_glue(&mut out, dialect, &functions);
    for (i, function) in &functions {
        let options = r#"(memory $memory) (realloc $realloc) (post-return $reset)"#;
        let _ = writeln!(out, "  (func $export-{i} {}", &function.ty()["(func ".len()..function.ty().len() - 1]);
        let _ = writeln!(out, "    (canon lift (core func $glue \"{i}\") {options}))");
    }
    write_exports(&mut out, version, &all);
    out + ")"
}

/// Where results are written: nothing runs between that and their being read.
const RESULT_ADDRESS: u32 = 16;

/// Memory for what passes through; it is empty again after each call.
const MEMORY: &str = r#"
  (core module $memory-module
    (memory (export "memory") 2)
    (global $top (mut i32) (i32.const 1024))
    (func (export "reset") (param i32) (global.set $top (i32.const 1024)))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $new i32) (local $end i64) (local $missing i64)
      (local.set $new (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (local.set $end (i64.add (i64.extend_i32_u (local.get $new)) (i64.extend_i32_u (local.get $size))))
      (local.set $missing (i64.sub (local.get $end) (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16))))
      (if (i64.gt_s (local.get $missing) (i64.const 0))
        (then (if (i32.lt_s
            (memory.grow (i32.wrap_i64 (i64.shr_u
              (i64.add (local.get $missing) (i64.const 65535)) (i64.const 16))))
            (i32.const 0))
          (then (unreachable)))))
      (global.set $top (i32.wrap_i64 (local.get $end)))
      (memory.copy (local.get $new) (local.get $old)
        (select (local.get $old-size) (local.get $size) (i32.lt_u (local.get $old-size) (local.get $size))))
      (local.get $new)))
  (core instance $heap (instantiate $memory-module))
  (alias core export $heap "memory" (core memory $memory))
  (alias core export $heap "realloc" (core func $realloc))
  (alias core export $heap "reset" (core func $reset))
"#;

fn write_glue(out: &mut String, dialect: &Dialect, functions: &[(usize, &Function)]) {
    out.push_str("  (core module $glue-module\n");
    for (i, function) in functions {
        let _ = writeln!(out, "    (import \"host\" \"{i}\" (func $host-{i} (param {} i32)))", function.core);
    }
    for resource in resources(dialect) {
        let _ = writeln!(out, "    (import \"host\" \"drop-{resource}\" (func $drop-{resource} (param i32)))");
    }
    for (i, function) in functions {
        let count = function.core.split(' ').count();
        let _ = write!(out, "    (func (export \"{i}\") (param {}) (result i32)\n      ", function.core);
        for local in 0..count {
            let _ = write!(out, "(local.get {local}) ");
        }
        let _ = write!(out, "(i32.const {RESULT_ADDRESS}) (call $host-{i})");
        if let Some(resource) = function.borrows {
            let _ = write!(out, " (call $drop-{resource} (local.get 0))");
        }
        let _ = writeln!(out, " (i32.const {RESULT_ADDRESS}))");
    }
    out.push_str("  )\n  (core instance $glue (instantiate $glue-module (with \"host\" (instance\n");
    for (i, _) in functions {
        let _ = writeln!(out, "    (export \"{i}\" (func $import-{i}))");
    }
    for resource in resources(dialect) {
        let _ = writeln!(out, "    (export \"drop-{resource}\" (func $drop-{resource}))");
    }
    out.push_str("  ))))\n");
}

fn write_exports(out: &mut String, version: &str, all: &[Interface]) {
    let mut number = 0;
    for exported in all {
        let name = &exported.name;
        let _ = writeln!(out, "  (instance ${name}-again");
        for (export, local) in &exported.type_names {
            let _ = writeln!(out, "    (export \"{export}\" (type ${local}))");
        }
        for function in &exported.functions {
            let plain = plain_name(function.name);
            let _ = writeln!(out, "    (export \"{plain}\" (func $export-{number}))");
            number += 1;
        }
        let _ = writeln!(out, "  )\n  (export \"{}\" (instance ${name}-again))", interface(name, version));
    }
}
