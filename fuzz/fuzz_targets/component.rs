//! libFuzzer target; see the module of the same name in the library.
#![no_main]
use kvspec_fuzz::component::{load_or_exit, run};

libfuzzer_sys::fuzz_target!(init: load_or_exit(), |bytes: &[u8]| kvspec_fuzz::or_panic(run(bytes)));
