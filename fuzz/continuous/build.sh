#!/bin/bash -eu
# Builds every target into $OUT, with a corpus to begin with. ClusterFuzzLite and OSS-Fuzz run this
# in their image, which sets SRC and OUT.
cd "$SRC/kvspec"
# The Dockerfile sets it: without it, rust-toolchain.toml asks for a stable one.
: "${RUSTUP_TOOLCHAIN:?is not set; it names a nightly toolchain}"
cargo build --release --locked --target wasm32-wasip2 --manifest-path harness/tests/guests/store/Cargo.toml \
  --target-dir "$SRC/guests"
cargo run --locked -p kvspec-fuzz --no-default-features --example seeds -- "$SRC/seeds"
cargo fuzz build -O --debug-assertions
for target in $(cargo fuzz list | grep -vx bare); do
  cp "${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
  (cd "$SRC/seeds/$target" && zip -q "$OUT/${target}_seed_corpus.zip" ./*)
done
# The target `component` looks for its component beside itself.
cp "$SRC/guests/wasm32-wasip2/release/kvspec_guest_store.wasm" "$OUT/component.wasm"
