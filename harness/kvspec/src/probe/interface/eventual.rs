//! `eventual@0.1.0` with `types` and `wasi-keyvalue-error`, and the streams of its bodies.

use super::io;
use super::text::{Function, Interface};
use crate::probe::dialect::{Consume, EventualDialect, Streams};

pub(super) const RESOURCES: [&str; 7] =
    ["bucket", "outgoing-value", "incoming-value", "error", "body-input", "body-output", "body-error"];

/// The pre-release of `wasi:io` that commit b6313d4 names.
const PREVIEW: &str = "0.2.0-rc-2023-11-10";

pub(super) fn interfaces(dialect: EventualDialect, wasi: &str) -> Vec<Interface> {
    let release = match dialect.streams {
        Streams::Stable => wasi,
        Streams::Preview => PREVIEW,
    };
    let mut all = io::streams_of_bodies(release);
    all.extend([error(), types(dialect.consume), eventual()]);
    all
}

fn id(name: &str) -> String {
    format!("wasi:keyvalue/{name}@0.1.0")
}

fn error() -> Interface {
    Interface {
        name: "wasi-keyvalue-error".into(),
        id: id("wasi-keyvalue-error"),
        types: "\n    (export \"error\" (type $error (sub resource)))".into(),
        type_names: vec![("error", "error".into())],
        functions: vec![Function::text("[method]error.trace", r#"(param "self" (borrow $error))"#, "i32")],
    }
}

const TYPES: &str = r#"
    (export "bucket" (type $bucket (sub resource)))
    (export "outgoing-value" (type $outgoing-value (sub resource)))
    (export "incoming-value" (type $incoming-value (sub resource)))"#;

fn types(consume: Consume) -> Interface {
    let new = Function {
        name: "[static]outgoing-value.new-outgoing-value",
        parameters: String::new(),
        result: "(own $outgoing-value)".into(),
        core: "",
        is_in_memory: false,
        borrows: None,
    };
    let outgoing = r#"(param "self" (borrow $outgoing-value))"#;
    let (sync, streamed, incoming) = match consume {
        Consume::Static => (
            "[static]incoming-value.incoming-value-consume-sync",
            "[static]incoming-value.incoming-value-consume-async",
            r#"(param "this" (own $incoming-value))"#,
        ),
        Consume::Method => (
            "[method]incoming-value.incoming-value-consume-sync",
            "[method]incoming-value.incoming-value-consume-async",
            r#"(param "self" (borrow $incoming-value))"#,
        ),
    };
    let functions = vec![
        fallible("[static]bucket.open-bucket", r#"(param "name" string)"#, "(own $bucket)", "i32 i32"),
        new,
        fallible("[method]outgoing-value.outgoing-value-write-body-async", outgoing, "(own $body-output)", "i32"),
        fallible(
            "[method]outgoing-value.outgoing-value-write-body-sync",
            &format!(r#"{outgoing} (param "value" (list u8))"#),
            "",
            "i32 i32 i32",
        ),
        fallible(sync, incoming, "(list u8)", "i32"),
        fallible(streamed, incoming, "(own $body-input)", "i32"),
        fallible(
            "[method]incoming-value.incoming-value-size",
            r#"(param "self" (borrow $incoming-value))"#,
            "u64",
            "i32",
        ),
    ];
    let names = ["bucket", "outgoing-value", "incoming-value"].map(|name| (name, name.to_owned()));
    Interface { name: "types".into(), id: id("types"), types: TYPES.into(), type_names: names.to_vec(), functions }
}

fn eventual() -> Interface {
    let bucket_and_key = r#"(param "bucket" (borrow $bucket)) (param "key" string)"#;
    let value = r#"(param "outgoing-value" (borrow $outgoing-value))"#;
    let functions = vec![
        fallible("get", bucket_and_key, "(option (own $incoming-value))", "i32 i32 i32"),
        fallible("set", &format!("{bucket_and_key} {value}"), "", "i32 i32 i32 i32"),
        fallible("delete", bucket_and_key, "", "i32 i32 i32"),
        fallible("exists", bucket_and_key, "bool", "i32 i32 i32"),
    ];
    Interface { name: "eventual".into(), id: id("eventual"), types: String::new(), type_names: Vec::new(), functions }
}

/// One whose error is a resource.
fn fallible(name: &'static str, parameters: &str, good: &str, core: &'static str) -> Function {
    let result = format!("(result {good} (error (own $error)))");
    Function { result, ..Function::fallible(name, parameters, good, core) }
}
