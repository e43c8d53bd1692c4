#!/usr/bin/env bash
# Builds an example that is an extension of JupyterLab, and installs it below FOLDER: scripts/build-example.sh NAME FOLDER
#
# It compiles against this package as npm would install it. Everything else comes from this repository's node_modules.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"
name=$1
folder=$(realpath -m "$2")
copy=target/examples/$name
rm -rf "$copy"
mkdir -p "$copy/node_modules"
cp -r "examples/$name/." "$copy"
npm run --silent build:lib:prod
package=$(npm pack --silent --pack-destination "$copy")
tar xzf "$copy/$package" -C "$copy/node_modules"
mv "$copy/node_modules/package" "$copy/node_modules/jupyterlab-scoped-launcher"
cd "$copy"
npm run --silent build
python -m pip --quiet --disable-pip-version-check wheel --no-deps --wheel-dir dist .
python -m pip --quiet --disable-pip-version-check install --no-deps --no-compile --ignore-installed --prefix "$folder" dist/*.whl
