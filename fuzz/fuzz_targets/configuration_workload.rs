//! libFuzzer target; see the module of the same name in the library.
#![no_main]
use kvspec_fuzz::configuration_workload::{run, run_canary};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    kvspec_fuzz::or_panic(kvspec_fuzz::run_or_canary(bytes, run, run_canary));
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let changed =
        if std::env::var_os("PLAIN").is_some() { None } else { kvspec_fuzz::lines::mutate(data, size, max_size, seed) };
    changed.unwrap_or_else(|| libfuzzer_sys::fuzzer_mutate(data, size, max_size))
});
