//! `store@0.2.0` with `atomics` and `batch`.

use super::text::{Function, Interface};
use crate::probe::dialect::{Cursor, GetMany, Increment, StoreDialect};

const BUCKET: Option<&str> = Some("bucket");

/// The interfaces of a dialect.
pub(super) fn interfaces(dialect: &StoreDialect) -> Vec<Interface> {
    let function = |name, parameters: &str, result: &str, core, borrows| {
        let function = Function::fallible(name, parameters, result, core);
        Function { borrows, ..function }
    };
    let method = |name, parameters: &str, result: &str, core| {
        function(name, &format!("(param \"self\" (borrow $bucket)) {parameters}"), result, core, BUCKET)
    };
    let on_bucket = |name, parameters: &str, result: &str, core| {
        function(name, &format!("(param \"bucket\" (borrow $bucket)) {parameters}"), result, core, BUCKET)
    };
    let key = r#"(param "key" string)"#;
    let (cursor, cursor_core) = match dialect.cursor {
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
    let mut all = vec![interface("store", dialect, store)];
    let mut atomics = Vec::new();
    if let Some(increment) = dialect.increment {
        let (delta, result) = match increment {
            Increment::Unsigned => (r#"(param "delta" u64)"#, "u64"),
            Increment::Signed => (r#"(param "delta" s64)"#, "s64"),
        };
        atomics.push(on_bucket("increment", &format!("{key} {delta}"), result, "i32 i32 i32 i64"));
    }
    if dialect.cas {
        atomics.push(on_bucket("[static]cas.new", key, "(own $cas)", "i32 i32 i32"));
        let current = r#"(param "self" (borrow $cas))"#;
        atomics.push(function("[method]cas.current", current, "(option (list u8))", "i32", Some("cas")));
        let parameters = r#"(param "cas" (own $cas)) (param "value" (list u8))"#;
        let swap = function("swap", parameters, "", "i32 i32 i32", None);
        atomics.push(Function { result: "(result (error $cas-error))".into(), ..swap });
    }
    if !atomics.is_empty() {
        all.push(interface("atomics", dialect, atomics));
    }
    if let Some(get_many) = dialect.get_many {
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
        all.push(interface("batch", dialect, functions));
    }
    all
}

fn interface(name: &str, dialect: &StoreDialect, functions: Vec<Function>) -> Interface {
    let (types, type_names): (_, &[(&str, &str)]) = match (name, dialect.cursor) {
        ("store", Cursor::Number) => (STORE_TYPES_NUMBER, STORE_TYPE_NAMES),
        ("store", Cursor::Text) => (STORE_TYPES_TEXT, STORE_TYPE_NAMES),
        ("atomics", _) if dialect.cas => (CAS_TYPES, CAS_TYPE_NAMES),
        _ => ("", &[]),
    };
    let type_names = type_names.iter().map(|&(export, local)| (export, local.to_owned())).collect();
    let id = format!("wasi:keyvalue/{name}@{}", dialect.version);
    Interface { name: name.into(), id, types: types.into(), type_names, functions }
}

const STORE_TYPE_NAMES: &[(&str, &str)] = &[("error", "error"), ("key-response", "page"), ("bucket", "bucket")];
const CAS_TYPE_NAMES: &[(&str, &str)] = &[("cas", "cas"), ("cas-error", "cas-error")];

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
