#!/usr/bin/env bash
# Installs the build tools that are neither in npm nor on PyPI, and prints a line for `eval` that puts them on PATH:
#
#   eval "$(scripts/tools.sh wasm32 wasm-bindgen wasm-pack)"
#
# A tool that is on PATH already is used if its version is right. Others are compiled once, into a folder
# of the user's cache, which other clones use too.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/scoped-launcher/tools"
wasm_pack_version=0.15.1
cargo_deny_version=0.20.2
path=

say() { echo "==> $*" >&2; }

die() {
  echo "error: $*" >&2
  exit 1
}

# Puts COMMAND of crate NAME at VERSION on $path; further arguments go to `cargo install`.
tool() {
  local name=$1 version=$2 command=$3
  shift 3
  if [ "$("$command" --version 2>/dev/null | awk '{print $2}')" = "$version" ]; then
    return
  fi
  local home="$cache/$name-$version"
  if [ ! -x "$home/bin/$command" ]; then
    say "Compiling $name $version (once; some minutes) into $home"
    mkdir -p "$cache"
    local partial
    partial=$(mktemp -d "$cache/$name-$version.XXXXXX")
    # A target folder of its own: the workspace's could be built with other flags.
    CARGO_TARGET_DIR="$partial/target" cargo install --quiet "$name" --version "=$version" --root "$partial" "$@" >&2
    rm -rf "$partial/target" "$home"
    mv "$partial" "$home"
  fi
  path="$home/bin:$path"
}

wasm32() {
  local lib
  lib="$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown"
  [ -d "$lib" ] && return
  command -v rustup >/dev/null || die "the wasm32-unknown-unknown target of Rust is missing, and so is rustup to add it"
  say "Adding Rust's wasm32-unknown-unknown target"
  rustup target add wasm32-unknown-unknown >&2
}

# The command-line tool and the crate must have the same version, which is in the lock file.
wasm_bindgen_version() {
  awk '$1 == "name" && $3 == "\"wasm-bindgen\"" { found = 1 }
       found && $1 == "version" { gsub("\"", "", $3); print $3; exit }' Cargo.lock
}

command -v cargo >/dev/null || die "Rust is missing: install it with rustup (https://rustup.rs)"
for wanted in "$@"; do
  case $wanted in
    wasm32) wasm32 ;;
    wasm-bindgen)
      version=$(wasm_bindgen_version)
      [ -n "$version" ] || die "Cargo.lock names no wasm-bindgen"
      # Without --locked: the lock file that the crate ships does not build with current compilers.
      tool wasm-bindgen-cli "$version" wasm-bindgen
      ;;
    wasm-pack) tool wasm-pack "$wasm_pack_version" wasm-pack --locked ;;
    cargo-deny) tool cargo-deny "$cargo_deny_version" cargo-deny --locked ;;
    *) die "unknown tool $wanted" ;;
  esac
done
printf 'export PATH=%q"$PATH"\n' "$path"
