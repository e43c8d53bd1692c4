#!/usr/bin/env bash
# Runs `npm ci`, unless node_modules was installed from the same package-lock.json.
set -euo pipefail
cd "$(dirname "$0")/.."
installed=node_modules/.installed-package-lock.json
if ! cmp --silent package-lock.json "$installed"; then
  echo "==> npm ci" >&2
  npm ci --no-progress --loglevel=error
  cp package-lock.json "$installed"
fi
