#!/usr/bin/env bash
# Installs the wheel for this machine from target/packages/ into a clean venv of each Python that is here, and tries it.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$PWD/target/packages
version=$(python3 scripts/version.py)
venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT
scripts/pythons.sh | while read -r python; do
  "$python" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary jupyterlab-scoped-launcher \
    --find-links "$packages" "jupyterlab-scoped-launcher==$version" "jupyterlab>=4.4,<5"
  "$venv/bin/python" scripts/try_installed.py </dev/null
done
