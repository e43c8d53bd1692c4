#!/usr/bin/env bash
# Builds the wheels of all platforms, the sdist and the npm package into target/packages/, and checks them:
# scripts/build-wheels.sh [RUST-TARGET…]          (without one: all of them)
#
# Linux and macOS are linked by zig, which PyPI has; Windows by Debian's MinGW, since maturin 1.16 cannot export a
# module of a package when zig links it. Runs on Debian and Ubuntu.
set -euo pipefail
cd "$(dirname "$0")/.."
targets=("$@")
[ $# -gt 0 ] || targets=(
  x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu
  x86_64-unknown-linux-musl aarch64-unknown-linux-musl
  universal2-apple-darwin x86_64-pc-windows-gnu
)
out=target/packages
scripts/venv.sh release .venv-release
export PATH="$PWD/.venv-release/bin:$PATH"
mkdir -p "$out"
rm -f "$out"/*

add_rust() { rustup target list --installed | grep -qx "$1" || rustup target add "$1"; }

# 2.17 and 1.2 are the oldest that Rust's standard library runs on.
options_for() {
  case $1 in
    *-linux-gnu) add_rust "$1"; echo "--zig --compatibility manylinux_2_17" ;;
    *-linux-musl) add_rust "$1"; echo "--zig --compatibility musllinux_1_2" ;;
    universal2-apple-darwin) add_rust x86_64-apple-darwin; add_rust aarch64-apple-darwin; echo "--zig" ;;
    *-windows-gnu) add_rust "$1"; scripts/apt-install.sh gcc-mingw-w64-x86-64-win32=x86_64-w64-mingw32-gcc ;;
    *) echo "error: unknown target $1" >&2; return 1 ;;
  esac
}

python scripts/stage_labextension.py
for target in "${targets[@]}"; do
  echo "==> $target" >&2
  options=$(options_for "$target")
  # shellcheck disable=SC2086 # several words
  maturin build --release --locked --quiet --target "$target" --out "$out" $options
done
maturin sdist --out "$out"
npm run --silent build:lib:prod
npm pack --silent --pack-destination "$out" >/dev/null
python scripts/check_packages.py "$out"
