#!/usr/bin/env bash
# Prints the folder with the sources of Zero to JupyterHub's chart: $CHART, or a clone in target/.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${CHART:-}
if [ -z "$folder" ]; then
  version=4.4.0
  folder=$PWD/target/zero-to-jupyterhub-$version
  [ -d "$folder" ] || git clone --quiet --depth 1 --branch "$version" \
    https://github.com/jupyterhub/zero-to-jupyterhub-k8s "$folder" >&2
fi
echo "$folder"
