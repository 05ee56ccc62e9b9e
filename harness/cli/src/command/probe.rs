//! `kvspec probe`: writes the component that hosts run.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::Args;
use kvspec::probe::{self, Dialect, StoreDialect, VERSIONS, WASI_RELEASE};
use kvspec::report::Exit;

use super::complain;

/// What is written, and where to.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// The dialect of the interface that the host offers: store@0.2.0-draft or store@0.2.0-draft2, followed,
    /// after commas, by what it offers besides `store` and by what differs: increment=u64|s64, cas,
    /// get-many=option-of-pair|key-and-option|option-of-value, cursor=u64|string. Or eventual@0.1.0, followed by
    /// consume=static|method, streams=stable|2023-11-10 [default: all of store@0.2.0-draft].
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,
    /// The release of WASI whose standard input and output the probe imports.
    #[arg(long, value_name = "RELEASE", default_value = WASI_RELEASE)]
    wasi: String,
    /// Where to write it, as text if the name ends with .wat [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Writes the probe.
pub(super) fn main(options: &Options) -> Exit {
    let dialect = options.dialect.unwrap_or_else(|| Dialect::from(StoreDialect::whole(VERSIONS[0])));
    let bytes = match probe::file::binary(&dialect, &options.wasi) {
        Ok(bytes) => bytes,
        Err(error) => return complain(Exit::Usage, format_args!("--wasi: {error}")),
    };
    let Some(file) = &options.output else {
        if std::io::stdout().is_terminal() {
            return complain(Exit::Usage, "the probe is not for a terminal\n  give -o FILE");
        }
        return match std::io::stdout().write_all(&bytes) {
            Ok(()) => Exit::Conformant,
            Err(error) => complain(Exit::Usage, format_args!("standard output: {error}")),
        };
    };
    let is_text = file.extension().is_some_and(|extension| extension == "wat");
    let content = if is_text { probe::component(&dialect, &options.wasi).into_bytes() } else { bytes };
    match std::fs::write(file, content) {
        Ok(()) => Exit::Conformant,
        Err(error) => complain(Exit::Usage, format_args!("{}: {error}", file.display())),
    }
}
