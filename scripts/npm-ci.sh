#!/usr/bin/env bash
# `npm ci`, unless node_modules holds what package-lock.json says already.
set -euo pipefail
cd "$(dirname "$0")/.."
installed=node_modules/.installed-package-lock.json
if ! cmp --silent package-lock.json "$installed"; then
  echo "==> npm ci" >&2
  npm ci --no-progress --loglevel=error
  cp package-lock.json "$installed"
fi
