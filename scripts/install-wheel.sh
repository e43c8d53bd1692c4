#!/usr/bin/env bash
# Installs the wheel in dist/ into a venv, unless it is installed there already: scripts/install-wheel.sh VENV
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1
installed="$venv/.installed-wheel.sha256"
sum=$(sha256sum dist/*.whl)
if [ "$sum" != "$(cat "$installed" 2>/dev/null)" ]; then
  echo "==> Installing $(basename dist/*.whl) into $venv" >&2
  "$venv/bin/pip" uninstall --quiet --yes jupyterlab-scoped-launcher
  "$venv/bin/pip" install --quiet --disable-pip-version-check -c "$venv/constraints.txt" dist/*.whl
  echo "$sum" > "$installed"
fi
