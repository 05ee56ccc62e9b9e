//! The probe: a component that imports `wasi:keyvalue` and exports it again, every call passed on.
//!
//! A host is thus driven exactly as a component that exports the interface, through the same calls
//! that any guest makes. It is text that wasmtime compiles: no binary is kept, and no toolchain for
//! guests is needed. wasmtime 48 does not implement that a component exports an imported function as it
//! is: each is lowered to a core function, called from a core module, and lifted again. A component may
//! not export a method of a resource that is not its own: methods go by [`plain_name`].

use std::fmt::Write;

use crate::component::shape::{Cursor, GetMany, Increment, Shape, interface, plain_name};

/// One function of an interface, in the text of types and of core code.
struct Function {
    name: &'static str,
    /// Parameters, as text of the component model.
    parameters: String,
    /// What a good end gives; every function gives `result<…, error>`.
    result: &'static str,
    /// The type of the bad end.
    error: &'static str,
    /// The parameters as core types.
    core: &'static str,
    /// The first parameter is a borrow of this resource, to be dropped before the end.
    borrows: Option<&'static str>,
}

/// An interface with its functions.
struct Interface {
    name: &'static str,
    functions: Vec<Function>,
}

const BUCKET: Option<&str> = Some("bucket");

fn interfaces(shape: &Shape) -> Vec<Interface> {
    let function = |name, parameters: &str, result, core, borrows| Function {
        name,
        parameters: parameters.into(),
        result,
        error: "$error",
        core,
        borrows,
    };
    let method = |name, parameters: &str, result, core| {
        function(name, &format!("(param \"self\" (borrow $bucket)) {parameters}"), result, core, BUCKET)
    };
    let on_bucket = |name, parameters: &str, result, core| {
        function(name, &format!("(param \"bucket\" (borrow $bucket)) {parameters}"), result, core, BUCKET)
    };
    let key = r#"(param "key" string)"#;
    let (cursor, cursor_core) = match shape.cursor {
        Cursor::Number => (r#"(param "cursor" (option u64))"#, "i32 i32 i64"),
        Cursor::Text => (r#"(param "cursor" (option string))"#, "i32 i32 i32 i32"),
    };
    let store = vec![
        function("open", r#"(param "identifier" string)"#, "(own $bucket)", "i32 i32", None),
        method("[method]bucket.get", key, "(option (list u8))", "i32 i32 i32"),
        method("[method]bucket.set", &format!(r#"{key} (param "value" (list u8))"#), "", "i32 i32 i32 i32 i32"),
        method("[method]bucket.delete", key, "", "i32 i32 i32"),
        method("[method]bucket.exists", key, "bool", "i32 i32 i32"),
        method("[method]bucket.list-keys", cursor, "$page", cursor_core),
    ];
    let mut all = vec![Interface { name: "store", functions: store }];
    let mut atomics = Vec::new();
    if let Some(increment) = shape.increment {
        let (delta, result) = match increment {
            Increment::Unsigned => (r#"(param "delta" u64)"#, "u64"),
            Increment::Signed => (r#"(param "delta" s64)"#, "s64"),
        };
        atomics.push(on_bucket("increment", &format!("{key} {delta}"), result, "i32 i32 i32 i64"));
    }
    if shape.cas {
        atomics.push(on_bucket("[static]cas.new", key, "(own $cas)", "i32 i32 i32"));
        let current = r#"(param "self" (borrow $cas))"#;
        atomics.push(function("[method]cas.current", current, "(option (list u8))", "i32", Some("cas")));
        let parameters = r#"(param "cas" (own $cas)) (param "value" (list u8))"#;
        let swap = function("swap", parameters, "", "i32 i32 i32", None);
        atomics.push(Function { error: "$cas-error", ..swap });
    }
    if !atomics.is_empty() {
        all.push(Interface { name: "atomics", functions: atomics });
    }
    if let Some(get_many) = shape.get_many {
        let answers = match get_many {
            GetMany::PairOrNone => "(list (option (tuple string (list u8))))",
            GetMany::KeyWithValueOrNone => "(list (tuple string (option (list u8))))",
            GetMany::ValueOrNone => "(list (option (list u8)))",
        };
        let keys = r#"(param "keys" (list string))"#;
        let pairs = r#"(param "key-values" (list (tuple string (list u8))))"#;
        let functions = vec![
            on_bucket("get-many", keys, answers, "i32 i32 i32"),
            on_bucket("set-many", pairs, "", "i32 i32 i32"),
            on_bucket("delete-many", keys, "", "i32 i32 i32"),
        ];
        all.push(Interface { name: "batch", functions });
    }
    all
}

impl Function {
    fn ty(&self) -> String {
        let Self { parameters, result, error, .. } = self;
        format!("(func {parameters} (result (result {result} (error {error}))))")
    }
}

impl Interface {
    /// What lies in the interface besides functions: declared where it is imported.
    fn types(&self, shape: &Shape) -> &'static str {
        match (self.name, shape.cursor) {
            ("store", Cursor::Number) => STORE_TYPES_NUMBER,
            ("store", Cursor::Text) => STORE_TYPES_TEXT,
            ("atomics", _) if shape.cas => CAS_TYPES,
            _ => "",
        }
    }

    /// The names of those types.
    fn type_names(&self, shape: &Shape) -> &'static [(&'static str, &'static str)] {
        match self.name {
            "store" => &[("error", "error"), ("key-response", "page"), ("bucket", "bucket")],
            "atomics" if shape.cas => &[("cas", "cas"), ("cas-error", "cas-error")],
            _ => &[],
        }
    }
}

macro_rules! store_types {
    ($cursor:literal) => {
        concat!(
            r#"
    (type $error-shape (variant (case "no-such-store") (case "access-denied") (case "other" string)))
    (export "error" (type $error (eq $error-shape)))
    (type $page-shape (record (field "keys" (list string)) (field "cursor" (option "#,
            $cursor,
            r#"))))
    (export "key-response" (type $page (eq $page-shape)))
    (export "bucket" (type $bucket (sub resource)))
"#
        )
    };
}

const STORE_TYPES_NUMBER: &str = store_types!("u64");
const STORE_TYPES_TEXT: &str = store_types!("string");
const CAS_TYPES: &str = r#"
    (export "cas" (type $cas (sub resource)))
    (type $cas-error-shape (variant (case "store-error" $error) (case "cas-failed" (own $cas))))
    (export "cas-error" (type $cas-error (eq $cas-error-shape)))
"#;

/// A component that only imports: whether it links tells whether a host has this shape.
pub(super) fn imports_only(shape: &Shape) -> String {
    let mut out = String::from("(component\n");
    write_imports(&mut out, shape);
    out + ")"
}

/// The probe for a host of this shape.
pub(super) fn component(shape: &Shape) -> String {
    let mut out = String::from("(component\n");
    write_imports(&mut out, shape);
    out.push_str(MEMORY);
    for resource in resources(shape) {
        let _ = writeln!(out, "  (core func $drop-{resource} (canon resource.drop ${resource}))");
    }
    let all = interfaces(shape);
    let functions: Vec<(usize, &Function)> = all.iter().flat_map(|i| &i.functions).enumerate().collect();
    let mut number = 0;
    for interface in &all {
        for function in &interface.functions {
            let (from, name) = (interface.name, function.name);
            let _ = writeln!(out, "  (alias export ${from} \"{name}\" (func $imported-{number}))");
            let options = "(memory $memory) (realloc $realloc)";
            let _ = writeln!(out, "  (core func $import-{number} (canon lower (func $imported-{number}) {options}))");
            number += 1;
        }
    }
    write_glue(&mut out, shape, &functions);
    for (i, function) in &functions {
        let options = r#"(memory $memory) (realloc $realloc) (post-return $reset)"#;
        let _ = writeln!(out, "  (func $export-{i} {}", &function.ty()["(func ".len()..function.ty().len() - 1]);
        let _ = writeln!(out, "    (canon lift (core func $glue \"{i}\") {options}))");
    }
    write_exports(&mut out, shape, &all);
    out + ")"
}

fn resources(shape: &Shape) -> &'static [&'static str] {
    if shape.cas { &["bucket", "cas"] } else { &["bucket"] }
}

fn write_imports(out: &mut String, shape: &Shape) {
    for interface_of_shape in interfaces(shape) {
        let name = interface_of_shape.name;
        let types = interface_of_shape.types(shape);
        let _ = write!(out, "  (import \"{}\" (instance ${name}{types}", interface(name, shape.version));
        for function in &interface_of_shape.functions {
            let _ = write!(out, "\n    (export \"{}\" {})", function.name, function.ty());
        }
        out.push_str("))\n");
        for (export, local) in interface_of_shape.type_names(shape) {
            let _ = writeln!(out, "  (alias export ${name} \"{export}\" (type ${local}))");
        }
    }
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

fn write_glue(out: &mut String, shape: &Shape, functions: &[(usize, &Function)]) {
    out.push_str("  (core module $glue-module\n");
    for (i, function) in functions {
        let _ = writeln!(out, "    (import \"host\" \"{i}\" (func $host-{i} (param {} i32)))", function.core);
    }
    for resource in resources(shape) {
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
    for resource in resources(shape) {
        let _ = writeln!(out, "    (export \"drop-{resource}\" (func $drop-{resource}))");
    }
    out.push_str("  ))))\n");
}

fn write_exports(out: &mut String, shape: &Shape, all: &[Interface]) {
    let mut number = 0;
    for exported in all {
        let name = exported.name;
        let _ = writeln!(out, "  (instance ${name}-again");
        for (export, local) in exported.type_names(shape) {
            let _ = writeln!(out, "    (export \"{export}\" (type ${local}))");
        }
        for function in &exported.functions {
            let plain = plain_name(function.name);
            let _ = writeln!(out, "    (export \"{plain}\" (func $export-{number}))");
            number += 1;
        }
        let _ = writeln!(out, "  )\n  (export \"{}\" (instance ${name}-again))", interface(name, shape.version));
    }
}
