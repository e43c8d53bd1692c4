#!/usr/bin/env bash
# Builds the prebuilt labextension, WebAssembly included, into jupyterlab_scoped_launcher/labextension/.
# Needs Rust (with rustup), Node >= 20 and Python >= 3.10; installs everything else.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v npm >/dev/null || { echo "error: Node >= 20 is missing: the labextension is built with npm" >&2; exit 1; }
eval "$(scripts/tools.sh wasm32 wasm-bindgen wasm-pack)"
scripts/npm-ci.sh
npm run --silent build:prod
