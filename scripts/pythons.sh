#!/usr/bin/env bash
# Prints the interpreters from Python 3.10 on that are on this machine, the oldest first, one for each minor version.
set -euo pipefail
for minor in 10 11 12 13 14 15; do
  # pyenv's commands are on PATH also for versions that are not chosen; its folders have those that are installed.
  for candidate in "$(command -v "python3.$minor" || true)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3."$minor".*/bin/python; do
    if [ -x "$candidate" ] && "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
      echo "$candidate"
      break
    fi
  done
done
