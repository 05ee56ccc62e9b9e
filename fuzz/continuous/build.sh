#!/bin/bash -eu
# Builds every target into $OUT, with a corpus to begin with. ClusterFuzzLite and OSS-Fuzz run this in their image,
# which sets SRC, OUT, SANITIZER and the flags.
set -euo pipefail
cd "$SRC/kvspec"
# The image sets it, to a nightly that is too old; the Dockerfile to a newer one. Without it, rust-toolchain.toml would
# ask for a stable one, which knows none of the sanitizers.
: "${RUSTUP_TOOLCHAIN:?is not set; it names a nightly toolchain}"
# Outside SRC, WORK and OUT: a coverage build copies those three whole.
helpers=$(mktemp -d)

# The flags in the environment are for the targets. They must not reach what only helps: wasm has neither the address
# sanitizer nor a profiler, and procedural macros that are built with the sanitizer cannot be loaded by the compiler.
# Emptied, not unset: the image's wrapper around cargo reads RUSTFLAGS.
plainly() {
  RUSTFLAGS="" CFLAGS="" CXXFLAGS="" "$@"
}
plainly cargo build --release --locked --target wasm32-wasip2 --manifest-path harness/tests/guests/store/Cargo.toml \
  --target-dir "$helpers/guests"
plainly cargo run --locked -p kvspec-fuzz --no-default-features --target-dir "$helpers/host" --example seeds -- \
  "$helpers/seeds"

if [ "${SANITIZER:-address}" = coverage ]; then
  # Cargo names the files of a workspace relative to its root; a report looks for them by absolute paths.
  for member in reference suites harness fuzz; do
    RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix $member=$PWD/$member"
  done
  export RUSTFLAGS
fi
# For coverage, the image's wrapper turns this into `cargo build --bins` and copies the programs to the same place.
cargo fuzz build -O --debug-assertions

# A member of a workspace has its programs in the folder of the workspace.
programs="${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu/release"
for source in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$source" .rs)
  # It needs a feature that is off, so it is not built; it finds nothing.
  [ "$target" != bare ] || continue
  cp "$programs/$target" "$OUT/"
  (cd "$helpers/seeds/$target" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
done
# The target `component` looks for its component beside itself. Not executable: what is, is taken for a target.
install -m 644 "$helpers/guests/wasm32-wasip2/release/kvspec_guest_store.wasm" "$OUT/component.wasm"
cp fuzz/continuous/component.options "$OUT/"
