//! libFuzzer target; see the module of the same name in the library.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kvspec_fuzz::or_panic(kvspec_fuzz::component::run(bytes)));
