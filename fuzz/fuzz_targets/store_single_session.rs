//! libFuzzer target; see the module of the same name in the library.
#![no_main]
use kvspec_fuzz::store_single_session::{run, run_canary};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    kvspec_fuzz::or_panic(kvspec_fuzz::run_or_canary(bytes, run, run_canary));
});
