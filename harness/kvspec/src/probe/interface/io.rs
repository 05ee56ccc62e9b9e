//! The least of `wasi:io` that bodies, and standard input and output, need.

use super::text::{Function, Interface};

/// What begins the names of the streams that bodies are.
pub(in crate::probe) const BODY: &str = "body";

/// The streams of bodies.
pub(super) fn streams_of_bodies(release: &str) -> Vec<Interface> {
    let debug = Function::text("[method]error.to-debug-string", r#"(param "self" (borrow $error))"#, "i32");
    let output = r#"(param "self" (borrow $output))"#;
    let flush = on_stream("[method]output-stream.blocking-flush", output, "", "i32");
    interfaces(BODY, release, vec![debug], vec![flush])
}

/// The streams of a command, whose names begin so.
pub(in crate::probe) fn streams_of_commands(prefix: &str, release: &str) -> Vec<Interface> {
    interfaces(prefix, release, Vec::new(), Vec::new())
}

fn interfaces(prefix: &str, release: &str, of_error: Vec<Function>, of_streams: Vec<Function>) -> Vec<Interface> {
    let read = on_stream(
        "[method]input-stream.blocking-read",
        r#"(param "self" (borrow $input)) (param "len" u64)"#,
        "(list u8)",
        "i32 i64",
    );
    let write = on_stream(
        "[method]output-stream.blocking-write-and-flush",
        r#"(param "self" (borrow $output)) (param "contents" (list u8))"#,
        "",
        "i32 i32 i32",
    );
    let error = Interface {
        name: format!("{prefix}-error-of-io"),
        id: format!("wasi:io/error@{release}"),
        types: "\n    (export \"error\" (type $error (sub resource)))".into(),
        type_names: vec![("error", format!("{prefix}-error"))],
        functions: of_error,
    };
    let streams = Interface {
        name: format!("{prefix}-streams"),
        id: format!("wasi:io/streams@{release}"),
        types: TYPES.replace("{ERROR}", &format!("${prefix}-error")),
        type_names: vec![("input-stream", format!("{prefix}-input")), ("output-stream", format!("{prefix}-output"))],
        functions: [read, write].into_iter().chain(of_streams).collect(),
    };
    vec![error, streams]
}

fn on_stream(name: &'static str, parameters: &str, good: &str, core: &'static str) -> Function {
    let result = format!("(result {good} (error $stream-error))");
    Function { result, ..Function::fallible(name, parameters, good, core) }
}

const TYPES: &str = r#"
    (alias outer 1 {ERROR} (type $outer-error))
    (export "error" (type $error (eq $outer-error)))
    (export "input-stream" (type $input (sub resource)))
    (export "output-stream" (type $output (sub resource)))
    (type $stream-error-shape (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-shape)))"#;
