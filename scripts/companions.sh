#!/usr/bin/env bash
# Makes the environments of the trials with other packages: a venv in target/companions for each of
# tests/companions/requirements/, with the wheel in dist/.
set -euo pipefail
cd "$(dirname "$0")/.."
for requirements in tests/companions/requirements/*.txt; do
  name=$(basename "$requirements" .txt)
  venv=target/companions/$name
  if ! cmp --silent "$requirements" "$venv/installed.txt"; then
    echo "==> Python packages of $requirements" >&2
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    "$venv/bin/pip" freeze --quiet --exclude jupyterlab-scoped-launcher > "$venv/constraints.txt"
    cp "$requirements" "$venv/installed.txt"
  fi
  scripts/install-wheel.sh "$venv"
done
