//! libFuzzer target; see the module of the same name in the library.
#![no_main]
use kvspec_fuzz::configuration_workload::{run, run_canary};
use kvspec_fuzz::lines;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    kvspec_fuzz::or_panic(kvspec_fuzz::run_or_canary(bytes, run, run_canary));
});

libfuzzer_sys::fuzz_crossover!(|first: &[u8], second: &[u8], out: &mut [u8], seed: u32| {
    lines::cross_over(first, second, out, seed)
});
