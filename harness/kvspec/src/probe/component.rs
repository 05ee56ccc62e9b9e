//! The probe as the text of a component.

use std::fmt::Write;

use super::dialect::Dialect;
use super::interface::{interfaces, resources, write_imports};

/// The oldest stable release of WASI: a host of any later one of 0.2 offers it, too.
pub const WASI_RELEASE: &str = "0.2.0";

/// Where the arguments of a call are put.
pub(crate) const ARGUMENTS_ADDRESS: u32 = 65536;
/// How many bytes of the result of a call begin an answer.
pub(crate) const ANSWER_HEAD_BYTES: u32 = 64;
/// Where the result of a call is put.
const RESULT_ADDRESS: u32 = 16;

/// The probe for hosts of this dialect, as the text of a component (WAT). `wasi` is the release of WASI
/// whose standard input and output it uses: [`WASI_RELEASE`] for most hosts.
pub fn component(dialect: &Dialect, wasi: &str) -> String {
    let mut imports = String::new();
    write_imports(&mut imports, dialect);
    let functions = functions(dialect);
    let greeting = format!("kvspec-probe 2 {}", dialect.words());
    let parts = [
        ("{LOWERED}", lowered(dialect)),
        ("{IMPORTS}", imported_by_core(dialect)),
        ("{TRAMPOLINES}", trampolines(dialect)),
        ("{TABLE}", (0..functions.len()).map(|i| format!("$call-{i} ")).collect()),
        ("{EXPORTS}", (0..functions.len()).map(|i| format!("      (export \"{i}\" (func $import-{i}))\n")).collect()),
        ("{GREETING_BYTES}", (greeting.len() + 1).to_string()),
        ("{GREETING}", greeting),
        ("{ARGUMENTS}", ARGUMENTS_ADDRESS.to_string()),
        ("{HEAD_END}", (RESULT_ADDRESS + ANSWER_HEAD_BYTES).to_string()),
        ("{WASI}", wasi.to_owned()),
    ];
    let core = parts.iter().fold(CORE.to_owned(), |text, (name, part)| text.replace(name, part));
    format!("(component\n{}{imports}{core}", WASI.replace("{WASI}", wasi))
}

/// What the probe can be told to call, by number: the functions of the interfaces, and then for each
/// resource how a handle is dropped, as `drop-bucket`.
pub(crate) fn functions(dialect: &Dialect) -> Vec<String> {
    let functions = interfaces(dialect).into_iter().flat_map(|interface| interface.functions);
    let drops = resources(dialect).iter().map(|resource| format!("drop-{resource}"));
    functions.map(|function| function.name.to_owned()).chain(drops).collect()
}

const CORE: &str = include_str!("core.wat.in");

/// The least of WASI that standard input and output need.
const WASI: &str = r#"
  (import "wasi:io/error@{WASI}" (instance $io-error (export "error" (type (sub resource)))))
  (alias export $io-error "error" (type $io-error-type))
  (import "wasi:io/streams@{WASI}" (instance $streams
    (alias outer 1 $io-error-type (type $outer-error))
    (export "error" (type $error (eq $outer-error)))
    (export "input-stream" (type $input (sub resource)))
    (export "output-stream" (type $output (sub resource)))
    (type $stream-error-shape (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-shape)))
    (export "[method]input-stream.blocking-read"
      (func (param "self" (borrow $input)) (param "len" u64) (result (result (list u8) (error $stream-error)))))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output)) (param "contents" (list u8)) (result (result (error $stream-error)))))))
  (alias export $streams "input-stream" (type $input))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdin@{WASI}" (instance $stdin
    (alias outer 1 $input (type $outer-input))
    (export "input-stream" (type $input (eq $outer-input)))
    (export "get-stdin" (func (result (own $input))))))
  (import "wasi:cli/stdout@{WASI}" (instance $stdout
    (alias outer 1 $output (type $outer-output))
    (export "output-stream" (type $output (eq $outer-output)))
    (export "get-stdout" (func (result (own $output))))))
"#;

/// The imports as core functions.
fn lowered(dialect: &Dialect) -> String {
    let in_memory = "(memory $memory) (realloc $realloc)";
    let mut out = format!(
        r#"  (core func $get-stdin (canon lower (func $stdin "get-stdin")))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $read (canon lower (func $streams "[method]input-stream.blocking-read") {in_memory}))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") {in_memory}))
"#
    );
    let mut number = 0;
    for interface in interfaces(dialect) {
        for function in interface.functions {
            let (from, name) = (interface.name, function.name);
            let _ = writeln!(out, "  (core func $import-{number} (canon lower (func ${from} \"{name}\") {in_memory}))");
            number += 1;
        }
    }
    for resource in resources(dialect) {
        let _ = writeln!(out, "  (core func $import-{number} (canon resource.drop ${resource}))");
        number += 1;
    }
    out
}

/// The core types of the parameters of each function, but for where the result goes, and whether one goes
/// anywhere.
fn core_parameters(dialect: &Dialect) -> Vec<(String, bool)> {
    let functions = interfaces(dialect).into_iter().flat_map(|interface| interface.functions);
    let drops = resources(dialect).iter().map(|_| ("i32".to_owned(), false));
    functions.map(|function| (function.core.to_owned(), true)).chain(drops).collect()
}

fn imported_by_core(dialect: &Dialect) -> String {
    let mut out = String::new();
    for (number, (parameters, has_result)) in core_parameters(dialect).iter().enumerate() {
        let result = if *has_result { " i32" } else { "" };
        let _ = writeln!(out, "    (import \"host\" \"{number}\" (func $host-{number} (param {parameters}{result})))");
    }
    out
}

/// One function without parameters for each import: it takes the arguments from memory.
fn trampolines(dialect: &Dialect) -> String {
    let mut out = String::new();
    for (number, (parameters, has_result)) in core_parameters(dialect).iter().enumerate() {
        let _ = write!(out, "    (func $call-{number} (type $call) (call $host-{number}");
        for (place, ty) in (0u32..).zip(parameters.split(' ')) {
            let _ = write!(out, " ({ty}.load (i32.const {}))", ARGUMENTS_ADDRESS + 8 * place);
        }
        let result = if *has_result { format!(" (i32.const {RESULT_ADDRESS})") } else { String::new() };
        let _ = writeln!(out, "{result}))");
    }
    out
}
