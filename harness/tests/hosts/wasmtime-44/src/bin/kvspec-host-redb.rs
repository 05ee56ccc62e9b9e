//! Runs the probe with wasmtime-wasi-keyvalue-redb, unmodified, on the database of a file.

use std::path::Path;

use kvspec_hosts_wasmtime_44::run;
use wasmtime_wasi_keyvalue_redb::{WasiKeyValueRedb, WasiKeyValueRedbCtxBuilder, add_to_linker};

fn main() -> wasmtime::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, probe] = &arguments[..] else {
        eprintln!("kvspec-host-redb DATABASE PROBE");
        std::process::exit(2);
    };
    let builder = WasiKeyValueRedbCtxBuilder::new().database_path(database);
    let host = builder.and_then(|builder| builder.build()).map_err(|e| wasmtime::format_err!("{database}: {e:#}"))?;
    run(Path::new(probe), host, |linker| {
        add_to_linker(linker, |state| WasiKeyValueRedb::new(&state.host, &mut state.table))
    })
}
