#!/usr/bin/env bash
# Makes a venv and installs requirements/NAME.txt into it, unless it is installed already:
# scripts/venv.sh NAME [VENV]          (VENV: .venv, if it is not given)
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
venv=${2:-.venv}
installed="$venv/.installed-$name.txt"
wanted=$(cat requirements/*.txt)
if [ "$wanted" != "$(cat "$installed" 2>/dev/null)" ]; then
  echo "==> Python packages of requirements/$name.txt into $venv" >&2
  python3 -c 'import sys; sys.exit("error: Python >= 3.10 is needed" if sys.version_info < (3, 10) else 0)'
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  # The constraints must not pin another version of what NAME.txt pins itself.
  grep -v -f <(sed -n 's/^\([A-Za-z0-9_-]*==\).*/^\1/p' "requirements/$name.txt") \
    requirements/constraints.txt > "$venv/constraints.txt"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "requirements/$name.txt" -c "$venv/constraints.txt"
  echo "$wanted" > "$installed"
fi
