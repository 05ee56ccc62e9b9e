#!/usr/bin/env bash
# Runs kvspec with the inputs of the action, which are in the environment.
set -euo pipefail
cd "${FOLDER:-.}"
arguments=(run)
if [ -n "${TARGET:-}" ]; then arguments+=("$TARGET"); fi
if [ -n "${CONFIG:-}" ]; then arguments+=(--config "$CONFIG"); fi
if [ -n "${EXPECT:-}" ]; then arguments+=(--expect "$EXPECT"); fi
while IFS= read -r argument; do
    if [ -n "$argument" ]; then arguments+=("$argument"); fi
done <<<"${ARGUMENTS:-}"
exec "$KVSPEC" "${arguments[@]}"
