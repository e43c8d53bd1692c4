#!/usr/bin/env bash
# Installs Debian's valgrind where it is missing: scripts/check-instructions.mjs counts with it.
set -euo pipefail
if command -v valgrind >/dev/null; then
  exit
fi
if ! command -v apt-get >/dev/null; then
  echo "error: valgrind is missing, and there is no apt-get to install it" >&2
  exit 1
fi
echo "==> Installing valgrind with apt-get" >&2
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends valgrind
