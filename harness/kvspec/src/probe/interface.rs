//! The interface as text of the component model: what a probe imports.

use std::fmt::Write;

use super::dialect::{Cursor, Dialect, GetMany, Increment};

/// One function of an interface, in the text of types and of core code.
pub struct Function {
    /// As the interface has it, such as `[method]bucket.get`.
    pub name: &'static str,
    /// Parameters, as text of the component model.
    pub parameters: String,
    /// What a good end gives; every function gives `result<…, error>`.
    pub result: &'static str,
    /// The type of the bad end.
    pub error: &'static str,
    /// The parameters as core types.
    pub core: &'static str,
    /// The first parameter is a borrow of this resource, to be dropped before the end.
    pub borrows: Option<&'static str>,
}

/// An interface with its functions.
pub struct Interface {
    /// Without package and version.
    pub name: &'static str,
    /// In the order of the text.
    pub functions: Vec<Function>,
}

const BUCKET: Option<&str> = Some("bucket");

/// The interfaces of a dialect.
pub fn interfaces(dialect: &Dialect) -> Vec<Interface> {
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
    let mut all = vec![Interface { name: "store", functions: store }];
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
        atomics.push(Function { error: "$cas-error", ..swap });
    }
    if !atomics.is_empty() {
        all.push(Interface { name: "atomics", functions: atomics });
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
        all.push(Interface { name: "batch", functions });
    }
    all
}

impl Function {
    /// Its type.
    pub fn ty(&self) -> String {
        let Self { parameters, result, error, .. } = self;
        format!("(func {parameters} (result (result {result} (error {error}))))")
    }
}

impl Interface {
    /// What lies in the interface besides functions: declared where it is imported.
    fn types(&self, dialect: &Dialect) -> &'static str {
        match (self.name, dialect.cursor) {
            ("store", Cursor::Number) => STORE_TYPES_NUMBER,
            ("store", Cursor::Text) => STORE_TYPES_TEXT,
            ("atomics", _) if dialect.cas => CAS_TYPES,
            _ => "",
        }
    }

    /// The names of those types.
    pub fn type_names(&self, dialect: &Dialect) -> &'static [(&'static str, &'static str)] {
        match self.name {
            "store" => &[("error", "error"), ("key-response", "page"), ("bucket", "bucket")],
            "atomics" if dialect.cas => &[("cas", "cas"), ("cas-error", "cas-error")],
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

/// The resources that a component of this dialect holds handles of.
pub fn resources(dialect: &Dialect) -> &'static [&'static str] {
    if dialect.cas { &["bucket", "cas"] } else { &["bucket"] }
}

/// Writes what a component of this dialect imports, and gives each type and resource a name.
pub fn write_imports(out: &mut String, dialect: &Dialect) {
    for imported in interfaces(dialect) {
        let name = imported.name;
        let types = imported.types(dialect);
        let _ = write!(
            out,
            "  (import \"{}\" (instance ${name}{types}",
            format_args!("wasi:keyvalue/{name}@{}", dialect.version)
        );
        for function in &imported.functions {
            let _ = write!(out, "\n    (export \"{}\" {})", function.name, function.ty());
        }
        out.push_str("))\n");
        for (export, local) in imported.type_names(dialect) {
            let _ = writeln!(out, "  (alias export ${name} \"{export}\" (type ${local}))");
        }
    }
}
