#!/usr/bin/env bash
# Usage: apt-install.sh PACKAGE=COMMAND...
# Installs Debian's packages whose commands are missing: the browser tests need Chromium and its driver,
# scripts/check-instructions.mjs counts with valgrind, and one test has a Hub with PostgreSQL.
set -euo pipefail
missing=()
for pair in "$@"; do
  command -v "${pair#*=}" >/dev/null || missing+=("${pair%=*}")
done
if [ ${#missing[@]} = 0 ]; then
  exit
fi
if ! command -v apt-get >/dev/null; then
  echo "error: ${missing[*]} missing, and there is no apt-get to install them" >&2
  exit 1
fi
echo "==> Installing ${missing[*]} with apt-get" >&2
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}"
