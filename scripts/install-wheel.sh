#!/usr/bin/env bash
# Builds the wheel into dist/ and installs it into .venv, if it is not the one that is there.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
python scripts/stage_labextension.py
rm -rf dist
maturin build --release --locked --quiet --out dist
installed=.venv/.installed-wheel.sha256
sum=$(sha256sum dist/*.whl)
if [ "$sum" != "$(cat "$installed" 2>/dev/null)" ]; then
  echo "==> Installing $(basename dist/*.whl) into .venv" >&2
  pip uninstall --quiet --yes jupyterlab-scoped-launcher
  pip install --quiet --disable-pip-version-check -c requirements/constraints.txt dist/*.whl
  echo "$sum" > "$installed"
fi
