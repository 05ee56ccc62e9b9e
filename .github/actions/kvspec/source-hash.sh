#!/usr/bin/env bash
# A hash of all that the command is built from: equal sources are built once.
set -euo pipefail
cd "$(dirname "$0")/../../.."
{ rustc --version; find Cargo.lock Cargo.toml reference suites harness -type f -not -path '*/target/*' \
    \( -name '*.rs' -o -name 'Cargo.*' -o -path '*/src/*' -o -path '*/wit/*' -o -path '*/schema/*' \) -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum; } | sha256sum | cut -d ' ' -f 1
