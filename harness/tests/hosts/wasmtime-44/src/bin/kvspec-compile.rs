//! Compiles the probe once for the hosts of this folder.

use std::path::Path;

fn main() -> wasmtime::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [probe, compiled] = &arguments[..] else {
        eprintln!("kvspec-compile PROBE COMPILED.cwasm");
        std::process::exit(2);
    };
    kvspec_hosts_wasmtime_44::compile(Path::new(probe), Path::new(compiled))
}
