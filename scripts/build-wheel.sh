#!/usr/bin/env bash
# Builds the wheel into dist/, with the tools in .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
python scripts/stage_labextension.py
rm -rf dist
maturin build --release --locked --quiet --out dist
