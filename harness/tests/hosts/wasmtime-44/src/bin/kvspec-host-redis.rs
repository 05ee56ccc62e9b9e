//! Runs the probe with wasmtime-wasi-keyvalue-redis, unmodified, on the server of a URL.

use std::path::Path;

use kvspec_hosts_wasmtime_44::run;
use wasmtime_wasi_keyvalue_redis::{WasiKeyValueRedis, WasiKeyValueRedisCtxBuilder, add_to_linker};

fn main() -> wasmtime::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, probe] = &arguments[..] else {
        eprintln!("kvspec-host-redis URL PROBE");
        std::process::exit(2);
    };
    let builder = WasiKeyValueRedisCtxBuilder::new().url(url.as_str());
    let host = builder.and_then(|builder| builder.build()).map_err(|e| wasmtime::format_err!("{url}: {e:#}"))?;
    run(Path::new(probe), host, |linker| {
        add_to_linker(linker, |state| WasiKeyValueRedis::new(&state.host, &mut state.table))
    })
}
