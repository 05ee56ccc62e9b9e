//! The interface as text of the component model: what a probe imports.

mod eventual;
mod io;
mod store;
mod text;

use std::fmt::Write;

use super::dialect::Dialect;

pub(super) use io::{BODY, streams_of_commands};
pub use text::{Function, Interface};

/// The interfaces of a dialect, each after those whose types it uses. `wasi` is the release of WASI whose
/// streams bodies are, where they are those of a stable release.
pub fn interfaces(dialect: &Dialect, wasi: &str) -> Vec<Interface> {
    match dialect {
        Dialect::Eventual(dialect) => eventual::interfaces(*dialect, wasi),
        Dialect::Store(dialect) => store::interfaces(dialect),
    }
}

/// The resources that a component of this dialect holds handles of.
pub fn resources(dialect: &Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Eventual(_) => &eventual::RESOURCES,
        Dialect::Store(dialect) if dialect.cas => &["bucket", "cas"],
        Dialect::Store(_) => &["bucket"],
    }
}

/// Writes what a component of this dialect imports, and gives each type and resource a name.
pub fn write_imports(out: &mut String, dialect: &Dialect, wasi: &str) {
    for imported in interfaces(dialect, wasi) {
        write_import(out, &imported);
    }
}

pub(super) fn write_import(out: &mut String, imported: &Interface) {
    let Interface { name, id, types, type_names, functions } = imported;
    let _ = write!(out, "  (import \"{id}\" (instance ${name}{types}");
    for function in functions {
        let _ = write!(out, "\n    (export \"{}\" {})", function.name, function.ty());
    }
    out.push_str("))\n");
    for (export, local) in type_names {
        let _ = writeln!(out, "  (alias export ${name} \"{export}\" (type ${local}))");
    }
}
