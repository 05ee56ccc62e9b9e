//! libFuzzer target that judges nothing; see the module of the same name in the library.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    kvspec_fuzz::bare::run(bytes);
});
