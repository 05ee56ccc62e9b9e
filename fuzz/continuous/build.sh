#!/bin/bash -eu
# Builds every target into $OUT, with a corpus to begin with. ClusterFuzzLite and OSS-Fuzz run this
# in their image, which sets SRC, OUT and the flags of the sanitizer.
cd "$SRC/kvspec"
rustup target add wasm32-wasip2
cargo build --release --locked --target wasm32-wasip2 --manifest-path harness/tests/guests/store/Cargo.toml \
  --target-dir "$SRC/guests"
cargo run --locked -p kvspec-fuzz --no-default-features --bin seeds -- "$SRC/seeds"
cargo fuzz build -O
for target in $(cargo fuzz list); do
  cp "target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
  (cd "$SRC/seeds/$target" && zip -q "$OUT/${target}_seed_corpus.zip" ./*)
done
# The component target reads this variable; engines start targets without one.
mv "$OUT/component" "$OUT/component.bin"
cp "$SRC/guests/wasm32-wasip2/release/kvspec_guest_store.wasm" "$OUT/component.wasm"
cat > "$OUT/component" <<'START'
#!/bin/bash
here=$(dirname "$0")
KVSPEC_FUZZ_COMPONENT="$here/component.wasm" exec "$here/component.bin" "$@"
START
chmod +x "$OUT/component"
