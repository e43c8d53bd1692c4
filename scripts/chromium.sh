#!/usr/bin/env bash
# Installs Debian's Chromium and its driver, unless they are installed. The browser tests need both.
set -euo pipefail
if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
  exit
fi
if ! command -v apt-get >/dev/null; then
  echo "error: chromium and chromedriver are missing, and there is no apt-get to install them" >&2
  exit 1
fi
echo "==> Installing chromium and chromium-driver with apt-get" >&2
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends chromium chromium-driver
