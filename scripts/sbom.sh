#!/usr/bin/env bash
# Writes what the packages of `make wheels` are made of into target/packages/, in CycloneDX's form:
#   server.cdx.json   Rust packages in the module of the wheels (maturin puts this list into each wheel)
#   python.cdx.json   Python packages that are installed with the wheel
#   npm.cdx.json      npm packages that the npm package depends on
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/target/packages
wheels=("$out"/*manylinux_2_17_x86_64.whl)
[ -f "${wheels[0]}" ] || { echo "error: run \`make wheels\` first" >&2; exit 1; }
scripts/venv.sh release .venv-release

unzip -p "${wheels[0]}" '*.dist-info/sboms/*.cyclonedx.json' > "$out/server.cdx.json"

venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT
python3 -m venv --without-pip "$venv"
.venv-release/bin/pip --python "$venv/bin/python" install --quiet --disable-pip-version-check \
  -c requirements/constraints.txt "${wheels[0]}"
.venv-release/bin/cyclonedx-py environment --output-reproducible --of JSON -o "$out/python.cdx.json" "$venv"

npm sbom --sbom-format cyclonedx --sbom-type library --omit dev > "$out/npm.cdx.json"
# npm takes the folder's name for the package's.
npm pkg get name | xargs -I NAME sed -i "0,/\"name\": \"$(basename "$PWD")\"/s//\"name\": \"NAME\"/" "$out/npm.cdx.json"
